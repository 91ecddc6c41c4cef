// SPDX-License-Identifier: BSD-3-Clause
//
// The names of the types of values, as TYPE and SCAN know them.
// Threads: any; constant data.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "keyspace/entry.h"

namespace skarn::commands {

constexpr Bytes ValueTypeName(ValueType type) {
  switch (type) {
    case ValueType::kString:
      return "string";
    case ValueType::kList:
      return "list";
    case ValueType::kSet:
      return "set";
    case ValueType::kZset:
      return "zset";
    case ValueType::kHash:
      return "hash";
    case ValueType::kStream:
      return "stream";
  }
  return "unknown";
}

// The type of that name, in any case.
constexpr std::optional<ValueType> FindValueType(Bytes name) {
  for (const ValueType type : {ValueType::kString, ValueType::kList, ValueType::kSet,
                               ValueType::kZset, ValueType::kHash, ValueType::kStream}) {
    if (EqualsIgnoreCase(name, ValueTypeName(type))) return type;
  }
  return std::nullopt;
}

}  // namespace skarn::commands

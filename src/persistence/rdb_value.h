// SPDX-License-Identifier: BSD-3-Clause
//
// Values of the keyspace to and from their RDB form, as snapshots and DUMP payloads carry
// them. Threads: writing needs the entry's shard, shared is enough; reading needs
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "keyspace/entry.h"
#include "persistence/rdb_reader.h"
#include "persistence/rdb_writer.h"
#include "types/hash_table.h"

namespace skarn {

// ---- Writing. ----

// The type byte of the form in which WriteRdbValue writes the entry.
uint8_t RdbTypeOf(const Entry& entry);
// The oldest version of the format whose readers know a type that RdbTypeOf gives.
constexpr int RdbVersionOf(uint8_t type) {
  return type == kRdbHash2 ? kRdbVersionValkey : kRdbVersionCommon;
}
// What follows the type byte (and in a file the key). Fields past their time are written
// too, as stock servers do.
void WriteRdbValue(RdbWriter& writer, const Entry& entry);

// ---- Reading. ----

// Up to where a hash is kept as a listpack.
struct RdbValueLimits {
  uint64_t hash_listpack_entries = 512;
  uint64_t hash_listpack_value_bytes = 64;
};

// A value on its way into the keyspace.
struct RdbValue {
  ValueType type = ValueType::kString;
  std::string bytes;                 // A string or a listpack, without a table.
  std::unique_ptr<HashTable> table;  // Or null.
};

// True if ReadRdbValue knows the type.
bool IsRdbValueKnown(uint8_t type, RdbDialect dialect);

// Reads a value of `type`, which is known. Fails with the reader's status, or because the
// value is empty, which no key can be.
Result<RdbValue> ReadRdbValue(RdbReader& reader, uint8_t type,
                              const RdbValueLimits& limits);

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/rdb_format.h"

#include <array>

namespace skarn {

namespace {

constexpr std::array<std::string_view, 22> kCommonNames = {
    "string", "list", "set",  "zset",   "hash", "zset",  "module", "module",
    "",       "hash", "list", "set",    "zset", "hash",  "list",   "stream",
    "hash",   "zset", "list", "stream", "set",  "stream"};

// From type 22 on.
constexpr std::array<std::string_view, 12> kRedisNames = {
    "hash",  "hash", "hash", "hash", "stream", "stream",
    "array", "hash", "hash", "hash", "hash",   "gcra"};

}  // namespace

std::string_view RdbTypeName(uint8_t type, RdbDialect dialect) {
  std::string_view name;
  if (type < kCommonNames.size()) {
    name = kCommonNames[type];
  } else if (dialect == RdbDialect::kRedis && type - 22u < kRedisNames.size()) {
    name = kRedisNames[type - 22];
  } else if (type == kRdbHash2) {
    name = "hash";
  }
  return name.empty() ? "unknown" : name;
}

bool IsRdbHash(uint8_t type, RdbDialect dialect) {
  switch (type) {
    case kRdbHash:
    case kRdbHashZipmap:
    case kRdbHashZiplist:
    case kRdbHashListpack:
    case kRdbHash2:
      return true;
    case kRdbHashListpackExPreGa:
    case kRdbHashMetadata:
    case kRdbHashListpackEx:
      return dialect == RdbDialect::kRedis;
    default:
      return false;
  }
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// The numbers of the RDB format (reference: formats.md): value types, opcodes, versions,
// and which of the two projects that number them apart a file or payload speaks for.
// Threads: any; constants only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace skarn {

inline constexpr int kRdbVersionCommon = 11;    // The last one both projects share.
inline constexpr int kRdbVersionValkey = 80;    // Adds hash field expiry, type 22.
inline constexpr int kRdbVersionRedisMax = 12;  // The highest we know of Redis' own.
inline constexpr size_t kRdbHeaderBytes = 9;
inline constexpr size_t kRdbChecksumBytes = 8;

// Numbers above 11 have two meanings. Versions 12 to 79 are Redis', those from 80 on
// Valkey's.
enum class RdbDialect : uint8_t { kCommon, kRedis, kValkey };

constexpr RdbDialect DialectOfVersion(int version) {
  if (version <= kRdbVersionCommon) return RdbDialect::kCommon;
  return version < kRdbVersionValkey ? RdbDialect::kRedis : RdbDialect::kValkey;
}

// `rdb-version-check`: whether to try versions that are newer than all we know.
enum class RdbVersionCheck : uint8_t { kStrict, kRelaxed };

// What the type byte of a value says. Values behind kHash are named only where we read or
// write them; the others are known to RdbTypeName and SkipRdbValue by number.
enum RdbType : uint8_t {
  kRdbString = 0,
  kRdbList = 1,
  kRdbSet = 2,
  kRdbZset = 3,
  kRdbHash = 4,
  kRdbZset2 = 5,
  kRdbModulePreGa = 6,
  kRdbModule2 = 7,
  kRdbHashZipmap = 9,
  kRdbListZiplist = 10,
  kRdbSetIntset = 11,
  kRdbZsetZiplist = 12,
  kRdbHashZiplist = 13,
  kRdbListQuicklist = 14,
  kRdbStreamListpacks = 15,
  kRdbHashListpack = 16,
  kRdbZsetListpack = 17,
  kRdbListQuicklist2 = 18,
  kRdbStreamListpacks2 = 19,
  kRdbSetListpack = 20,
  kRdbStreamListpacks3 = 21,
  // Valkey: LEN n, (STR field, STR value, i64 expiry) * n.
  kRdbHash2 = 22,
  // Redis 7.4 release candidates, then Redis 7.4 and later.
  kRdbHashMetadataPreGa = 22,
  kRdbHashListpackExPreGa = 23,
  kRdbHashMetadata = 24,
  kRdbHashListpackEx = 25,
};

enum RdbOpcode : uint8_t {
  kRdbSlotImport = 243,  // Of Valkey; Redis has key metadata there.
  kRdbSlotInfo = 244,
  kRdbFunction2 = 245,
  kRdbFunctionPreGa = 246,
  kRdbModuleAux = 247,
  kRdbIdle = 248,
  kRdbFreq = 249,
  kRdbAux = 250,
  kRdbResizeDb = 251,
  kRdbExpiryMs = 252,
  kRdbExpirySeconds = 253,
  kRdbSelectDb = 254,
  kRdbEnd = 255,
};

// Leading bytes of strings that are not plain, and of long lengths.
inline constexpr uint8_t kRdbStringInt8 = 0xC0;
inline constexpr uint8_t kRdbStringInt16 = 0xC1;
inline constexpr uint8_t kRdbStringInt32 = 0xC2;
inline constexpr uint8_t kRdbStringLzf = 0xC3;
inline constexpr uint8_t kRdbLength32 = 0x80;
inline constexpr uint8_t kRdbLength64 = 0x81;

// The name of the kind of value: "string", "list", "hash", ... or "unknown".
std::string_view RdbTypeName(uint8_t type, RdbDialect dialect);

// True if the type is one of the layouts of a hash that ReadRdbHash takes.
bool IsRdbHash(uint8_t type, RdbDialect dialect);

}  // namespace skarn

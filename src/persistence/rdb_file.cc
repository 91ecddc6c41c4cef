// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/rdb_file.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/numbers.h"
#include "persistence/rdb_skip.h"

namespace skarn {

namespace {

constexpr int kRdbVersionWithChecksum = 5;
constexpr uint8_t kRdbOpcodeFirst = 242;

// Nine bytes, REDIS and four digits or VALKEY and three; -1 for anything else.
int ParseHeader(Bytes header, bool& is_valkey) {
  is_valkey = header.starts_with("VALKEY");
  if (!is_valkey && !header.starts_with("REDIS")) return -1;
  int version = 0;
  for (const char c : header.substr(is_valkey ? 6 : 5)) {
    if (c < '0' || c > '9') return -1;
    version = version * 10 + (c - '0');
  }
  return version;
}

}  // namespace

Result<> RdbFileReader::ReadHeader() {
  if (options_.verifies_checksum) reader_.EnableChecksum();
  const Bytes header = reader_.Raw(kRdbHeaderBytes);
  bool is_valkey = false;
  version_ = reader_.ok() ? ParseHeader(header, is_valkey) : -1;
  if (version_ < 0)
    return Fail("offset 0: not an RDB file, which begins with REDIS or VALKEY");

  const int newest = is_valkey ? kRdbVersionValkey : kRdbVersionRedisMax;
  const bool is_paired = is_valkey == (version_ >= kRdbVersionValkey) && version_ >= 1;
  if (!is_paired ||
      (version_ > newest && options_.version_check == RdbVersionCheck::kStrict)) {
    return Fail(
        fmt::format("offset 0: RDB version {} is not supported by this version", header));
  }
  reader_.set_dialect(DialectOfVersion(version_));
  return {};
}

Result<RdbRecord> RdbFileReader::Next() {
  RdbRecord record;
  while (reader_.ok()) {
    record.offset = reader_.offset();
    const uint8_t type = reader_.Byte();
    if (!reader_.ok()) break;
    if (type >= kRdbOpcodeFirst) {
      if (ReadOpcode(type, record) && reader_.ok()) return record;
      continue;
    }
    record.kind = RdbRecord::Kind::kKey;
    record.type = type;
    name_room_ = reader_.String();
    record.key = name_room_;
    if (reader_.ok()) return record;
  }
  return std::unexpected(reader_.status().error());
}

bool RdbFileReader::ReadOpcode(uint8_t opcode, RdbRecord& record) {
  using Kind = RdbRecord::Kind;
  switch (opcode) {
    case kRdbExpiryMs:
      record.expires_at_ms = reader_.Little<int64_t>();
      return false;
    case kRdbExpirySeconds:
      record.expires_at_ms = int64_t{reader_.Little<int32_t>()} * 1000;
      return false;
    case kRdbIdle: {
      const uint64_t idle = reader_.Length();
      record.idle_seconds = static_cast<int64_t>(
          std::min<uint64_t>(idle, std::numeric_limits<int64_t>::max() / 1000));
      return false;
    }
    case kRdbFreq:
      record.frequency = reader_.Byte();
      return false;
    case kRdbSlotInfo:
      for (int i = 0; i < 3; ++i) reader_.Length();
      return false;
    case kRdbAux:
      ReadAux(record);
      return true;
    case kRdbSelectDb:
      record.kind = Kind::kSelectDb;
      record.number = reader_.Length();
      return true;
    case kRdbResizeDb:
      record.kind = Kind::kResizeDb;
      record.number = reader_.Length();
      record.second_number = reader_.Length();
      return true;
    case kRdbFunction2:
      record.kind = Kind::kFunction;
      record.value = reader_.String();
      return true;
    case kRdbModuleAux:
      ReadModuleAux(record);
      return true;
    case kRdbSlotImport:
      if (reader_.dialect() == RdbDialect::kValkey) {
        ReadSlotImport(record);
        return true;
      }
      break;
    case kRdbEnd:
      record.kind = Kind::kEnd;
      ReadEnd();
      return true;
    default:
      break;
  }
  reader_.SetFailedAt(record.offset,
                      fmt::format("opcode {} is not supported by this version", opcode));
  return false;
}

void RdbFileReader::ReadAux(RdbRecord& record) {
  record.kind = RdbRecord::Kind::kAux;
  name_room_ = reader_.String();
  record.name = name_room_;
  record.value = reader_.String();
}

void RdbFileReader::ReadModuleAux(RdbRecord& record) {
  record.kind = RdbRecord::Kind::kModuleAux;
  record.number = reader_.Length();
  const uint64_t when_tag = reader_.Length();
  reader_.Length();
  if (reader_.ok() && when_tag != 2)
    reader_.SetFailed("data of a module without its moment");
  SkipRdbModuleItems(reader_);
}

void RdbFileReader::ReadSlotImport(RdbRecord& record) {
  record.kind = RdbRecord::Kind::kSlotImport;
  name_room_ = reader_.String();
  record.name = name_room_;
  const uint64_t count = reader_.Length();
  for (uint64_t i = 0; i < count && reader_.ok(); ++i) {
    reader_.Length();
    reader_.Length();
  }
}

void RdbFileReader::ReadEnd() {
  if (version_ < kRdbVersionWithChecksum) return;
  const uint64_t computed = options_.verifies_checksum ? reader_.Checksum() : 0;
  const uint64_t from = reader_.offset();
  const auto stored = reader_.Little<uint64_t>();
  if (!options_.verifies_checksum || stored == 0 || !reader_.ok()) return;
  if (stored != computed) {
    reader_.SetFailedAt(from,
                        fmt::format("CRC error: the file says {:016x}, its bytes give "
                                    "{:016x}",
                                    stored, computed));
  }
}

}  // namespace skarn

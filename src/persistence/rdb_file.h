// SPDX-License-Identifier: BSD-3-Clause
//
// RdbFileReader goes through an RDB file record by record: header, hints, keys, end and
// checksum. The value of a key is read by the caller, from reader(), before the next
// record. Threads: one at a time. Owner: whoever loads.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "persistence/rdb_hash.h"
#include "persistence/rdb_reader.h"

namespace skarn {

struct RdbFileOptions {
  RdbVersionCheck version_check = RdbVersionCheck::kStrict;
  bool verifies_checksum = true;  // rdbchecksum
};

// Which members have a meaning depends on the kind. Views are valid until the next
// record; that of `key` too, so the value may be read beside it.
struct RdbRecord {
  enum class Kind : uint8_t {
    kAux,         // name, value
    kSelectDb,    // number
    kResizeDb,    // number: keys, second_number: keys with expiry
    kFunction,    // value: source of a library
    kModuleAux,   // number: module id; its data has been skipped
    kSlotImport,  // name: job; its slots have been skipped
    kKey,         // key, type and what may stand before it; the value is next in reader()
    kEnd,         // The checksum was right, or is not looked at.
  };

  Kind kind = Kind::kEnd;
  uint8_t type = 0;
  uint64_t offset = 0;  // Of the opcode, or of the type.
  Bytes name;
  Bytes value;
  Bytes key;
  uint64_t number = 0;
  uint64_t second_number = 0;
  int64_t expires_at_ms = kRdbNoExpiry;
  int64_t idle_seconds = -1;  // -1: not told.
  int frequency = -1;         // -1: not told.
};

class RdbFileReader {
 public:
  // `reader` stands at the start of the file and outlives this.
  RdbFileReader(RdbReader& reader, RdbFileOptions options)
      : reader_(reader), options_(options) {}

  // Reads magic and version; comes first.
  Result<> ReadHeader();
  // The next record; hints nobody needs are passed over. After kEnd it is not called
  // again.
  Result<RdbRecord> Next();

  RdbReader& reader() { return reader_; }
  int version() const { return version_; }

 private:
  // Reads what belongs to opcode `opcode`. True if `record` is one to return.
  bool ReadOpcode(uint8_t opcode, RdbRecord& record);
  void ReadAux(RdbRecord& record);
  void ReadModuleAux(RdbRecord& record);
  void ReadSlotImport(RdbRecord& record);
  void ReadEnd();

  RdbReader& reader_;
  RdbFileOptions options_;
  int version_ = 0;
  std::string name_room_;
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// RdbWriter appends the parts of an RDB file or DUMP payload to a buffer of its own,
// which its owner takes out now and then; lengths and strings in the shortest form, as
// stock servers write them. Threads: one at a time. Owner: a saver, or a worker for DUMP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "persistence/rdb_format.h"
#include "types/lzf.h"

namespace skarn {

// Longer strings are never compressed: the step under a lock and the scratch buffer stay
// bounded.
inline constexpr size_t kRdbCompressBytesMax = size_t{16} << 20;

struct RdbWriterOptions {
  bool compresses = true;  // rdbcompression
  bool checksums = true;   // rdbchecksum; without it End writes a checksum of 0.
};

class RdbWriter {
 public:
  explicit RdbWriter(RdbWriterOptions options = {}) : options_(options) {}

  // --- Files. ---

  // `version` is one of those that rdb_format.h names: it decides the magic too.
  void Header(int version);
  void Aux(Bytes name, Bytes value);
  void Aux(Bytes name, int64_t value);
  void SelectDb(uint64_t db);
  void ResizeDb(uint64_t key_count, uint64_t expiry_count);
  // The three stand in front of the type of the key they belong to, in this order.
  void ExpiryMs(int64_t expires_at_ms);
  void IdleSeconds(uint64_t idle_seconds);
  void Frequency(uint8_t frequency);
  // Type byte and key; the value follows.
  void Key(uint8_t type, Bytes key);
  // The last opcode and the checksum of everything since the writer was made or reset.
  void End();

  // --- Parts of values. ---

  void Byte(uint8_t byte) { out_.push_back(static_cast<char>(byte)); }
  void Length(uint64_t length);
  // The text of an integer of 32 bits as such, else compressed if that is on and pays,
  // else plain.
  void String(Bytes text);
  void StringOfInteger(int64_t integer);
  void Int64(int64_t value);  // Little-endian.
  void Double(double value);  // IEEE-754 binary64, little-endian.
  void Raw(Bytes bytes) { out_.append(bytes); }

  // --- Hashes. ---

  // One field of types 4 and 22; behind the type (Key) and the count of fields (Length).
  void HashField(Bytes field, Bytes value) {
    String(field);
    String(value);
  }
  // -1 for a field without expiry.
  void HashFieldWithExpiry(Bytes field, Bytes value, int64_t expires_at_ms) {
    HashField(field, value);
    Int64(expires_at_ms);
  }

  // --- The buffer. ---

  // What was written and not yet cleared; valid until the next write.
  Bytes bytes() const { return out_; }
  size_t size_bytes() const { return out_.size(); }
  // Empties the buffer after its bytes went where they belong; they stay part of the
  // checksum.
  void Clear();
  // The same for bytes of another writer that went there behind what was cleared.
  void CountPassedBy(Bytes bytes);
  // Hands the bytes over and makes the writer new.
  std::string Take();
  // Bytes written since the writer was made or reset.
  uint64_t total_bytes() const { return cleared_bytes_ + out_.size(); }
  // Bytes of memory held.
  size_t memory_bytes() const;

 private:
  bool CompressedString(Bytes text);
  void Opcode(RdbOpcode opcode) { Byte(opcode); }

  RdbWriterOptions options_;
  std::string out_;
  uint64_t cleared_bytes_ = 0;
  uint64_t crc_ = 0;  // Of the cleared bytes.
  std::unique_ptr<LzfCompressor>
      compressor_;  // Made for the first string that is worth a try.
  std::unique_ptr<uint8_t[]> scratch_;
  size_t scratch_bytes_ = 0;
};

}  // namespace skarn

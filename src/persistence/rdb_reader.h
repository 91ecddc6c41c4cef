// SPDX-License-Identifier: BSD-3-Clause
//
// RdbReader decodes the parts of an RDB file or DUMP payload: lengths, strings, numbers.
// It trusts no byte. The first failure sticks: from then on every read gives zero or
// nothing, ok() is false, and status() tells offset and reason; so a caller checks at the
// end of a value, and in loops. Threads: one at a time. Owner: whoever loads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/numbers.h"
#include "base/result.h"
#include "persistence/rdb_format.h"
#include "persistence/rdb_source.h"
#include "types/byte_order.h"

namespace skarn {

inline constexpr size_t kRdbReadChunkBytes = size_t{256} << 10;
// What no string exceeds, whatever a length says.
inline constexpr uint64_t kRdbStringBytesMax = uint64_t{4} << 30;

class RdbReader {
 public:
  // Reads `all`, which must outlive the reader.
  explicit RdbReader(Bytes all, RdbDialect dialect = RdbDialect::kCommon);
  // Reads `source`, which must outlive the reader, by chunks.
  explicit RdbReader(RdbSource& source, size_t chunk_bytes = kRdbReadChunkBytes);
  RdbReader(const RdbReader&) = delete;
  RdbReader& operator=(const RdbReader&) = delete;

  // --- State. ---

  bool ok() const { return is_ok_; }
  // Success, or the first failure as "offset N: reason".
  Result<> status() const;
  // Fails at the current offset; an earlier failure stays.
  void SetFailed(std::string_view reason);
  void SetFailedAt(uint64_t offset, std::string_view reason);
  // Bytes consumed so far.
  uint64_t offset() const {
    return buffer_offset_ + static_cast<uint64_t>(at_ - buffer_);
  }
  // True if nothing is left, which takes a look at the source.
  bool AtEnd();

  RdbDialect dialect() const { return dialect_; }
  void set_dialect(RdbDialect dialect) { dialect_ = dialect; }

  // The checksum of all bytes consumed so far, kept from the call of EnableChecksum on.
  void EnableChecksum() { is_checksum_on_ = true; }
  uint64_t Checksum();

  // --- Parts. ---

  uint8_t Byte() { return Ensure(1) ? *at_++ : 0; }
  template <class T>
  T Little() {
    if (!Ensure(sizeof(T))) return T{};
    const T value = LoadLittle<T>(at_);
    at_ += sizeof(T);
    return value;
  }
  double Double();
  uint64_t Length();
  // `size_bytes` bytes as they are; the view is valid until the next read.
  Bytes Raw(size_t size_bytes);
  void Skip(uint64_t size_bytes);

  // A string, decoded; the view is valid until the next read.
  Bytes String();
  void SkipString();

  // A string in two steps, for a caller that has a place for it: BeginString tells how
  // many bytes it decodes to (0 after a failure), EndString writes exactly these to `to`.
  // Nothing is read between the two.
  size_t BeginString();
  void EndString(void* to);

 private:
  enum class Form : uint8_t { kPlain, kInteger, kLzf };

  bool Ensure(size_t size_bytes) {
    return static_cast<size_t>(end_ - at_) >= size_bytes || Fill(size_bytes);
  }
  bool Fill(size_t size_bytes);
  bool MayHold(uint64_t size_bytes);
  void FoldChecksum();
  void ReadInto(uint8_t* to, size_t size_bytes);
  uint64_t LengthBehind(uint8_t first);
  void BeginInteger(int64_t integer);
  void BeginLzf();

  // Of the buffer: [buffer_, at_) is consumed, [at_, end_) is not.
  const uint8_t* buffer_ = nullptr;
  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  uint64_t buffer_offset_ = 0;

  RdbSource* source_ = nullptr;  // Null if all bytes are in the buffer.
  std::unique_ptr<uint8_t[]> storage_;
  size_t storage_bytes_ = 0;
  std::string error_;
  bool is_ok_ = true;
  RdbDialect dialect_ = RdbDialect::kCommon;

  bool is_checksum_on_ = false;
  uint64_t checksum_ = 0;
  uint64_t checksum_offset_ = 0;  // Where the bytes begin that are not in checksum_ yet.

  // Between BeginString and EndString.
  Form form_ = Form::kPlain;
  size_t string_bytes_ = 0;
  size_t compressed_bytes_ = 0;
  char integer_text_[kInt64TextMax];
  std::string
      string_room_;  // Of String, when the bytes are not in the buffer as they are.
};

}  // namespace skarn

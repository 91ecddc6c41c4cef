// SPDX-License-Identifier: BSD-3-Clause
//
// OutputBuffer: bytes waiting to be sent on one connection. Mostly one contiguous block
// which the reply writer fills in place; big values stand in it by reference and are sent
// from where they are.
//
//   block:  [ sent | bytes ......... | bytes ... | free ]
//                                    ^ a reference is sent between these two
//
// Threads: the worker which owns the connection. Owner: the connection.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"

namespace skarn {

class OutputBuffer {
 public:
  // Told once when the referenced bytes are no longer needed.
  using Release = void (*)(void* cookie);

  OutputBuffer() = default;
  // Starts in a block the caller owns and keeps alive; malloc takes over when it is full.
  OutputBuffer(char* block, size_t size_bytes) : block_(block), capacity_(size_bytes) {}
  ~OutputBuffer();
  OutputBuffer(OutputBuffer&& other) noexcept { *this = std::move(other); }
  OutputBuffer& operator=(OutputBuffer&& other) noexcept;
  OutputBuffer(const OutputBuffer&) = delete;
  OutputBuffer& operator=(const OutputBuffer&) = delete;

  // Room for `size_bytes` more; valid until the next call that appends. Commit what was
  // written.
  char* Reserve(size_t size_bytes) {
    if (capacity_ - end_ < size_bytes) [[unlikely]]
      Grow(size_bytes);
    return block_ + end_;
  }
  // `end` lies in what Reserve gave.
  void Commit(const char* end) {
    SKARN_DCHECK(end >= block_ + end_ && end <= block_ + capacity_);
    end_ = static_cast<size_t>(end - block_);
  }

  void Append(Bytes bytes) {
    char* out = Reserve(bytes.size());
    if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
    end_ += bytes.size();
  }

  // Sends `bytes` at this place without copying. They stay as they are until
  // `release(cookie)`, called when they are sent or the buffer is cleared.
  void AppendReference(Bytes bytes, Release release, void* cookie);

  // Fills up to `count` entries with what is to be sent next, in order; returns how many.
  // Zero only if the buffer is empty. Valid until the next call that changes the buffer.
  size_t FillIovecs(iovec* out, size_t count) const;

  // Forgets the first `size_bytes` of what is pending: they are sent.
  void Consume(size_t size_bytes);

  // Forgets everything; keeps the block.
  void Clear();

  // Gives back memory of an empty buffer that grew above `keep_bytes`.
  void ShrinkIfEmpty(size_t keep_bytes);

  // All bytes to be sent, copied or by reference.
  size_t pending_bytes() const { return end_ - begin_ + referenced_bytes_; }
  bool empty() const { return pending_bytes() == 0; }
  bool has_references() const { return !references_.empty(); }
  size_t capacity() const { return capacity_; }

  // The copied bytes alone. With no references these are all there is.
  Bytes contiguous() const { return {block_ + begin_, end_ - begin_}; }

  // Where the next byte goes, counted from the first pending copied byte. A position
  // stays right until Consume or Clear.
  size_t position() const { return end_ - begin_; }

  // Replaces `old_bytes` bytes at `position` with `bytes`; what is behind them moves.
  void Replace(size_t position, size_t old_bytes, Bytes bytes);

  // Drops everything from `position` on, references too.
  void Truncate(size_t position);

 private:
  struct Reference {
    size_t offset;  // In the block: it is sent before block_[offset].
    Bytes bytes;    // What of it is still to be sent.
    Release release;
    void* cookie;
  };

  void Grow(size_t size_bytes);
  void PopReference();
  void FreeBlock();

  char* block_ = nullptr;
  size_t begin_ = 0;  // First byte not yet sent.
  size_t end_ = 0;
  size_t capacity_ = 0;
  bool is_block_owned_ = false;
  size_t reference_begin_ = 0;  // First of references_ not yet sent.
  size_t referenced_bytes_ = 0;
  std::vector<Reference> references_;
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Blob: the bytes of a value too big to live in its entry. It is counted: replies and
// snapshots hold references, and a writer who is not alone replaces it instead of
// changing it.
//
// Threads: the count is atomic; bytes change only under the shard's lock with one
// reference.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace skarn {

class Blob {
 public:
  // With one reference. Null when the machine has no memory for it.
  static Blob* TryCreate(size_t size, size_t capacity);
  static Blob* Create(size_t size, size_t capacity);

  void Reference() { references_.fetch_add(1, std::memory_order_relaxed); }
  // Frees the blob with the last reference. Pairs with other owners' releases.
  void Release();
  bool IsShared() const { return references_.load(std::memory_order_acquire) > 1; }

  char* data() { return reinterpret_cast<char*>(this + 1); }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  Bytes bytes() const { return {data(), size_}; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  void set_size(size_t size) { size_ = size; }
  // What it takes of the allocator.
  size_t SizeBytes() const;

 private:
  std::atomic<uint64_t> references_{1};
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace skarn

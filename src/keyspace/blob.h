// SPDX-License-Identifier: BSD-3-Clause
//
// Blob: the bytes of a value too big to live in its entry. It is counted: replies and
// snapshots hold references, and a writer who is not alone replaces it instead of
// changing it.
//
// References of a snapshot are told from the others: a blob that only snapshots refer to
// is held for them alone, and HeldBytes is the sum of these, whoever dropped the last of
// the other references (a writer, a reply that was sent).
//
// Threads: the counts are one atomic word; bytes change only under the shard's lock with
// one reference.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/memory.h"

namespace skarn {

class Blob {
 public:
  // With one reference. Null when the machine has no memory for it.
  static Blob* TryCreate(size_t size, size_t capacity);
  static Blob* Create(size_t size, size_t capacity);

  void Reference() { references_.fetch_add(1, std::memory_order_relaxed); }
  // Frees the blob with the last reference. Pairs with other owners' releases.
  void Release();
  bool IsShared() const { return AllOf(references_.load(std::memory_order_acquire)) > 1; }
  // A reference for a snapshot, beside one that the caller or the keyspace has.
  void ReferenceForSnapshot() {
    references_.fetch_add(kOfSnapshot + 1, std::memory_order_relaxed);
  }
  // The caller's reference becomes a snapshot's.
  void HandToSnapshot();
  void ReleaseFromSnapshot();
  // What the blobs take that only snapshots refer to. From any thread; while others are
  // at work it may be behind by what they do at the moment, even below 0.
  static int64_t HeldBytes() { return held_bytes_.load(std::memory_order_relaxed); }

  char* data() { return reinterpret_cast<char*>(this + 1); }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  Bytes bytes() const { return {data(), size_}; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  void set_size(size_t size) { size_ = size; }
  // What it takes of the allocator.
  size_t SizeBytes() const;

 private:
  // Low half: all references. High half: those of snapshots.
  static constexpr uint64_t kOfSnapshot = uint64_t{1} << 32;
  static uint64_t AllOf(uint64_t word) { return word & (kOfSnapshot - 1); }
  static uint64_t SnapshotsOf(uint64_t word) { return word >> 32; }
  static bool IsHeld(uint64_t word) {
    return AllOf(word) != 0 && AllOf(word) == SnapshotsOf(word);
  }
  void Free() { memory::Free(this, sizeof(Blob) + capacity_); }
  static void AddHeld(int64_t bytes) {
    held_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }

  // Of the process, as the last reference may go anywhere. Each change of references_ is
  // one step from one state to the next: who makes a blob held adds its bytes, who ends
  // that takes them off, under no lock.
  static inline std::atomic<int64_t> held_bytes_{0};

  std::atomic<uint64_t> references_{1};
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace skarn

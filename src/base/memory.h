// SPDX-License-Identifier: BSD-3-Clause
//
// The memory of entries, tables and values: dense size classes in slabs, with a cache of free
// blocks ("magazine") per class and thread, so that a block freed on one worker and allocated by
// the next command there touches no shared line.
//
//   Allocate/Free -> magazine of this thread -> depot of the class (one mutex) -> jemalloc extents
//
// Sizes are given to both Allocate and Free; a free therefore reads no header. Blocks above
// kSlabBlockMax come straight from jemalloc. Everything is counted in class sizes.
//
// Threads: any thread may call anything here. A thread without a ThreadCache (tests, tools) uses
// the depots directly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace skarn::memory {

inline constexpr size_t kSlabBlockMax = 16384;  // The largest block that lives in a slab.

// The bytes that a request for `size` bytes takes: its class, or jemalloc's for large blocks.
size_t BlockSize(size_t size);

// Returns `size` uninitialised bytes, aligned to 8, and to 64 when BlockSize(size) is a multiple
// of 64. Never null: the server stops when the machine has no memory, see TryAllocate.
void* Allocate(size_t size);

// As Allocate, for blocks whose size a client chose: null when the machine refuses it.
void* TryAllocate(size_t size);

// Frees what Allocate(n) gave, where BlockSize(n) == BlockSize(size).
void Free(void* block, size_t size);

// Frees `block` when no worker can still be looking at it without a lock (base/worker_gate.h).
void Retire(void* block, size_t size);

// True when the slab of `block` is to be emptied: its owner should move it (Allocate, copy,
// FreeMoved) so that the slab can be given back. Only between two calls of MarkSparseSlabs.
bool IsInSparseSlab(const void* block, size_t size);
// As Free, but past the magazine, so that the block cannot be handed out again.
void FreeMoved(void* block, size_t size);
// Chooses the slabs to empty, those filled below `percent`, and stops allocating from them.
// Returns how many bytes could be won. ClearSparseSlabs() ends the round.
size_t MarkSparseSlabs(unsigned percent);
void ClearSparseSlabs();

struct Usage {
  int64_t used_bytes = 0;       // Class sizes of all live blocks.
  int64_t committed_bytes = 0;  // Slabs and large blocks obtained from jemalloc.
  int64_t cached_bytes = 0;     // Free blocks in magazines.
};
Usage GetUsage();

// Live bytes as of the last fold of every thread, each at most kFoldBytes behind: one load.
inline constexpr int64_t kFoldBytes = 65536;
int64_t UsedBytesApproximate();

// The magazines of one thread. Construct it on that thread, first thing; destroying it gives the
// free blocks back to the depots.
class ThreadCache {
 public:
  ThreadCache();
  ~ThreadCache();
  ThreadCache(const ThreadCache&) = delete;
  ThreadCache& operator=(const ThreadCache&) = delete;

  // Publishes this thread's count and frees retired blocks older than `safe_epoch`. Call once a
  // loop turn.
  void Fold(uint64_t safe_epoch);
  // Gives all free blocks back to the depots (idle workers, before measuring fragmentation).
  void Flush();

  struct Rep;

 private:
  std::unique_ptr<Rep> rep_;
};

// The epoch that Retire stamps on blocks; base/worker_gate.h advances it.
void SetRetireEpoch(uint64_t epoch);
// While false (one worker, no saver) Retire frees at once.
void SetConcurrent(bool is_concurrent);

}  // namespace skarn::memory

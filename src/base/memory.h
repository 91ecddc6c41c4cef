// SPDX-License-Identifier: BSD-3-Clause
//
// The memory of entries, tables and values: dense size classes in slabs, with a cache of
// free blocks ("magazine") per class and thread, so that a block freed on one worker and
// allocated by the next command there touches no shared line.
//
//   Allocate/Free -> magazine of this thread -> depot of the class (one mutex) ->
//   jemalloc extents
//
// Sizes are given to both Allocate and Free; a free therefore reads no header. Blocks
// above kSlabBlockMax come straight from jemalloc. Everything is counted in class sizes.
//
// Threads: any thread may call anything here. A thread without a ThreadCache (tests,
// tools) uses the depots directly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace skarn::memory {

inline constexpr size_t kSlabBlockMax = 16384;  // The largest block that lives in a slab.

// The bytes that a request for `size` bytes takes: its class, or jemalloc's for large
// blocks.
size_t BlockSize(size_t size);

// Returns `size` uninitialised bytes, aligned to 8, and to 64 when BlockSize(size) is a
// multiple of 64. Never null: when the machine has no memory the reserve pays, and when
// that is spent the server stops. See TryAllocate and IsShort.
void* Allocate(size_t size);

// As Allocate, for blocks whose size a client chose: null when the machine refuses it.
void* TryAllocate(size_t size);

// Frees what Allocate(n) gave, where BlockSize(n) == BlockSize(size).
void Free(void* block, size_t size);

// Frees `block` when no worker can still be looking at it without a lock
// (base/worker_gate.h).
void Retire(void* block, size_t size);

// ---- when the machine has no memory left
// --------------------------------------------
//
// A reserve is set aside at the start. An Allocate that fails takes from it, and from
// then on IsShort() until the reserve could be filled again: whoever executes commands
// refuses those that need memory meanwhile.

void FillReserveAtStart();
bool IsShort();  // One load.
// Tries to fill the reserve. True when memory is not short any more.
bool FillReserve();
// True when a block of `size` bytes is to be had at this moment. For sizes of megabytes,
// where the answer costs less than filling the block.
bool CanAllocate(size_t size);

// ---- compaction
// --------------------------------------------------------------------------------
//
//   MarkSparseSlabs -> owners move what MayBeInSparseSlab and IsInSparseSlab say ->
//   ClearSparseSlabs

// Chooses the slabs to empty, those filled below `percent`, emptiest first and only as
// many as the others of their class have room for, and stops allocating from them. At
// most a few megabytes for each class. Returns how many bytes could be won.
size_t MarkSparseSlabs(unsigned percent);
void ClearSparseSlabs();
// The size of all marked slabs that ran empty so far.
uint64_t EmptiedSlabBytes();
// False: the block need not move. Looks at neither the block nor its slab.
bool MayBeInSparseSlab(const void* block);
// True when the slab of `block` is to be emptied: its owner should move it
// (AllocateDense, copy, FreeMoved) so that the slab can be given back.
bool IsInSparseSlab(const void* block, size_t size);
// As Allocate, never in a slab that is to be emptied.
void* AllocateDense(size_t size);
// As Free, but past the magazine, so that the block cannot be handed out again.
void FreeMoved(void* block, size_t size);
// Free blocks in slabs: what an ideal compaction would win.
int64_t FreeSlabBytes();

// The slabs of one block size, as of now.
struct SlabClass {
  size_t block_bytes = 0;
  size_t slab_bytes = 0;
  size_t slab_count = 0;
  size_t free_blocks = 0;  // In the slabs; those in magazines count as used here.
};
std::vector<SlabClass> SlabClasses();  // Those that have slabs, by size.

// ---- accounts
// ----------------------------------------------------------------------------------

struct Usage {
  int64_t used_bytes = 0;       // Class sizes of all live blocks.
  int64_t committed_bytes = 0;  // Slabs and large blocks obtained from jemalloc.
  int64_t cached_bytes = 0;     // Free blocks in magazines.
};
Usage GetUsage();

// Live bytes as of the last fold of every thread, each at most kFoldBytes behind: one
// load.
inline constexpr int64_t kFoldBytes = 65536;
int64_t UsedBytesApproximate();
// The same with what this thread did so far.
int64_t UsedBytesNow();

// Everything else that the process has allocated (client buffers, tables of the server,
// libraries), as of the last RefreshOtherBytes: one load. Refreshing asks jemalloc, which
// takes some 50 us.
int64_t OtherBytes();
void RefreshOtherBytes();
// Asks for huge pages behind the slabs and large blocks mapped from now on. False when
// that is not possible.
bool UseHugePages();
// Lets jemalloc give pages back that were free for about a second. Cheap; call once a
// second.
void ReturnFreePages();

// ---- threads
// -----------------------------------------------------------------------------------

// The magazines of one thread. Construct it on that thread, first thing; destroying it
// gives the free blocks back to the depots.
class ThreadCache {
 public:
  enum class Retiring : uint8_t {
    kDeferred,  // Retired blocks wait for their epoch: threads that take part in the
                // gate.
    kAtOnce,    // This thread only frees what nobody can reach any more.
  };
  explicit ThreadCache(Retiring retiring = Retiring::kDeferred);
  ~ThreadCache();
  ThreadCache(const ThreadCache&) = delete;
  ThreadCache& operator=(const ThreadCache&) = delete;

  // Publishes this thread's count and frees retired blocks older than `safe_epoch`. Call
  // once a loop turn.
  void Fold(uint64_t safe_epoch);
  // Gives all free blocks back to the depots.
  void Flush();

  struct Rep;

 private:
  std::unique_ptr<Rep> rep_;
};

// Gives the free blocks of this thread's magazines back (idle workers, before a
// compaction).
void FlushThisThread();

// ---- epochs, for base/worker_gate.h
// ------------------------------------------------------------

// Retire stamps its blocks with the epoch. A reader that announced a later one cannot see
// them.
uint64_t RetireEpoch();
// Moves the epoch past all blocks that this thread has retired. Returns the epoch.
uint64_t PassRetired();
bool HasRetired();  // This thread.
// While false (one worker, no saver) Retire frees at once.
void SetConcurrent(bool is_concurrent);

}  // namespace skarn::memory

// SPDX-License-Identifier: BSD-3-Clause
//
// What a command costs the other workers: the cache lines it stores to that are theirs
// too. Debug builds count them at the places named below; in others the calls are
// nothing. DEBUG SHARED-STORES shows the counts, tests/budget/shared_stores.py keeps them
// small.
//
// Counted are lines, not stores: a line counts once for each command and thread, so that
// taking and releasing a lock is one. A line is noted by one address in it, an entry or a
// segment counts as one line however long it is. What a worker does between two commands
// counts with the one before.
//
// Threads: any.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace skarn {

enum class SharedLine : uint8_t {
  kShardLock,    // Also holds the head of the shard's table.
  kEntry,        // Created, changed, or its access clock set.
  kTable,        // A bucket, the head of a segment.
  kMutex,        // A ranked mutex: depots of memory, waiters, channels.
  kMemoryCount,  // The sums that all threads fold their counts into.
  kGate,         // One word per worker and turn; more when it is closed.
  kMailbox,
};
inline constexpr std::array<std::string_view, 7> kSharedLineNames = {
    "shard-lock", "entry", "table", "mutex", "memory-count", "gate", "mailbox"};

using SharedStoreCounts = std::array<uint64_t, kSharedLineNames.size()>;

#ifdef NDEBUG
inline void NoteSharedStore(SharedLine, const void*) {}
inline void BeginSharedStores() {}
#else
void NoteSharedStore(SharedLine kind, const void* address);
// The thread's next command begins: all lines count again.
void BeginSharedStores();
// The lines of all threads since the last call.
SharedStoreCounts TakeSharedStores();
#endif

}  // namespace skarn

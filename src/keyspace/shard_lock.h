// SPDX-License-Identifier: BSD-3-Clause
//
// The lock word of a shard: tried, never waited for. A command that cannot have it after
// a short spin is parked (keyspace/waiters.h) and its worker goes on with other
// connections.
//
//   bit 0: exclusive | bit 1: somebody is parked | bits 2-15: readers | bits 16-63:
//   version
//
// The version counts exclusive unlocks; it keeps the door open for optimistic reads.
#pragma once

#include <atomic>
#include <cstdint>

#include "arch/cpu_relax.h"
#include "base/shared_store.h"

namespace skarn {

class ShardLock {
 public:
  bool TryLock() {
    for (int spins = 0; spins < kSpinMax; ++spins) {
      uint64_t word = word_.load(std::memory_order_relaxed);
      if ((word & (kExclusive | kReaders)) == 0 &&
          word_.compare_exchange_weak(word, word | kExclusive, std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
        NoteSharedStore(SharedLine::kShardLock, this);
        return true;
      }
      CpuRelax();
    }
    return false;
  }

  // Not past somebody who is parked: readers that overlap would keep a writer out for
  // ever.
  bool TryLockShared() {
    for (int spins = 0; spins < kSpinMax; ++spins) {
      uint64_t word = word_.load(std::memory_order_relaxed);
      if ((word & (kExclusive | kParked)) == 0 && (word & kReaders) != kReaders &&
          word_.compare_exchange_weak(word, word + kReader, std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
        NoteSharedStore(SharedLine::kShardLock, this);
        return true;
      }
      CpuRelax();
    }
    return false;
  }

  // Both return true when somebody is parked and must be woken. Pairs with the acquires
  // above.
  [[nodiscard]] bool Unlock() {
    return (word_.fetch_add(kVersion - kExclusive, std::memory_order_release) &
            kParked) != 0;
  }
  [[nodiscard]] bool UnlockShared() {
    return (word_.fetch_sub(kReader, std::memory_order_release) & kParked) != 0;
  }

  // Marks that somebody waits. False when the lock is free by now: try again instead.
  bool SetParked() {
    uint64_t word = word_.load(std::memory_order_relaxed);
    while ((word & (kExclusive | kReaders)) != 0) {
      if (word_.compare_exchange_weak(word, word | kParked, std::memory_order_acq_rel,
                                      std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }
  void ClearParked() { word_.fetch_and(~kParked, std::memory_order_acq_rel); }
  // For a glance at the shard without the lock: what was read between WriterMark and a
  // true IsUnwritten was whole, since no writer has been at it meanwhile.
  uint64_t WriterMark() const { return word_.load(std::memory_order_acquire); }
  bool IsUnwritten(uint64_t mark) const {
    std::atomic_thread_fence(std::memory_order_acquire);
    const uint64_t now = word_.load(std::memory_order_relaxed);
    return ((mark | now) & kExclusive) == 0 && mark / kVersion == now / kVersion;
  }
  bool IsLocked() const {
    return (word_.load(std::memory_order_relaxed) & (kExclusive | kReaders)) != 0;
  }

 private:
  static constexpr uint64_t kExclusive = 1;
  static constexpr uint64_t kParked = 2;
  static constexpr uint64_t kReader = 4;
  static constexpr uint64_t kReaders = 0xfffc;
  static constexpr uint64_t kVersion = 0x10000;
  static constexpr int kSpinMax = 64;

  std::atomic<uint64_t> word_{0};
};

}  // namespace skarn

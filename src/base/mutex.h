// SPDX-License-Identifier: BSD-3-Clause
//
// Mutex with a rank, and the annotations by which Clang checks who holds what. The ranks
// stand in one list, so that the order of all locks can be read here; debug builds check
// it on each Lock(). Shard locks are not of this kind: they are tried, never waited for
// (keyspace/shard_lock.h).
#pragma once

#include <cstdint>
#include <mutex>

#if defined(__clang__)
#define SKARN_ANNOTATE(x) __attribute__((x))
#else
#define SKARN_ANNOTATE(x)
#endif
#define SKARN_CAPABILITY(x) SKARN_ANNOTATE(capability(x))
#define SKARN_SCOPED_CAPABILITY SKARN_ANNOTATE(scoped_lockable)
#define SKARN_GUARDED_BY(x) SKARN_ANNOTATE(guarded_by(x))
#define SKARN_REQUIRES(...) SKARN_ANNOTATE(requires_capability(__VA_ARGS__))
#define SKARN_ACQUIRE(...) SKARN_ANNOTATE(acquire_capability(__VA_ARGS__))
#define SKARN_RELEASE(...) SKARN_ANNOTATE(release_capability(__VA_ARGS__))
#define SKARN_NO_THREAD_SAFETY_ANALYSIS SKARN_ANNOTATE(no_thread_safety_analysis)

namespace skarn {

// A thread may take only a mutex of a higher rank than all it holds. Shard locks rank
// below all: any of these may be taken while a shard is held, and no shard may be waited
// for under one.
enum class LockRank : uint8_t {
  kServer = 10,        // Start, stop and the list of workers.
  kWaiters = 20,       // Commands parked on a shard.
  kPubSub = 30,        // Channel registries.
  kSnapshotFile = 35,  // What savers write together; held over writes to the disk.
  kSnapshot = 40,      // Blocks handed over to a running snapshot.
  kBackground = 50,    // Queue of values to free.
  kMailbox = 60,
  kDepot = 70,    // Slabs of one size class.
  kReserve = 80,  // What pays when the machine has no memory.
  kLog = 90,      // Last: anything may log.
};

class SKARN_CAPABILITY("mutex") Mutex {
 public:
  explicit Mutex(LockRank rank) : rank_(rank) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() SKARN_ACQUIRE();
  void Unlock() SKARN_RELEASE();

  // For std::condition_variable_any.
  void lock() SKARN_ACQUIRE() { Lock(); }
  void unlock() SKARN_RELEASE() { Unlock(); }

 private:
  std::mutex mutex_;
  const LockRank rank_;
  uint8_t rank_before_ = 0;  // What the holder held before, restored by Unlock.
};

class SKARN_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) SKARN_ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() SKARN_RELEASE() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace skarn

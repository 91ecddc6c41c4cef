// SPDX-License-Identifier: BSD-3-Clause
//
// Keyspace: the databases, each of kShardCount shards that are made when the database is
// first written to. It also holds what all workers read about the keyspace and only the
// gate changes: the eviction policy, the running snapshot.
//
// Threads: databases appear under any thread (atomic pointer); SwapDatabases,
// FlushDatabase and the setters only while the gate is closed. Owner: the server.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "keyspace/shard.h"
#include "keyspace/snapshot_lane.h"

namespace skarn {

inline constexpr unsigned kDatabasesMax = 1024;

// Nothing beside the shards: they fill a size class of the allocator to the byte.
struct Database {
  std::array<Shard, kShardCount> shards;

  size_t KeyCount() const;  // Exact only while nobody writes.
  size_t ExpiryCount() const;
  size_t TableBytes() const;
  // All that it takes, judged from some of its entries when it has many. While nobody
  // writes.
  size_t EstimateBytes() const;
};

enum class EvictionPolicy : uint8_t {
  kNone,
  kAllKeysLru,
  kAllKeysLfu,
  kAllKeysRandom,
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
};
constexpr bool IsLfu(EvictionPolicy policy) {
  return policy == EvictionPolicy::kAllKeysLfu || policy == EvictionPolicy::kVolatileLfu;
}

class Keyspace {
 public:
  explicit Keyspace(unsigned database_count);
  ~Keyspace();

  unsigned database_count() const { return database_count_; }
  // Null while nothing was ever written to it.
  Database* FindDatabase(unsigned db) const {
    return databases_[db].load(std::memory_order_acquire);
  }
  Database& GetDatabase(unsigned db) {
    Database* database = FindDatabase(db);
    return database != nullptr ? *database : MakeDatabase(db);
  }
  Shard& ShardOf(unsigned db, const Key& key) {
    return GetDatabase(db).shards[key.ShardIndex()];
  }

  // True while more than one thread may be at the shards: then locks are taken.
  bool is_concurrent() const { return is_concurrent_; }
  void set_concurrent(bool is_concurrent);

  // The time that commands live in. What one worker has seen expired is expired for all,
  // though each reads the machine's clock once for many commands: none acts on an earlier
  // time than another did before it. Any thread.
  ExpiryMillis clock() const { return clock_.load(std::memory_order_relaxed); }
  // The machine's clock showed `now`: returns the time to go by, which is later when
  // another worker has read a later one. It follows a clock that was set back by more
  // than a second, and stands still for less.
  ExpiryMillis AdvanceClock(ExpiryMillis now);

  // The running snapshot, or null.
  SnapshotLane* lane() const { return lane_; }
  void set_lane(SnapshotLane* lane) { lane_ = lane; }
  // Memory in use that only snapshots keep: what eviction cannot bring back. From any
  // participant of the gate.
  int64_t SnapshotHeldBytes() const {
    return (lane_ == nullptr ? 0 : lane_->held_bytes()) + Blob::HeldBytes();
  }
  // What of it goes as the snapshot gets on, and how much there may be.
  int64_t SnapshotPassingBytes() const {
    return (lane_ == nullptr ? 0 : lane_->passing_bytes()) + Blob::HeldBytes();
  }
  int64_t SnapshotPassingMax() const;
  // True while writers have left so much that they should wait for the savers.
  bool IsSnapshotBehind() const {
    return lane_ != nullptr && SnapshotPassingBytes() > SnapshotPassingMax();
  }
  uint16_t NextLaneEpoch();
  // The number that the database now called `db` had at the cut of the running snapshot.
  // NoteCut with the gate closed.
  void NoteCut();
  unsigned NumberAtCut(unsigned db) const { return numbers_at_cut_[db]; }

  void SwapDatabases(unsigned a, unsigned b);
  // Takes all entries out of the database and returns it to be freed in the background.
  std::unique_ptr<Database> Detach(unsigned db);

  // Settings that the gate protects.
  EvictionPolicy policy = EvictionPolicy::kNone;
  unsigned lfu_log_factor = 10;
  unsigned lfu_decay_minutes = 1;
  // 0: none. Atomic, for a snapshot's threads read it beside the gate.
  std::atomic<int64_t> memory_limit_bytes = 0;

 private:
  Database& MakeDatabase(unsigned db);

  const unsigned database_count_;
  bool is_concurrent_ = false;
  uint16_t lane_epoch_ = 0;
  SnapshotLane* lane_ = nullptr;
  std::unique_ptr<std::atomic<Database*>[]> databases_;
  std::vector<unsigned> numbers_at_cut_;  // By the number of today.
  // On a line of its own: read with every command, written once in a millisecond.
  alignas(128) std::atomic<ExpiryMillis> clock_ = 0;
};

// Tables with more fields than this are freed in the background.
inline constexpr size_t kLazyFreeFieldsMin = 64;

// All memory of an entry and its value.
size_t TotalBytesOf(const Entry& entry);

// Frees an entry and its value; big tables go to the background when `lazily`.
void FreeTable(HashTable* table, bool lazily);
void FreeEntry(Entry* entry, bool lazily);
// Frees every entry of a detached database, then the database.
void FreeDatabase(std::unique_ptr<Database> database);

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Upkeep: what a worker does beside its clients' commands to keep the keyspace in shape:
// expiry, the memory limit, compaction. In slices of a fraction of a millisecond between
// two turns, within a share of the worker's time.
//
// Threads: its worker's; statistics also with the gate closed. Owner: Hooks.
#pragma once

#include <cstdint>

#include "command/executor.h"
#include "keyspace/active_expiry.h"
#include "keyspace/compaction.h"
#include "keyspace/eviction.h"
#include "keyspace/shard_visit.h"

namespace skarn {

// What the upkeeps of all workers share.
struct UpkeepShared {
  EvictionGoal eviction_goal;
  CompactionRound compaction_round;
};

// For INFO: one worker's, or the sum.
struct UpkeepStatistics {
  double expired_stale_percent = 0;  // expired_stale_perc (average of the workers)
  uint64_t expired_time_cap_reached_count = 0;
  uint64_t expire_cycle_cpu_milliseconds = 0;
  uint64_t total_eviction_exceeded_ms = 0;    // total_eviction_exceeded_time
  uint64_t current_eviction_exceeded_ms = 0;  // current_eviction_exceeded_time
  uint64_t defrag_hits = 0,
           defrag_misses = 0;  // active_defrag_hits, active_defrag_misses
  uint64_t defrag_key_hits = 0, defrag_key_misses = 0;
  uint64_t defrag_ms = 0;               // total_active_defrag_time
  unsigned defrag_running_percent = 0;  // active_defrag_running

  void Add(const UpkeepStatistics& other);
};

class Upkeep {
 public:
  Upkeep(ServerState& state, Executor& executor, UpkeepShared& shared);

  // Before a command while maxmemory is set. False when memory is short and nothing may
  // go.
  bool KeepMemoryLimit();
  void OnTick(int64_t now_us);
  // One slice. True when there is more to do now.
  bool OnIdle();

  UpkeepStatistics statistics();
  void ResetStatistics();

 private:
  bool MayExpire() const;
  Evictor::Order EvictionOrder() const;
  bool Expire(int64_t now_us);
  bool Compact(int64_t now_us);
  double CompactionPercent() const;
  void RefreshAccounts();
  void FlushWhenIdle();

  ServerState& state_;
  Executor& executor_;
  const bool is_first_;  // Worker 0 does what is needed once.
  ActiveExpiry expiry_;
  Evictor evictor_;
  Compactor compactor_;
  TimeBudget expiry_budget_, compaction_budget_;
  bool is_evicting_ = false;
  int64_t blocks_freed_us_ = 0;
  uint64_t limit_seen_ = 0;  // maxmemory at the last tick.
  int64_t last_tick_us_ = 0;
  uint64_t tick_count_ = 0;
  uint64_t commands_seen_ = 0;
  int idle_ticks_ = 0;
};

}  // namespace skarn

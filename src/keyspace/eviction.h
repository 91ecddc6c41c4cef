// SPDX-License-Identifier: BSD-3-Clause
//
// Evictor keeps maxmemory: before a command it looks whether the limit is passed, and if
// so evicts what the policy likes least among a few entries picked at random, better and
// better ones as the best of earlier samples wait in a small pool.
//
// Workers evict side by side; what one is about to free is claimed in the shared goal, so
// that the others do not free it once more.
//
// Threads: its worker's, between two commands. Owner: the worker's upkeep; the goal is
// the server's.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "keyspace/view.h"

namespace skarn {

struct EvictionGoal {
  std::atomic<int64_t> claimed_bytes{
      0};  // Relaxed: a hint; the count of used bytes decides.
  // When a worker last asked what all but the data takes (MonotonicMicros).
  std::atomic<int64_t> refreshed_us{0};
  std::atomic<uint64_t> freed_seen{0};  // BackgroundFree::DoneCount at that time.
};

struct EvictionStatistics {
  uint64_t exceeded_us = 0;        // Time above the limit, in all.
  int64_t exceeding_since_us = 0;  // MonotonicMicros; 0: the limit is kept.
  uint64_t refused_count = 0;      // Times nothing could be evicted.
};

class Evictor {
 public:
  enum class Outcome {
    kKept,
    kRunning,  // Above the limit, and there is more to evict.
    kFailed,   // Above the limit, and nothing may go.
  };
  struct Order {
    int64_t limit_bytes = 0;
    int samples = 5;
    int64_t time_us_max = 500;
  };

  Evictor(KeyspaceView& view, KeyEventListener& listener, EvictionGoal& goal)
      : view_(view), listener_(listener), goal_(goal) {}

  // Frees until the limit is kept or the time is up. The view's time must be set; it
  // selects databases of its own.
  Outcome Keep(const Order& order);
  // The bytes that count against the limit.
  int64_t CountedBytes() const;
  // Counts anew what all but the data takes, if no worker has for `interval_us`. True
  // when it did.
  bool RefreshAccounts(int64_t interval_us);

  EvictionStatistics& statistics() { return statistics_; }

 private:
  struct Candidate {
    uint64_t score = 0;  // The higher, the rather it goes.
    unsigned db = 0;
    std::string key;
  };

  Outcome EvictClaimed(const Order& order, int64_t excess);
  // Evicts one entry. Returns its bytes, 0 when none was found.
  int64_t EvictOne(int samples);
  int64_t EvictRandom();
  int64_t EvictBest();
  int64_t EvictFound(const Key& key, Found& found);
  bool Sample(int samples);
  void Offer(uint64_t score, Bytes key);
  uint64_t ScoreOf(const Entry& entry) const;
  // Chooses a shard with entries of the policy and selects its database. Null when there
  // is none.
  Shard* PickShard();
  Shard* FindAnyShard();
  bool HasVictims(const Shard& shard) const;
  unsigned PickDatabase();
  // Visits entries the policy allows from a random place on, until `enough` are seen.
  template <class Visit>
  void VisitSome(Shard& shard, size_t enough, Visit&& visit);

  KeyspaceView& view_;
  KeyEventListener& listener_;
  EvictionGoal& goal_;
  EvictionPolicy pool_policy_ = EvictionPolicy::kNone;
  std::vector<Candidate> pool_;  // Ascending by score.
  std::vector<std::string> seen_keys_;
  std::vector<uint64_t> database_weights_;
  ExpiryMillis weights_at_ = 0;
  EvictionStatistics statistics_;
};

}  // namespace skarn

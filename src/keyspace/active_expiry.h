// SPDX-License-Identifier: BSD-3-Clause
//
// ActiveExpiry erases keys whose time has come although nobody asks for them, and the
// same for the fields of hashes. Each worker takes every n-th shard of all databases and
// visits those where something is due (Shard::next_expiry); the buckets tell which
// entries have an expiry at all.
//
// Threads: its worker's, between two commands. Owner: the worker's upkeep.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "keyspace/view.h"

namespace skarn {

struct ActiveExpiryStatistics {
  uint64_t busy_us = 0;
  uint64_t capped_count = 0;  // Times there was more to do than the budget allowed.
  double stale_percent = 0;   // Expired among the looked at, a moving average.
};

class ActiveExpiry {
 public:
  ActiveExpiry(KeyspaceView& view, KeyEventListener& listener, size_t worker,
               size_t worker_count);

  // Looks for due shards, at most one round through all. A round starts at most every 100
  // ms or when the last one was cut short. The view's time must be set.
  void BeginRound();
  // Works until `deadline_us` (MonotonicMicros). True when the round is not finished.
  bool Work(int64_t deadline_us);

  // How much of a CPU is worth spending: less while few of the keys looked at are due.
  double BudgetPercent(int effort) const;

  bool is_round_open() const { return is_round_open_; }
  ActiveExpiryStatistics& statistics() { return statistics_; }

 private:
  enum class Step { kDone, kMore, kBusy };

  bool IsDue(const Shard& shard) const;
  void NextDatabase();
  bool NextShard();
  Step WalkStep(Shard& shard);
  void WalkLocked(Shard& shard);
  void CollectDue(Shard& shard);
  void ExpireCollected(Shard& shard);
  bool ExpireFields(Shard& shard, const std::string& bytes);
  void NoteYield(uint64_t looked_at, uint64_t expired);

  KeyspaceView& view_;
  KeyEventListener& listener_;
  const size_t worker_;
  const size_t worker_count_;

  // Where the round is.
  bool is_round_open_ = false;
  unsigned db_ = 0;
  size_t shard_index_ = 0;
  size_t shards_left_ = 0;
  // Where the walk through one shard is.
  uint64_t position_ = 0;
  bool is_in_shard_ = false;
  ExpiryMillis walk_started_ = 0;
  ExpiryMillis next_expiry_ = 0, next_field_expiry_ = 0;
  // Hashes with more due fields than a step takes are kept from one step to the next.
  std::vector<std::string> due_keys_, due_hashes_;
  uint64_t field_position_ = 0;  // Where the walk through the last of due_hashes_ is.
  ActiveExpiryStatistics statistics_;
};

}  // namespace skarn

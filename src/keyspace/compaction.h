// SPDX-License-Identifier: BSD-3-Clause
//
// Compactor gives memory back that random frees have left in holes. In rounds: the
// coordinator has the allocator mark its emptiest slabs, every worker walks its shards in
// steps of some ten microseconds and moves what lies in a marked slab, and the slabs go
// when they are empty. A filter over addresses tells what need not be touched, so a walk
// costs little more than its buckets.
//
// While a snapshot runs it waits: captured segments must stay where they are.
//
// Threads: each worker has one, used between two commands. Owner: the worker's upkeep;
// the round is the server's.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "keyspace/view.h"

namespace skarn {

// What the workers share. Written a few times a round.
struct CompactionRound {
  // Release by the coordinator when slabs are marked, acquire by those who join.
  std::atomic<uint64_t> number{0};
  // Workers that have not finished the round, and one more until the marks are cleared.
  std::atomic<size_t> working{0};
};

struct CompactionStatistics {
  uint64_t moved_blocks = 0;
  uint64_t kept_blocks = 0;  // Looked at and left where they were.
  uint64_t moved_keys = 0, kept_keys = 0;
  uint64_t rounds = 0;
  uint64_t busy_us = 0;
};

class Compactor {
 public:
  Compactor(KeyspaceView& view, KeyEventListener& listener, CompactionRound& round,
            size_t worker, size_t worker_count);

  // For the coordinator, at every tick: begins a round when there are holes enough.
  void MayBeginRound(int64_t now_us);
  // Joins a round that has begun. True while this worker has to work.
  bool IsWorking();
  // Works until `deadline_us` (MonotonicMicros). True when there is more to do.
  bool Work(int64_t deadline_us);

  bool is_working() const { return is_working_; }
  CompactionStatistics& statistics() { return statistics_; }

 private:
  void JudgeRound(int64_t now_us);
  void Advance();
  void FinishRound();
  void Step(Shard& shard);
  void MoveEntry(const Place& place);
  void StepInTable(Database& database);

  KeyspaceView& view_;
  KeyEventListener& listener_;
  CompactionRound& round_;
  const size_t worker_;
  const size_t worker_count_;

  uint64_t joined_round_ = 0;
  bool is_working_ = false;
  unsigned db_ = 0;
  size_t shard_index_ = 0;
  uint64_t position_ = 0;
  int busy_tries_ = 0;
  // Tables met in the last step, walked one after the other before the shard goes on.
  std::vector<std::string> tables_;
  uint64_t table_position_ = 0;
  // Coordinator: when the next round may begin, and how it pays.
  int64_t not_before_us_ = 0;
  int64_t pause_us_;
  size_t marked_bytes_ = 0;  // By the last round; 0 once it is judged.
  uint64_t emptied_bytes_at_begin_ = 0;
  int64_t holes_at_end_ = 0;
  CompactionStatistics statistics_;
};

}  // namespace skarn

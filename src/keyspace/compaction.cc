// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/compaction.h"

#include <algorithm>
#include <array>
#include <utility>

#include "arch/prefetch.h"
#include "base/clock.h"
#include "base/memory.h"
#include "keyspace/shard_visit.h"
#include "types/hash_table.h"

namespace skarn {
namespace {

// Holes below this, or below this share of what is used, are left alone.
constexpr int64_t kHolesMin = 1 << 20;
constexpr int64_t kHolesPercentMin = 2;
// Fuller slabs are not worth moving.
constexpr unsigned kMarkBelowPercent = 97;
constexpr size_t kBlocksPerStep = 48;
constexpr int kBusyTriesMax = 8;
constexpr int64_t kPauseMin = 100'000;      // Microseconds between two rounds that pay...
constexpr int64_t kPauseMax = 600'000'000;  // ...and at most between those that do not.

}  // namespace

Compactor::Compactor(KeyspaceView& view, KeyEventListener& listener,
                     CompactionRound& round, size_t worker, size_t worker_count)
    : view_(view),
      listener_(listener),
      round_(round),
      worker_(worker),
      worker_count_(worker_count),
      pause_us_(kPauseMin) {}

void Compactor::MayBeginRound(int64_t now_us) {
  if (round_.working.load(std::memory_order_acquire) != 0) return;
  if (marked_bytes_ != 0) JudgeRound(now_us);
  const int64_t holes = memory::FreeSlabBytes();
  const int64_t used = memory::UsedBytesApproximate();
  if (holes < kHolesMin || holes * 100 < used * kHolesPercentMin) {
    pause_us_ = kPauseMin;
    return;
  }
  // New holes are worth a look whatever came of the old ones.
  if (holes > holes_at_end_ + holes_at_end_ / 4) not_before_us_ = 0;
  if (now_us < not_before_us_ || view_.keyspace().lane() != nullptr) return;
  memory::FlushThisThread();
  emptied_bytes_at_begin_ = memory::EmptiedSlabBytes();
  marked_bytes_ = memory::MarkSparseSlabs(kMarkBelowPercent);
  if (marked_bytes_ == 0) return;
  ++statistics_.rounds;
  round_.working.store(worker_count_ + 1, std::memory_order_relaxed);
  round_.number.fetch_add(1, std::memory_order_release);
}

// What a round has won decides how soon the next one is worth the walk.
void Compactor::JudgeRound(int64_t now_us) {
  const uint64_t emptied = memory::EmptiedSlabBytes() - emptied_bytes_at_begin_;
  const bool has_paid = emptied >= std::exchange(marked_bytes_, 0) / 4 &&
                        emptied * 200 >= uint64_t(memory::UsedBytesApproximate());
  pause_us_ = has_paid ? kPauseMin : std::min(pause_us_ * 2, kPauseMax);
  not_before_us_ = now_us + pause_us_;
  holes_at_end_ = memory::FreeSlabBytes();
}

bool Compactor::IsWorking() {
  const uint64_t number = round_.number.load(std::memory_order_acquire);
  if (number == joined_round_) [[likely]]
    return is_working_;
  joined_round_ = number;
  is_working_ = true;
  db_ = 0;
  shard_index_ = worker_;
  position_ = table_position_ = 0;
  tables_.clear();
  memory::FlushThisThread();
  return true;
}

bool Compactor::Work(int64_t deadline_us) {
  const int64_t started_us = MonotonicMicros();
  int64_t now_us = started_us;
  while (is_working_ && now_us < deadline_us && view_.keyspace().lane() == nullptr) {
    Database* const database = view_.keyspace().FindDatabase(db_);
    if (database == nullptr) {
      shard_index_ = kShardCount;
      Advance();
      continue;
    }
    if (!tables_.empty()) {
      StepInTable(*database);
      if (tables_.empty() && position_ == 0) Advance();
      now_us = MonotonicMicros();
      continue;
    }
    Shard& shard = database->shards[shard_index_];
    if (TryWithShard(view_.keyspace(), shard, listener_, [&] { Step(shard); })) {
      busy_tries_ = 0;
      if (position_ == 0 && tables_.empty()) Advance();
    } else if (++busy_tries_ > kBusyTriesMax) {
      Advance();
    } else {
      break;  // Later: its holder is in the middle of a command.
    }
    now_us = MonotonicMicros();
  }
  statistics_.busy_us += static_cast<uint64_t>(now_us - started_us);
  return is_working_ && view_.keyspace().lane() == nullptr;
}

void Compactor::Advance() {
  position_ = table_position_ = 0;
  tables_.clear();
  busy_tries_ = 0;
  shard_index_ += worker_count_;
  if (shard_index_ < kShardCount) return;
  shard_index_ = worker_;
  if (++db_ >= view_.keyspace().database_count()) FinishRound();
}

void Compactor::FinishRound() {
  is_working_ = false;
  memory::FlushThisThread();
  // The last one ends it for all.
  if (round_.working.fetch_sub(1, std::memory_order_acq_rel) != 2) return;
  memory::ClearSparseSlabs();
  round_.working.store(0, std::memory_order_release);
}

void Compactor::Step(Shard& shard) {
  if (shard.table.empty()) return;
  statistics_.moved_blocks += shard.table.CompactAt(position_);
  std::array<Place, kBlocksPerStep + 4 * kBucketSlots * 8> places;
  size_t count = 0;
  do {
    position_ = shard.table.VisitHome(position_, [&](const Place& place) {
      if (count == places.size()) return;  // Crowded homes: the next round sees the rest.
      PrefetchRead(place.Block());
      places[count++] = place;
    });
  } while (position_ != 0 && count < kBlocksPerStep);
  for (size_t i = 0; i < count; ++i) MoveEntry(places[i]);
}

void Compactor::MoveEntry(const Place& place) {
  const uint64_t moved_before = statistics_.moved_blocks;
  Entry* const entry = EntryAt(place);
  if (memory::MayBeInSparseSlab(entry)) {
    const size_t size = entry->SizeBytes();
    if (memory::IsInSparseSlab(entry, size)) {
      void* moved = memory::AllocateDense(size);
      std::memcpy(moved, static_cast<const void*>(entry), size);
      place.bucket->SetBlock(place.slot, moved);
      memory::FreeMoved(entry, size);
      ++statistics_.moved_blocks;
    } else {
      ++statistics_.kept_blocks;
    }
  }
  const Entry* const now = EntryAt(place);
  if (now->encoding() == Encoding::kTable && now->type() == ValueType::kHash) {
    tables_.emplace_back(now->key());
  }
  ++(statistics_.moved_blocks != moved_before ? statistics_.moved_keys
                                              : statistics_.kept_keys);
}

// One table may be larger than all else: it is walked in steps too, and found again by
// its key.
void Compactor::StepInTable(Database& database) {
  const Key key = MakeKey(tables_.back());
  Shard& shard = database.shards[key.ShardIndex()];
  bool is_done = true;
  const auto walk = [&] {
    const Place place = shard.Find(key);
    if (!place) return;
    const Entry* entry = EntryAt(place);
    if (entry->encoding() != Encoding::kTable || entry->type() != ValueType::kHash)
      return;
    table_position_ = entry->table()->Compact(table_position_, &statistics_.moved_blocks);
    is_done = table_position_ == 0;
  };
  if (!TryWithShard(view_.keyspace(), shard, listener_, walk))
    is_done = ++busy_tries_ > kBusyTriesMax;
  if (!is_done) return;
  table_position_ = 0;
  tables_.pop_back();
}

}  // namespace skarn

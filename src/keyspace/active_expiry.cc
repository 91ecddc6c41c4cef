// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/active_expiry.h"

#include <algorithm>
#include <limits>

#include "base/clock.h"
#include "base/racy.h"
#include "keyspace/field_expiry.h"
#include "keyspace/shard_visit.h"
#include "types/hash_table.h"

namespace skarn {
namespace {

constexpr ExpiryMillis kNever = std::numeric_limits<ExpiryMillis>::max();
// Under one lock: a few tens of microseconds when every entry misses the cache.
constexpr size_t kLooksPerStep = 192;
constexpr size_t kExpiriesPerStep = 32;
constexpr size_t kFieldsPerStep = 80;  // One event and one change each, as elsewhere.
// A walk of several steps misses what is inserted behind it, so it looks again this soon.
constexpr ExpiryMillis kLookAgainMillis = 1000;
// Databases that one round takes at most: more of them take turns.
constexpr size_t kDatabasesPerRound = 4;

}  // namespace

ActiveExpiry::ActiveExpiry(KeyspaceView& view, KeyEventListener& listener, size_t worker,
                           size_t worker_count)
    : view_(view),
      listener_(listener),
      worker_(worker),
      worker_count_(worker_count),
      shard_index_(worker) {}

double ActiveExpiry::BudgetPercent(int effort) const {
  const double most = 25 + 2 * (effort - 1);
  const double acceptable = 10 - (effort - 1);
  return std::max(1.0, most * std::min(1.0, statistics_.stale_percent / acceptable));
}

void ActiveExpiry::BeginRound() {
  size_t databases = 0;
  for (unsigned db = 0; db < view_.keyspace().database_count(); ++db) {
    databases += view_.keyspace().FindDatabase(db) != nullptr;
  }
  is_round_open_ = databases > 0;
  shards_left_ = (kShardCount + worker_count_ - 1) / worker_count_ *
                 std::min(databases, kDatabasesPerRound);
}

// Without the lock: a wrong answer costs a visit or a tenth of a second.
SKARN_RACY bool ActiveExpiry::IsDue(const Shard& shard) const {
  return (shard.expiry_count > 0 && shard.next_expiry < view_.now()) ||
         (shard.field_expiry_count > 0 && shard.next_field_expiry < view_.now());
}

void ActiveExpiry::NextDatabase() {
  shard_index_ = worker_;
  const unsigned count = view_.keyspace().database_count();
  for (unsigned i = 0; i < count; ++i) {
    db_ = (db_ + 1) % count;
    if (view_.keyspace().FindDatabase(db_) != nullptr) return;
  }
  shards_left_ = 1;  // There is none left.
}

bool ActiveExpiry::NextShard() {
  position_ = field_position_ = 0;
  is_in_shard_ = false;
  due_hashes_.clear();
  shard_index_ += worker_count_;
  if (shard_index_ >= kShardCount) NextDatabase();
  return shards_left_ > 0 && --shards_left_ > 0;
}

bool ActiveExpiry::Work(int64_t deadline_us) {
  // What a snapshot has not saved is handed over, not freed: the savers come first.
  if (!is_round_open_ || view_.keyspace().IsSnapshotBehind()) return false;
  const int64_t started_us = MonotonicMicros();
  bool is_late = false;
  do {
    Database* const database = view_.keyspace().FindDatabase(db_);
    if (database == nullptr) {
      shard_index_ = kShardCount;  // On to the next database.
      continue;
    }
    Shard& shard = database->shards[shard_index_];
    if (!is_in_shard_ && !IsDue(shard)) [[likely]]
      continue;
    Step step = Step::kMore;
    while (step == Step::kMore && !is_late) {
      step = WalkStep(shard);
      // A hash in use is not given up for that: it may have fields come due faster than
      // once a round can erase.
      if (step == Step::kBusy && !due_hashes_.empty()) step = Step::kMore;
      is_late = MonotonicMicros() >= deadline_us;
    }
    if (step == Step::kMore) break;
    if (is_late) {
      is_round_open_ = NextShard();
      break;
    }
  } while ((is_round_open_ = NextShard()));
  statistics_.busy_us += static_cast<uint64_t>(MonotonicMicros() - started_us);
  return is_round_open_;
}

ActiveExpiry::Step ActiveExpiry::WalkStep(Shard& shard) {
  Step result = Step::kDone;
  const auto walk = [&] {
    WalkLocked(shard);
    result = position_ == 0 && due_hashes_.empty() ? Step::kDone : Step::kMore;
  };
  // A busy shard has its turn in the next round.
  if (!TryWithShard(view_.keyspace(), shard, listener_, walk)) return Step::kBusy;
  return result;
}

void ActiveExpiry::WalkLocked(Shard& shard) {
  const bool is_first = !is_in_shard_;
  const ExpiryMillis now = view_.now();
  if (is_first) {
    is_in_shard_ = true;
    walk_started_ = now;
    next_expiry_ = next_field_expiry_ = kNever;
  }
  due_keys_.clear();
  if (due_hashes_.empty()) CollectDue(shard);
  ExpireCollected(shard);
  if (position_ != 0 || !due_hashes_.empty()) return;
  const ExpiryMillis again = is_first ? kNever : walk_started_ + kLookAgainMillis;
  shard.next_expiry = shard.expiry_count == 0 ? kNever : std::min(next_expiry_, again);
  shard.next_field_expiry =
      shard.field_expiry_count == 0 ? kNever : std::min(next_field_expiry_, again);
}

void ActiveExpiry::CollectDue(Shard& shard) {
  const ExpiryMillis now = view_.now();
  const bool has_fields = shard.field_expiry_count > 0;
  uint64_t looked_at = 0;
  do {
    position_ = shard.table.VisitHome(position_, [&](const Place& place) {
      if ((place.bucket->has_expiry >> place.slot & 1) != 0) {
        ++looked_at;
        const Entry* entry = EntryAt(place);
        if (entry->IsExpired(now)) {
          due_keys_.emplace_back(entry->key());
          return;
        }
        next_expiry_ = std::min(next_expiry_, entry->expiry());
      }
      if (!has_fields) return;
      const Entry* entry = EntryAt(place);
      if (entry->encoding() != Encoding::kTable || entry->type() != ValueType::kHash)
        return;
      const HashTable& table = *entry->table();
      if (table.expiry_count() == 0) return;
      ++looked_at;
      if (table.next_expiry() < now) {
        due_hashes_.emplace_back(entry->key());
      } else {
        next_field_expiry_ = std::min(next_field_expiry_, table.next_expiry());
      }
    });
  } while (position_ != 0 && looked_at < kLooksPerStep &&
           due_keys_.size() < kExpiriesPerStep && due_hashes_.size() < kExpiriesPerStep);
  NoteYield(looked_at, due_keys_.size() + due_hashes_.size());
}

void ActiveExpiry::ExpireCollected(Shard& shard) {
  view_.SelectDatabase(db_);
  for (const std::string& bytes : due_keys_) view_.FindForWrite(MakeKey(bytes));
  while (!due_hashes_.empty() && ExpireFields(shard, due_hashes_.back())) {
    due_hashes_.pop_back();
    field_position_ = 0;
  }
}

// False when the hash has more, for the next step.
bool ActiveExpiry::ExpireFields(Shard& shard, const std::string& bytes) {
  const Key key = MakeKey(bytes);
  const Place place = shard.Find(key);
  if (!place || EntryAt(place)->IsExpired(view_.now())) return true;
  Found found{&shard, place, EntryAt(place)};
  const size_t erased =
      ExpireDueFields(view_, key, found, kFieldsPerStep, &field_position_);
  NoteYield(erased, erased);
  if (!found || found.entry->encoding() != Encoding::kTable ||
      found.entry->type() != ValueType::kHash) {
    return true;
  }
  const HashTable& table = *found.entry->table();
  if (erased == kFieldsPerStep && table.next_expiry() < view_.now()) return false;
  next_field_expiry_ = std::min(next_field_expiry_, table.next_expiry());
  return true;
}

void ActiveExpiry::NoteYield(uint64_t looked_at, uint64_t expired) {
  if (looked_at == 0) return;
  const double percent =
      100.0 * static_cast<double>(expired) / static_cast<double>(looked_at);
  statistics_.stale_percent = statistics_.stale_percent * 0.95 + percent * 0.05;
}

}  // namespace skarn

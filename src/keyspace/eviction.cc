// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/eviction.h"

#include <algorithm>

#include "base/clock.h"
#include "base/memory.h"
#include "base/racy.h"
#include "base/random.h"
#include "keyspace/background_free.h"
#include "keyspace/shard_visit.h"

namespace skarn {
namespace {

constexpr size_t kPoolMax = 16;
constexpr int kShardTries = 64;
constexpr int kBusyTries = 16;
// What one worker claims of the goal at a time: small beside any limit worth setting.
constexpr int64_t kClaimBytesMax = 16384;
constexpr int kVictimsPerClockRead = 8;
constexpr int64_t kRefreshIntervalUs = 2000;
constexpr ExpiryMillis kWeightsAgeMaxMillis = 1000;

constexpr bool IsVolatile(EvictionPolicy policy) {
  return policy == EvictionPolicy::kVolatileLru ||
         policy == EvictionPolicy::kVolatileLfu ||
         policy == EvictionPolicy::kVolatileRandom ||
         policy == EvictionPolicy::kVolatileTtl;
}
constexpr bool IsRandom(EvictionPolicy policy) {
  return policy == EvictionPolicy::kAllKeysRandom ||
         policy == EvictionPolicy::kVolatileRandom;
}

}  // namespace

// ---- the limit
// ---------------------------------------------------------------------------------

int64_t Evictor::CountedBytes() const {
  int64_t bytes = memory::UsedBytesNow() + memory::OtherBytes();
  // What is being freed already counts as gone, and so does what only a snapshot keeps:
  // evicting more would not bring it back sooner.
  bytes -= BackgroundFree::PendingBytes();
  bytes -= view_.keyspace().SnapshotHeldBytes();
  return bytes;
}

Evictor::Outcome Evictor::Keep(const Order& order) {
  int64_t excess = CountedBytes() - order.limit_bytes;
  if (excess > 0 && RefreshAccounts(kRefreshIntervalUs))
    excess = CountedBytes() - order.limit_bytes;
  int64_t& since = statistics_.exceeding_since_us;
  if (excess <= 0) [[likely]] {
    if (since != 0) {
      statistics_.exceeded_us += static_cast<uint64_t>(MonotonicMicros() - since);
      since = 0;
    }
    return Outcome::kKept;
  }
  if (since == 0) since = MonotonicMicros();
  if (view_.keyspace().policy == EvictionPolicy::kNone) return Outcome::kFailed;
  const Outcome outcome = EvictClaimed(order, excess);
  if (outcome == Outcome::kKept) {
    statistics_.exceeded_us += static_cast<uint64_t>(MonotonicMicros() - since);
    since = 0;
  }
  statistics_.refused_count += outcome == Outcome::kFailed;
  return outcome;
}

// The clients whose buffers passed the limit may have gone since the last look; no key
// should go for them. A look costs some 50 us, hence seldom.
bool Evictor::RefreshAccounts(int64_t interval_us) {
  const int64_t now_us = MonotonicMicros();
  int64_t last_us = goal_.refreshed_us.load(std::memory_order_relaxed);
  const uint64_t freed = BackgroundFree::DoneCount();
  const bool has_freed =
      goal_.freed_seen.exchange(freed, std::memory_order_relaxed) != freed;
  if (!has_freed && now_us - last_us < interval_us) return false;
  if (!goal_.refreshed_us.compare_exchange_strong(last_us, now_us,
                                                  std::memory_order_relaxed)) {
    return false;
  }
  memory::RefreshOtherBytes();
  return true;
}

Evictor::Outcome Evictor::EvictClaimed(const Order& order, int64_t excess) {
  const int64_t deadline_us = MonotonicMicros() + order.time_us_max;
  int victims = 0;
  while (excess > 0) {
    const int64_t open = excess - goal_.claimed_bytes.load(std::memory_order_relaxed);
    if (open <= 0) return Outcome::kRunning;  // Others are at it.
    const int64_t claim = std::min(open, kClaimBytesMax);
    goal_.claimed_bytes.fetch_add(claim, std::memory_order_relaxed);
    int64_t freed = 0;
    bool found_any = true, is_late = false;
    while (freed < claim && found_any && !is_late) {
      const int64_t bytes = EvictOne(order.samples);
      found_any = bytes > 0;
      freed += bytes;
      is_late = ++victims % kVictimsPerClockRead == 0 && MonotonicMicros() >= deadline_us;
    }
    // The count falls before the claim, so that nobody sees more to do than there is.
    excess = CountedBytes() - order.limit_bytes;
    goal_.claimed_bytes.fetch_sub(claim, std::memory_order_relaxed);
    if (excess <= 0) break;
    if (!found_any) {
      // What is being freed makes room before long.
      return BackgroundFree::PendingCount() > 0 ? Outcome::kRunning : Outcome::kFailed;
    }
    if (is_late) return Outcome::kRunning;
  }
  return Outcome::kKept;
}

// ---- victims
// -----------------------------------------------------------------------------------

int64_t Evictor::EvictOne(int samples) {
  const EvictionPolicy policy = view_.keyspace().policy;
  if (policy != pool_policy_) {
    pool_.clear();
    pool_policy_ = policy;
  }
  for (int i = 0; i < kBusyTries; ++i) {
    if (IsRandom(policy)) {
      if (PickShard() == nullptr) return 0;
      if (const int64_t bytes = EvictRandom()) return bytes;
    } else {
      if (!Sample(samples) && pool_.empty()) return 0;
      while (!pool_.empty()) {
        if (const int64_t bytes = EvictBest()) return bytes;
      }
    }
  }
  return 0;
}

int64_t Evictor::EvictRandom() {
  Shard* const shard = PickShard();
  if (shard == nullptr) return 0;
  int64_t bytes = 0;
  TryWithShard(view_.keyspace(), *shard, listener_, [&] {
    seen_keys_.clear();
    VisitSome(*shard, 1,
              [&](const Entry& entry) { seen_keys_.emplace_back(entry.key()); });
    if (seen_keys_.empty()) return;
    const Key key = MakeKey(seen_keys_[ThreadRandom().Below(seen_keys_.size())]);
    const Place place = shard->Find(key);
    Found found{shard, place, EntryAt(place)};
    bytes = EvictFound(key, found);
  });
  return bytes;
}

// Takes the best candidate, unless it has gone or been used since.
int64_t Evictor::EvictBest() {
  const Candidate candidate = std::move(pool_.back());
  pool_.pop_back();
  Database* const database = view_.keyspace().FindDatabase(candidate.db);
  if (database == nullptr) return 0;
  view_.SelectDatabase(candidate.db);
  const Key key = MakeKey(candidate.key);
  Shard& shard = database->shards[key.ShardIndex()];
  int64_t bytes = 0;
  TryWithShard(view_.keyspace(), shard, listener_, [&] {
    const Place place = shard.Find(key);
    if (!place) return;
    Found found{&shard, place, EntryAt(place)};
    if (IsVolatile(pool_policy_) && !found.entry->HasExpiry()) return;
    if (ScoreOf(*found.entry) < candidate.score) return;
    bytes = EvictFound(key, found);
  });
  return bytes;
}

int64_t Evictor::EvictFound(const Key& key, Found& found) {
  const auto bytes = static_cast<int64_t>(TotalBytesOf(*found.entry));
  view_.Evict(key, found);
  return bytes;
}

uint64_t Evictor::ScoreOf(const Entry& entry) const {
  switch (pool_policy_) {
    case EvictionPolicy::kAllKeysLfu:
    case EvictionPolicy::kVolatileLfu:
      return 255 - view_.UseCount(entry);
    case EvictionPolicy::kVolatileTtl:
      return ~static_cast<uint64_t>(entry.expiry());
    default:
      return view_.IdleSeconds(entry);
  }
}

// ---- samples
// -----------------------------------------------------------------------------------

bool Evictor::Sample(int samples) {
  int seen = 0;
  for (int tries = 0; seen < samples && tries < samples + kBusyTries; ++tries) {
    Shard* const shard = PickShard();
    if (shard == nullptr) return seen > 0;
    TryWithShard(view_.keyspace(), *shard, listener_, [&] {
      // Half of them from one place: a shard costs more than an entry.
      VisitSome(*shard, static_cast<size_t>(samples + 1) / 2, [&](const Entry& entry) {
        Offer(ScoreOf(entry), entry.key());
        ++seen;
      });
    });
  }
  return seen > 0;
}

void Evictor::Offer(uint64_t score, Bytes key) {
  if (pool_.size() == kPoolMax && score <= pool_.front().score) return;
  for (const Candidate& candidate : pool_) {
    if (candidate.db == view_.db() && candidate.key == key) return;
  }
  if (pool_.size() == kPoolMax) pool_.erase(pool_.begin());
  const auto at = std::lower_bound(
      pool_.begin(), pool_.end(), score,
      [](const Candidate& candidate, uint64_t value) { return candidate.score < value; });
  pool_.insert(at, {.score = score, .db = view_.db(), .key = std::string(key)});
}

template <class Visit>
void Evictor::VisitSome(Shard& shard, size_t enough, Visit&& visit) {
  const bool is_volatile = IsVolatile(pool_policy_);
  if (shard.table.empty() || (is_volatile && shard.expiry_count == 0)) return;
  const uint64_t begin = ThreadRandom().Next();
  uint64_t position = begin;
  bool has_wrapped = false;
  size_t seen = 0;
  do {
    position = shard.table.VisitHome(position, [&](const Place& place) {
      if (is_volatile && (place.bucket->has_expiry >> place.slot & 1) == 0) return;
      visit(*EntryAt(place));
      ++seen;
    });
    has_wrapped |= position == 0;
  } while (seen < enough && !(has_wrapped && position >= begin));
}

SKARN_RACY bool Evictor::HasVictims(const Shard& shard) const {
  return IsVolatile(pool_policy_) ? shard.expiry_count > 0 : shard.table.RoughSize() > 0;
}

Shard* Evictor::PickShard() {
  Random& random = ThreadRandom();
  const unsigned db = PickDatabase();
  if (Database* database = view_.keyspace().FindDatabase(db)) {
    for (int i = 0; i < kShardTries; ++i) {
      Shard& shard = database->shards[random.Below(kShardCount)];
      if (!HasVictims(shard)) continue;
      view_.SelectDatabase(db);
      return &shard;
    }
  }
  return FindAnyShard();
}

// Few entries, or none: looks everywhere.
Shard* Evictor::FindAnyShard() {
  const unsigned count = view_.keyspace().database_count();
  const uint64_t start = ThreadRandom().Next();
  for (unsigned i = 0; i < count; ++i) {
    const unsigned db = static_cast<unsigned>((start + i) % count);
    Database* const database = view_.keyspace().FindDatabase(db);
    if (database == nullptr) continue;
    for (size_t j = 0; j < kShardCount; ++j) {
      Shard& shard = database->shards[(start + j) % kShardCount];
      if (!HasVictims(shard)) continue;
      view_.SelectDatabase(db);
      return &shard;
    }
  }
  return nullptr;
}

// By their number of keys, so that a key's chance does not depend on its database.
unsigned Evictor::PickDatabase() {
  const Keyspace& keyspace = view_.keyspace();
  if (database_weights_.empty() || view_.now() - weights_at_ > kWeightsAgeMaxMillis ||
      view_.now() < weights_at_) {
    weights_at_ = view_.now();
    database_weights_.assign(keyspace.database_count(), 0);
    for (unsigned db = 0; db < keyspace.database_count(); ++db) {
      const Database* database = keyspace.FindDatabase(db);
      if (database == nullptr) continue;
      for (const Shard& shard : database->shards) {
        database_weights_[db] += HasVictims(shard) ? shard.table.RoughSize() : 0;
      }
    }
  }
  uint64_t total = 0;
  for (const uint64_t weight : database_weights_) total += weight;
  uint64_t chosen = ThreadRandom().Below(total);
  for (unsigned db = 0; db < database_weights_.size(); ++db) {
    if (chosen < database_weights_[db]) return db;
    chosen -= database_weights_[db];
  }
  return 0;
}

}  // namespace skarn

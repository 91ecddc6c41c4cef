// SPDX-License-Identifier: BSD-3-Clause
#include "server/upkeep.h"

#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/memory.h"

namespace skarn {
namespace {

constexpr int64_t kSliceUs = 200;
// Ticks may come early when a worker has more to do.
constexpr int64_t kTickUs = 90'000;
constexpr uint64_t kTicksPerSecond = 10;
constexpr int kIdleTicksBeforeFlush = 20;
// Saved-up time is spent in slices, so this is no stall.
constexpr int64_t kSavedUsMax = 50'000;
constexpr double kCompactionPercentMax = 50;
// Above the memory limit, idle blocks are given back once in this time.
constexpr int64_t kFreeBlocksIntervalUs = 10'000;

}  // namespace

void UpkeepStatistics::Add(const UpkeepStatistics& other) {
  expired_stale_percent += other.expired_stale_percent;
  expired_time_cap_reached_count += other.expired_time_cap_reached_count;
  expire_cycle_cpu_milliseconds += other.expire_cycle_cpu_milliseconds;
  total_eviction_exceeded_ms += other.total_eviction_exceeded_ms;
  current_eviction_exceeded_ms =
      std::max(current_eviction_exceeded_ms, other.current_eviction_exceeded_ms);
  defrag_hits += other.defrag_hits;
  defrag_misses += other.defrag_misses;
  defrag_key_hits += other.defrag_key_hits;
  defrag_key_misses += other.defrag_key_misses;
  defrag_ms += other.defrag_ms;
  defrag_running_percent = std::max(defrag_running_percent, other.defrag_running_percent);
}

Upkeep::Upkeep(ServerState& state, Executor& executor, UpkeepShared& shared)
    : state_(state),
      executor_(executor),
      is_first_(executor.worker().index() == 0),
      expiry_(executor.view(), executor, executor.worker().index(),
              state.executors.size()),
      evictor_(executor.view(), executor, shared.eviction_goal),
      compactor_(executor.view(), executor, shared.compaction_round,
                 executor.worker().index(), state.executors.size()) {}

// ---- the memory limit
// --------------------------------------------------------------------------

// How long one command may be held up: half a millisecond at the default tenacity of 10,
// growing by 15 % a step above, without end at 100.
Evictor::Order Upkeep::EvictionOrder() const {
  const int tenacity = state_.settings.maxmemory_eviction_tenacity;
  int64_t time_us = 50 * tenacity;
  if (tenacity >= 100) {
    time_us = int64_t{1} << 40;
  } else if (tenacity > 10) {
    time_us = static_cast<int64_t>(500.0 * std::pow(1.15, tenacity - 10));
  }
  return {.limit_bytes = static_cast<int64_t>(state_.settings.maxmemory),
          .samples = state_.settings.maxmemory_samples,
          .time_us_max = time_us};
}

bool Upkeep::KeepMemoryLimit() {
  if (state_.settings.maxmemory == 0 || state_.HasConcern(Concern::kDataLoading))
    return true;
  const Evictor::Order order = EvictionOrder();
  // No key goes for blocks that lie idle after a burst of requests.
  if (evictor_.CountedBytes() > order.limit_bytes &&
      executor_.now_us() - blocks_freed_us_ >= kFreeBlocksIntervalUs) [[unlikely]] {
    blocks_freed_us_ = executor_.now_us();
    executor_.worker().FreeIdleBlocks();
  }
  const Evictor::Outcome outcome = evictor_.Keep(order);
  is_evicting_ = outcome == Evictor::Outcome::kRunning;
  return outcome != Evictor::Outcome::kFailed;
}

// ---- expiry
// ------------------------------------------------------------------------------------

bool Upkeep::MayExpire() const {
  // A paused server changes nothing by itself either.
  return state_.is_active_expiry_on.load(std::memory_order_relaxed) &&
         !state_.HasConcern(Concern::kDataLoading) &&
         !(state_.HasConcern(Concern::kPaused) &&
           executor_.now_us() < state_.pause_until_us);
}

bool Upkeep::Expire(int64_t now_us) {
  if (!expiry_.is_round_open() || !MayExpire()) return false;
  expiry_budget_.Refill(
      now_us, expiry_.BudgetPercent(state_.settings.active_expire_effort), kSavedUsMax);
  if (!expiry_budget_.Has(kSliceUs / 4)) return false;
  const bool has_more = expiry_.Work(now_us + kSliceUs);
  expiry_budget_.Spend(MonotonicMicros() - now_us, kSavedUsMax);
  if (!has_more) return false;
  if (expiry_budget_.Has(kSliceUs / 4)) return true;
  ++expiry_.statistics().capped_count;
  return false;
}

// ---- compaction
// --------------------------------------------------------------------------------

// Of this worker's time: more the more holes there are, or when a limit is near; and
// twice as much when nobody else wants it.
double Upkeep::CompactionPercent() const {
  double percent = state_.settings.activedefrag ? 15 : 5;
  const double used = static_cast<double>(memory::UsedBytesApproximate());
  const double holes = static_cast<double>(memory::FreeSlabBytes());
  if (holes > used / 10) percent += 40 * holes / (used + holes);
  const double limit = static_cast<double>(state_.settings.maxmemory);
  if (limit != 0 && used > limit * 0.9) percent *= 2;
  if (idle_ticks_ > 0) percent *= 2;
  return std::min(percent, kCompactionPercentMax);
}

bool Upkeep::Compact(int64_t now_us) {
  if (!compactor_.IsWorking() || state_.HasConcern(Concern::kDataLoading)) return false;
  if (!compaction_budget_.Has(kSliceUs)) return false;
  const bool has_more = compactor_.Work(now_us + kSliceUs);
  compaction_budget_.Spend(MonotonicMicros() - now_us, kSavedUsMax);
  return has_more && compaction_budget_.Has(kSliceUs);
}

// ---- when
// --------------------------------------------------------------------------------------

void Upkeep::RefreshAccounts() {
  if (tick_count_ % kTicksPerSecond == 0) {
    memory::RefreshOtherBytes();
    memory::ReturnFreePages();
  }
  compactor_.MayBeginRound(MonotonicMicros());
}

void Upkeep::FlushWhenIdle() {
  const uint64_t commands = executor_.statistics().processed_commands;
  idle_ticks_ = commands == commands_seen_ ? idle_ticks_ + 1 : 0;
  commands_seen_ = commands;
  if (idle_ticks_ == kIdleTicksBeforeFlush) memory::FlushThisThread();
}

void Upkeep::OnTick(int64_t now_us) {
  if (now_us >= last_tick_us_ && now_us - last_tick_us_ < kTickUs) return;
  last_tick_us_ = now_us;
  ++tick_count_;
  FlushWhenIdle();
  if (is_first_) RefreshAccounts();
  if (idle_ticks_ == 0 && state_.settings.maxmemory != 0) {
    evictor_.RefreshAccounts(kTickUs);
  }
  if (!expiry_.is_round_open() && MayExpire()) expiry_.BeginRound();
  const int64_t monotonic_us = MonotonicMicros();
  compaction_budget_.Refill(monotonic_us, CompactionPercent(), kSavedUsMax);
  Expire(monotonic_us);
  // A limit that CONFIG SET has lowered is kept without a further command.
  if (is_first_ && state_.settings.maxmemory != limit_seen_ &&
      !state_.HasConcern(Concern::kPaused)) {
    limit_seen_ = state_.settings.maxmemory;
    KeepMemoryLimit();
  }
}

bool Upkeep::OnIdle() {
  const bool is_expiring = expiry_.is_round_open();
  const bool is_compacting = compactor_.IsWorking();
  if (!is_expiring && !is_compacting && !is_evicting_) [[likely]]
    return false;
  bool has_more = false;
  if (is_evicting_) {
    KeepMemoryLimit();
    has_more = is_evicting_;
  }
  if (is_expiring) has_more |= Expire(MonotonicMicros());
  if (is_compacting) has_more |= Compact(MonotonicMicros());
  return has_more;
}

UpkeepStatistics Upkeep::statistics() {
  const ActiveExpiryStatistics& expiry = expiry_.statistics();
  const EvictionStatistics& eviction = evictor_.statistics();
  const CompactionStatistics& compaction = compactor_.statistics();
  const int64_t since = eviction.exceeding_since_us;
  const uint64_t current_us =
      since == 0 ? 0 : static_cast<uint64_t>(MonotonicMicros() - since);
  return {.expired_stale_percent =
              expiry.stale_percent / static_cast<double>(state_.executors.size()),
          .expired_time_cap_reached_count = expiry.capped_count,
          .expire_cycle_cpu_milliseconds = expiry.busy_us / 1000,
          .total_eviction_exceeded_ms = (eviction.exceeded_us + current_us) / 1000,
          .current_eviction_exceeded_ms = current_us / 1000,
          .defrag_hits = compaction.moved_blocks,
          .defrag_misses = compaction.kept_blocks,
          .defrag_key_hits = compaction.moved_keys,
          .defrag_key_misses = compaction.kept_keys,
          .defrag_ms = compaction.busy_us / 1000,
          .defrag_running_percent =
              compactor_.is_working() ? static_cast<unsigned>(CompactionPercent()) : 0};
}

void Upkeep::ResetStatistics() {
  expiry_.statistics() = {};
  const int64_t since = evictor_.statistics().exceeding_since_us;
  evictor_.statistics() = {.exceeding_since_us = since};
  compactor_.statistics() = {};
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// How work that no client asked for (expiry, eviction, compaction) comes at shards: by
// trying, so that it never waits for a command, and between commands, holding no other
// lock.
#pragma once

#include <algorithm>
#include <cstdint>

#include "keyspace/events.h"
#include "keyspace/keyspace.h"

namespace skarn {

// Runs `action` under the shard's exclusive lock. False when the shard is busy.
template <class Action>
bool TryWithShard(const Keyspace& keyspace, Shard& shard, KeyEventListener& listener,
                  Action&& action) {
  const bool locks = keyspace.is_concurrent();
  if (locks && !shard.lock.TryLock()) return false;
  action();
  if (locks && shard.lock.Unlock()) listener.OnShardFree(shard);
  return true;
}

// A share of a thread's time, saved up while it is not used.
class TimeBudget {
 public:
  // Adds `percent` of the time since the last call, up to `saved_us_max`.
  void Refill(int64_t now_us, double percent, int64_t saved_us_max) {
    if (last_us_ != 0 && now_us > last_us_) {
      saved_us_ += static_cast<double>(now_us - last_us_) * percent / 100;
    }
    last_us_ = now_us;
    if (saved_us_ > static_cast<double>(saved_us_max)) {
      saved_us_ = static_cast<double>(saved_us_max);
    }
  }
  bool Has(int64_t us) const { return saved_us_ >= static_cast<double>(us); }
  // A thread that was kept from running owes at most `debt_us_max`.
  void Spend(int64_t us, int64_t debt_us_max) {
    saved_us_ =
        std::max(saved_us_ - static_cast<double>(us), -static_cast<double>(debt_us_max));
  }

 private:
  double saved_us_ = 0;
  int64_t last_us_ = 0;
};

}  // namespace skarn

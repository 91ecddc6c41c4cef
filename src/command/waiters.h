// SPDX-License-Identifier: BSD-3-Clause
//
// Commands that found a shard locked wait here, not their workers. Whoever unlocks a
// shard with the parked bit set takes all that wait for it and sends each back to its
// worker, which runs the request again from its bytes.
//
// Threads: any. Owner: ServerState.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/mutex.h"
#include "keyspace/shard.h"

namespace skarn {

class ShardWaiters {
 public:
  struct Waiter {
    const Shard* shard = nullptr;
    size_t worker = 0;
    uint64_t client_id = 0;
  };

  // False when the shard has become free: try the locks again.
  bool Park(Shard& shard, size_t worker, uint64_t client_id) {
    Stripe& stripe = StripeOf(shard);
    MutexLock lock(stripe.mutex);
    // The bit is set and cleared under the stripe's mutex, so no unlocker can miss the
    // waiter.
    if (!shard.lock.SetParked()) return false;
    stripe.waiters.push_back({&shard, worker, client_id});
    return true;
  }

  // Those who wait for `shard`; they are waiting no more.
  std::vector<Waiter> Take(Shard& shard) {
    Stripe& stripe = StripeOf(shard);
    MutexLock lock(stripe.mutex);
    shard.lock.ClearParked();
    std::vector<Waiter> taken;
    std::erase_if(stripe.waiters, [&](const Waiter& waiter) {
      if (waiter.shard != &shard) return false;
      taken.push_back(waiter);
      return true;
    });
    return taken;
  }

 private:
  static constexpr size_t kStripeCount = 64;
  struct alignas(128) Stripe {
    Mutex mutex{LockRank::kWaiters};
    std::vector<Waiter> waiters SKARN_GUARDED_BY(mutex);
  };
  Stripe& StripeOf(const Shard& shard) {
    return stripes_[reinterpret_cast<uintptr_t>(&shard) / sizeof(Shard) % kStripeCount];
  }
  std::array<Stripe, kStripeCount> stripes_;
};

}  // namespace skarn

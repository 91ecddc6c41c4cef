// SPDX-License-Identifier: BSD-3-Clause
#include "server/hooks.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "command/executor.h"
#include "pubsub/pubsub.h"
#include "server/server.h"

namespace skarn {

void Hooks::PublishKeyEvent(Executor& executor, EventKind, Bytes event, unsigned db,
                            Bytes key) {
  PubSub& pubsub = *state_.pubsub;
  if (pubsub.is_idle()) return;
  const uint32_t mask = state_.settings.notify_mask;
  if ((mask & Bit(EventKind::kKeyspace)) != 0) {
    pubsub.Publish(executor, fmt::format("__keyspace@{}__:{}", db, key), event);
  }
  if ((mask & Bit(EventKind::kKeyevent)) != 0) {
    pubsub.Publish(executor, fmt::format("__keyevent@{}__:{}", db, event), key);
  }
}

void Hooks::DropSubscriptions(Executor& executor, Client& client) {
  state_.pubsub->Drop(executor, client);
}

void Hooks::DropMonitor(Executor& executor, Client& client) {
  monitors_.Drop(executor, client);
}

void Hooks::FeedMonitors(Executor& executor, const Client& client, const Command& command,
                         const Args& args) {
  monitors_.Feed(executor, client, command, args);
}

bool Hooks::KeepMemoryLimit(Executor& executor) {
  return UpkeepOf(executor).KeepMemoryLimit();
}
bool Hooks::OnIdle(Executor& executor) {
  return UpkeepOf(executor).OnIdle();
}

Upkeep& Hooks::UpkeepOf(Executor& executor) {
  std::unique_ptr<Upkeep>& upkeep = upkeeps_[executor.worker().index()];
  if (upkeep == nullptr) [[unlikely]] {
    upkeep = std::make_unique<Upkeep>(state_, executor, upkeep_shared_);
  }
  return *upkeep;
}

UpkeepStatistics Hooks::upkeep_statistics() const {
  UpkeepStatistics sum;
  for (const auto& upkeep : upkeeps_) {
    if (upkeep != nullptr) sum.Add(upkeep->statistics());
  }
  return sum;
}

void Hooks::ResetUpkeepStatistics() {
  for (const auto& upkeep : upkeeps_) {
    if (upkeep != nullptr) upkeep->ResetStatistics();
  }
}

void Hooks::CountClientMemory(Executor& executor, Client& client) {
  client_limit_.Count(executor, client);
}

void Hooks::KeepClientLimit(Executor& executor) {
  client_limit_.Keep(executor);
}

void Hooks::OnTick(Executor& executor, int64_t now_us) {
  CheckIdleClients(executor, now_us);
  client_limit_.Recount(executor);
  server_->meter().Publish(executor);
  UpkeepOf(executor).OnTick(now_us);
  if (executor.worker().index() != 0) return;
  server_->meter().Sample(MonotonicMicros());
  server_->saves().OnTick(now_us);
}

}  // namespace skarn

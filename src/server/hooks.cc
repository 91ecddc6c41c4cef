// SPDX-License-Identifier: BSD-3-Clause
#include "server/hooks.h"

#include "command/executor.h"
#include "server/server.h"

namespace skarn {

void Hooks::PublishKeyEvent(Executor&, EventKind, Bytes, unsigned, Bytes) {}
void Hooks::DropSubscriptions(Executor&, Client&) {}
void Hooks::DropMonitor(Executor&, Client&) {}
void Hooks::FeedMonitors(Executor&, const Client&, const Args&) {}
bool Hooks::KeepMemoryLimit(Executor&) {
  return true;
}
void Hooks::OnTick(Executor& executor, int64_t now_us) {
  server_->meter().Publish(executor);
  if (executor.worker().index() != 0) return;
  server_->meter().Sample(now_us);
  server_->saves().OnTick(now_us);
}
bool Hooks::OnIdle(Executor&) {
  return false;
}

}  // namespace skarn

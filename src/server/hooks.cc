// SPDX-License-Identifier: BSD-3-Clause
#include "server/hooks.h"

#include "command/executor.h"
#include "server/server.h"

namespace skarn {

void Hooks::PublishKeyEvent(Executor&, EventKind, Bytes, unsigned, Bytes) {}
void Hooks::DropSubscriptions(Executor&, Client&) {}
void Hooks::DropMonitor(Executor&, Client&) {}
void Hooks::FeedMonitors(Executor&, const Client&, const Args&) {}
void Hooks::OnNoteworthyCommand(Executor&, Client&, const Command&, const Args&, uint64_t,
                                size_t) {}
bool Hooks::KeepMemoryLimit(Executor&) { return true; }
void Hooks::OnTick(Executor& executor, int64_t now_us) {
  if (executor.worker().index() == 0) server_->saves().OnTick(now_us);
}
bool Hooks::OnIdle(Executor&) { return false; }

}  // namespace skarn

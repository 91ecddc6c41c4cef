// SPDX-License-Identifier: BSD-3-Clause
#include "server/hooks.h"

#include "command/executor.h"

namespace skarn {

void Hooks::PublishKeyEvent(Executor&, EventKind, Bytes, unsigned, Bytes) {}
void Hooks::DropSubscriptions(Executor&, Client&) {}
void Hooks::DropMonitor(Executor&, Client&) {}
void Hooks::FeedMonitors(Executor&, const Client&, const Args&) {}
void Hooks::OnNoteworthyCommand(Executor&, Client&, const Command&, const Args&, uint64_t,
                                size_t) {}
bool Hooks::KeepMemoryLimit(Executor&) { return true; }
void Hooks::OnTick(Executor&, int64_t) {}
bool Hooks::OnIdle(Executor&) { return false; }

}  // namespace skarn

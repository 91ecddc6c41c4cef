// SPDX-License-Identifier: BSD-3-Clause
#include "command/executor.h"
#include "keyspace/background_free.h"
#include "server/access.h"
#include "server/server.h"

namespace skarn {

void ResetStatistics(Server& server) {
  ServerState& state = server.state();
  for (Executor* executor : state.executors) {
    WorkerStatistics fresh;
    fresh.commands.resize(state.command_table.size());
    fresh.acl_denied_auth = executor->statistics().acl_denied_auth;  // As elsewhere.
    executor->statistics() = std::move(fresh);
    KeyspaceStats& keys = executor->view().stats();
    keys = {.changes = keys.changes};  // What is unsaved stays so.
    executor->worker().ResetStatistics();
  }
  state.connections_received.store(0, std::memory_order_relaxed);
  server.meter().Reset();
  server.hooks().ResetUpkeepStatistics();
  BackgroundFree::ResetDoneCount();
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// What the features do for the executors: the upper side of ServerHooks.
// Threads: each call on the worker it names.
#pragma once

#include <memory>
#include <vector>

#include "command/server_state.h"
#include "server/client_limits.h"
#include "server/monitor.h"
#include "server/upkeep.h"

namespace skarn {

class Server;

class Hooks : public ServerHooks {
 public:
  Hooks(ServerState& state, size_t worker_count)
      : state_(state), monitors_(worker_count), upkeeps_(worker_count) {}

  void PublishKeyEvent(Executor& executor, EventKind kind, Bytes event, unsigned db,
                       Bytes key) override;
  void DropSubscriptions(Executor& executor, Client& client) override;
  void DropMonitor(Executor& executor, Client& client) override;
  void FeedMonitors(Executor& executor, const Client& client, const Command& command,
                    const Args& args) override;
  void OnNoteworthyCommand(Executor& executor, Client& client, const Command& command,
                           const Args& args, uint64_t cycles,
                           size_t reply_bytes) override;
  bool KeepMemoryLimit(Executor& executor) override;
  void CountClientMemory(Executor& executor, Client& client) override;
  void KeepClientLimit(Executor& executor) override;
  void OnTick(Executor& executor, int64_t now_us) override;
  bool OnIdle(Executor& executor) override;

 public:
  void set_server(Server& server) { server_ = &server; }
  // For INFO and CONFIG RESETSTAT, with the gate closed.
  UpkeepStatistics upkeep_statistics() const;
  void ResetUpkeepStatistics();
  Server& server() { return *server_; }
  Monitors& monitors() { return monitors_; }

 private:
  Upkeep& UpkeepOf(Executor& executor);

  ServerState& state_;
  Monitors monitors_;
  ClientLimit client_limit_;
  Server* server_ = nullptr;  // Set before workers start.
  UpkeepShared upkeep_shared_;
  // By worker index; each worker makes its own in its first turn.
  std::vector<std::unique_ptr<Upkeep>> upkeeps_;
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// What the features do for the executors: the upper side of ServerHooks.
// Threads: each call on the worker it names.
#pragma once

#include "command/server_state.h"

namespace skarn {

class Server;

class Hooks : public ServerHooks {
 public:
  explicit Hooks(ServerState& state) : state_(state) {}

  void PublishKeyEvent(Executor& executor, EventKind kind, Bytes event, unsigned db,
                       Bytes key) override;
  void DropSubscriptions(Executor& executor, Client& client) override;
  void DropMonitor(Executor& executor, Client& client) override;
  void FeedMonitors(Executor& executor, const Client& client, const Args& args) override;
  void OnNoteworthyCommand(Executor& executor, Client& client, const Command& command,
                           const Args& args, uint64_t cycles, size_t reply_bytes) override;
  bool KeepMemoryLimit(Executor& executor) override;
  void OnTick(Executor& executor, int64_t now_us) override;
  bool OnIdle(Executor& executor) override;

 public:
  void set_server(Server& server) { server_ = &server; }
  Server& server() { return *server_; }

 private:
  ServerState& state_;
  Server* server_ = nullptr;  // Set before workers start.
};

}  // namespace skarn

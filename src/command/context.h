// SPDX-License-Identifier: BSD-3-Clause
//
// CommandContext: what a handler gets besides its arguments and its reply.
// Threads: the worker that runs the command, for the time of one call.
#pragma once

#include <span>

#include "command/client.h"
#include "command/settings.h"
#include "command/spec.h"
#include "keyspace/view.h"
#include "resp/reply_errors.h"
#include "resp/reply_writer.h"

namespace skarn {

class Executor;
class ServerState;
struct Command;

struct CommandContext {
  Client& client;
  const Command& command;
  // The keys of the command's key specs in argument order; their shards are locked:
  // shared for a command flagged readonly, else exclusive. `keyspace` has the client's
  // database selected.
  std::span<const Key> keys;
  KeyspaceView& keyspace;
  const Settings& settings;
  Executor& executor;   // This worker's; for transactions, subscriptions and the like.
  ServerState& server;  // What all workers share.

  ExpiryMillis now() const { return keyspace.now(); }  // One clock reading per command.
  const Key& key(size_t index = 0) const { return keys[index]; }
};

}  // namespace skarn

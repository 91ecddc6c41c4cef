// SPDX-License-Identifier: BSD-3-Clause
//
// How the handlers of this folder reach the server, and what both they and INFO ask of
// it. Threads: the worker that runs a command, with the gate closed where it is said.
#pragma once

#include "command/context.h"
#include "server/config.h"
#include "server/hooks.h"

namespace skarn {

class Server;

inline Server& ServerOf(CommandContext& context) {
  return static_cast<Hooks*>(context.server.hooks)->server();
}

// Whether an enable-...-command directive lets this client.
inline bool Allows(const Config& config, ConfigKey key, const Client& client) {
  switch (config.Enum<ConfigAllow>(key)) {
    case ConfigAllow::kEverybody:
      return true;
    case ConfigAllow::kLocal:
      return client.is_loopback || client.transport == Transport::kUnix;
    default:
      return false;
  }
}

// CONFIG RESETSTAT. With the gate closed.
void ResetStatistics(Server& server);

}  // namespace skarn

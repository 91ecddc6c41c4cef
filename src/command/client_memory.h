// SPDX-License-Identifier: BSD-3-Clause
//
// What a client costs in memory: buffers, queued commands, watches, subscriptions. CLIENT
// LIST, INFO, the limit of maxmemory-clients and the memory limit of the server read it.
// Threads: the worker that owns the client; others only while the gate is closed.
#pragma once

#include <cstddef>

#include "command/client.h"
#include "command/settings.h"

namespace skarn {

struct ClientMemory {
  size_t query_bytes = 0;       // Received, not yet executed.
  size_t query_free_bytes = 0;  // Room behind them in the buffer.
  size_t queued_bytes = 0;      // Commands inside MULTI.
  size_t watch_bytes = 0;
  size_t subscription_bytes = 0;
  // What a buffer of its own would have: replies are written into blocks that all clients
  // share.
  size_t reply_buffer_bytes = 0;
  size_t reply_peak_bytes = 0;
  size_t output_bytes = 0;  // Replies that wait to be sent.
  size_t total_bytes = 0;
};

ClientMemory MemoryOf(const Client& client);

// Those of a class: what MEMORY STATS and INFO show.
inline size_t TotalMemoryOf(const Client& client) {
  return MemoryOf(client).total_bytes;
}

// Replies up to this fit the buffer that a client has in the stock servers, and count
// against no limit of its output.
inline constexpr size_t kReplyBufferBytesMax = 16384;

// The client is going to be closed for its output.
inline bool IsOverOutputLimit(const Settings& settings, const Client& client) {
  if (client.output.position() > settings.output_bytes_max) return true;
  const OutputLimit& limit =
      settings.output_limits[static_cast<size_t>(client.client_class())];
  const size_t unsent = client.UnsentBytes();
  return limit.hard_bytes != 0 && unsent > kReplyBufferBytesMax &&
         unsent >= limit.hard_bytes;
}

// A command that writes a lot asks once for this many items whether it should stop. What
// it leaves unsaid ends the connection, also when the limit is lifted meanwhile.
inline constexpr size_t kItemsPerLimitCheck = 64;
inline bool CutsReply(const Settings& settings, Client& client) {
  if (!IsOverOutputLimit(settings, client)) [[likely]]
    return false;
  client.CloseAfterReply();
  return true;
}

}  // namespace skarn

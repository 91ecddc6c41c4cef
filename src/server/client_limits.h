// SPDX-License-Identifier: BSD-3-Clause
//
// Limits on clients that time alone can exceed, or all of them together: idle clients
// (timeout), readers over the soft output limit, and the memory of all
// (maxmemory-clients). Threads: CheckClients on the worker of the executor; TotalsOf with
// the gate closed.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "command/executor.h"

namespace skarn {

// What INFO and MEMORY STATS tell about all clients together.
struct ClientTotals {
  size_t count = 0;  // Of all that are connected.
  size_t paused_count = 0;
  size_t monitor_count = 0;
  size_t pubsub_count = 0;  // With subscriptions.
  size_t watching_count = 0;
  size_t watched_key_count = 0;
  std::array<size_t, 3> memory_bytes{};  // By ClientClass.
  size_t input_buffer_max = 0, output_buffer_max = 0;

  size_t memory_sum() const {
    return memory_bytes[0] + memory_bytes[1] + memory_bytes[2];
  }
};

ClientTotals TotalsOf(const ServerState& server);

// The limit of maxmemory-clients in bytes, at least 128 KB; 0: none.
uint64_t ClientMemoryLimit(const Settings& settings);

// Each tick of a worker; looks once a second at who is idle or reads too slowly.
void CheckIdleClients(Executor& executor, int64_t now_us);

// maxmemory-clients. Each worker counts what its clients cost, after each of their
// commands; clients with NO-EVICT count too, but are not closed.
class ClientLimit {
 public:
  // Brings the count of one client of this worker up to date.
  void Count(Executor& executor, Client& client);
  // Closes the largest clients of all workers until the limit is kept; takes the gate for
  // it.
  void Keep(Executor& executor);
  // Counts all of this worker's clients again and keeps the limit.
  void Recount(Executor& executor);

 private:
  // Of the last Keep: another limit asks for a new count. Relaxed: settings change at the
  // gate.
  std::atomic<uint64_t> last_limit_{0};
  // Only clients that must stay are left, and they are over the limit: the gate is not
  // taken again before there is another. Relaxed: it is set at the gate.
  std::atomic<bool> is_in_vain_{false};
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "server/client_limits.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "command/client_memory.h"

namespace skarn {
namespace {

constexpr int64_t kIdleCheckUs = 1000000;
constexpr int64_t kShrinkAfterUs = 2000000;
// Of maxmemory-clients: below, every client would have to go, the caller's as well.
constexpr uint64_t kClientLimitMin = 128 << 10;

bool IsEvictable(const Client& client) {
  return !client.no_evict && !client.closes_now &&
         client.client_class() != ClientClass::kReplica;
}

void CloseIdle(Executor& executor, int64_t now_us) {
  const int64_t timeout_us = executor.server().settings.timeout_seconds * 1000000;
  executor.ForEachClient([&](Client& client) {
    executor.CheckOutputLimit(client);
    if (now_us - client.last_interaction_us > kShrinkAfterUs) {
      executor.ShrinkInput(client);
    }
    if (timeout_us == 0 || client.is_monitor || client.is_paused) return;
    if (client.client_class() != ClientClass::kNormal) return;
    if (now_us - client.last_interaction_us <= timeout_us) return;
    Log(LogLevel::kVerbose, "Closing idle client");
    executor.Close(client);
  });
}

// All count but replicas, whom another limit is for; those with NO-EVICT too.
size_t CountedMemory(const Client& client) {
  const bool counts =
      !client.closes_now && client.client_class() != ClientClass::kReplica;
  return counts ? TotalMemoryOf(client) : 0;
}

// With the gate closed. False when those that must stay are over the limit.
bool CloseLargest(Executor& executor, uint64_t limit) {
  std::vector<Client*> clients;
  size_t sum = 0;
  for (Executor* each : executor.server().executors) {
    size_t part = 0;
    each->ForEachClient([&](Client& client) {
      client.counted_memory_bytes = CountedMemory(client);
      part += client.counted_memory_bytes;
      if (IsEvictable(client)) clients.push_back(&client);
    });
    each->client_memory_bytes.store(part, std::memory_order_relaxed);
    sum += part;
  }
  if (sum <= limit) return true;
  std::sort(clients.begin(), clients.end(), [](const Client* a, const Client* b) {
    return a->counted_memory_bytes > b->counted_memory_bytes;
  });
  for (Client* client : clients) {
    if (sum <= limit) return true;
    sum -= client->counted_memory_bytes;
    Log(LogLevel::kNotice, "Evicting client: id={} addr={} tot-mem={}", client->id(),
        client->peer_address, client->counted_memory_bytes);
    ++executor.statistics().evicted_clients;
    Executor& owner = *executor.server().executors[client->worker().index()];
    owner.client_memory_bytes.fetch_sub(client->counted_memory_bytes,
                                        std::memory_order_relaxed);
    client->counted_memory_bytes = 0;
    executor.Close(*client);
  }
  return sum <= limit;
}

}  // namespace

ClientTotals TotalsOf(const ServerState& server) {
  ClientTotals totals;
  for (Executor* executor : server.executors) {
    executor->ForEachClient([&](const Client& client) {
      const ClientMemory memory = MemoryOf(client);
      ++totals.count;
      totals.paused_count += client.is_paused;
      totals.monitor_count += client.is_monitor;
      totals.pubsub_count += client.SubscriptionCount() > 0;
      totals.watching_count += !client.transaction.watched.empty();
      totals.watched_key_count += client.transaction.watched.size();
      totals.memory_bytes[static_cast<size_t>(client.client_class())] +=
          memory.total_bytes;
      totals.input_buffer_max =
          std::max(totals.input_buffer_max, memory.query_bytes + memory.query_free_bytes);
      totals.output_buffer_max = std::max(totals.output_buffer_max, memory.output_bytes);
    });
  }
  return totals;
}

uint64_t ClientMemoryLimit(const Settings& settings) {
  const int64_t set = settings.maxmemory_clients;
  // Negative: percent of maxmemory.
  const uint64_t limit = set >= 0
                             ? static_cast<uint64_t>(set)
                             : settings.maxmemory * static_cast<uint64_t>(-set) / 100;
  return limit == 0 ? 0 : std::max(limit, kClientLimitMin);
}

void CheckIdleClients(Executor& executor, int64_t now_us) {
  if (now_us < executor.next_idle_check_us) return;
  executor.next_idle_check_us = now_us + kIdleCheckUs;
  CloseIdle(executor, now_us);
}

void ClientLimit::Count(Executor& executor, Client& client) {
  const size_t bytes = CountedMemory(client);
  executor.client_memory_bytes.fetch_add(bytes - client.counted_memory_bytes,
                                         std::memory_order_relaxed);
  client.counted_memory_bytes = bytes;
  if (is_in_vain_.load(std::memory_order_relaxed) && IsEvictable(client)) {
    is_in_vain_.store(false, std::memory_order_relaxed);
  }
}

void ClientLimit::Keep(Executor& executor) {
  const uint64_t limit = ClientMemoryLimit(executor.server().settings);
  const bool is_new = last_limit_.load(std::memory_order_relaxed) != limit;
  if (!is_new) {
    if (is_in_vain_.load(std::memory_order_relaxed)) return;
    size_t sum = 0;
    for (const Executor* each : executor.server().executors) {
      sum += each->client_memory_bytes.load(std::memory_order_relaxed);
    }
    if (sum <= limit) return;
  }
  last_limit_.store(limit, std::memory_order_relaxed);
  if (limit == 0) return;
  executor.RunAlone([&] {
    // While this worker waited, another may have closed them (who came since has not even
    // been heard), or the setting may have changed.
    if (ClientMemoryLimit(executor.server().settings) != limit) return;
    if (!is_new && is_in_vain_.load(std::memory_order_relaxed)) return;
    is_in_vain_.store(!CloseLargest(executor, limit), std::memory_order_relaxed);
  });
}

void ClientLimit::Recount(Executor& executor) {
  if (executor.server().settings.maxmemory_clients == 0) {
    last_limit_.store(0, std::memory_order_relaxed);
    return;
  }
  executor.ForEachClient([&](Client& client) { Count(executor, client); });
  Keep(executor);
}

}  // namespace skarn

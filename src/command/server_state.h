// SPDX-License-Identifier: BSD-3-Clause
//
// ServerState: what all workers share besides the keyspace. Everything here is constant
// after the start, atomic, or written only while the gate is closed. Owner: the server.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/worker_gate.h"
#include "command/settings.h"
#include "command/table.h"
#include "command/waiters.h"
#include "keyspace/events.h"
#include "keyspace/keyspace.h"

namespace skarn {

class Client;
class Executor;
class PubSub;

// Reasons why a command cannot just run: one bit each, so that the common case is one
// test.
enum class Concern : uint32_t {
  kDataLoading = 1u << 0,
  kPaused = 1u << 1,
  kSaveFailed = 1u << 2,  // MISCONF for writes.
  kMonitored = 1u << 3,
  kMaxMemory = 1u << 4,     // A limit is set.
  kSaving = 1u << 9,        // Writers wait when the snapshot holds too much.
  kMemoryShort = 1u << 11,  // The machine has none left: memory::IsShort.
  kEnding = 1u << 10,       // The last save is taken: no command runs any more.
  kNotAuthenticated = 1u << 5,
  kInTransaction = 1u << 6,
  kSubscribed = 1u << 7,  // RESP2 with subscriptions.
  kIsMonitor = 1u << 8,   // The client: it is only shown things.
};

inline constexpr int64_t kReplyPeakResetMs = 5000;

// What the layers above the executor do for it.
class ServerHooks {
 public:
  virtual ~ServerHooks() = default;
  // Publishes a keyspace event to __keyspace@db__ and __keyevent@db__ channels.
  virtual void PublishKeyEvent(Executor& executor, EventKind kind, Bytes event,
                               unsigned db, Bytes key) = 0;
  // The client's subscriptions end.
  virtual void DropSubscriptions(Executor& executor, Client& client) = 0;
  // The client leaves MONITOR; a command is shown to those who are in it.
  virtual void DropMonitor(Executor& executor, Client& client) = 0;
  virtual void FeedMonitors(Executor& executor, const Client& client,
                            const Command& command, const Args& args) = 0;
  // A command was slow or large: for the command log and latency events.
  virtual void OnNoteworthyCommand(Executor& executor, Client& client,
                                   const Command& command, const Args& args,
                                   uint64_t cycles, size_t reply_bytes) = 0;
  // Frees memory until the limit is kept. False when it could not.
  virtual bool KeepMemoryLimit(Executor& executor) = 0;
  // maxmemory-clients: counts what the client costs now; closes the largest ones when all
  // together are above the limit (no lock may be held).
  virtual void CountClientMemory(Executor& executor, Client& client) = 0;
  virtual void KeepClientLimit(Executor& executor) = 0;
  // Each worker's tick: expiry, compaction, save points (on worker 0).
  virtual void OnTick(Executor& executor, int64_t now_us) = 0;
  // Between two turns a worker may do a bounded piece of background work. True: more to
  // do now.
  virtual bool OnIdle(Executor& executor) = 0;
};

class ServerState {
 public:
  ServerState(unsigned database_count, size_t gate_participants)
      : keyspace(database_count), gate(gate_participants) {}

  const CommandTable& commands() const { return command_table; }

  Settings settings;  // Changed with the gate closed.
  CommandTable command_table;
  Keyspace keyspace;
  WorkerGate gate;
  ShardWaiters waiters;
  std::vector<Executor*> executors;  // Constant after the start; by worker index.
  ServerHooks* hooks = nullptr;
  PubSub* pubsub = nullptr;  // Channels and subscriptions: pubsub/pubsub.h.

  std::atomic<uint32_t> concerns{0};
  void SetConcern(Concern concern, bool is_on) {
    if (is_on) {
      concerns.fetch_or(static_cast<uint32_t>(concern), std::memory_order_relaxed);
    } else {
      concerns.fetch_and(~static_cast<uint32_t>(concern), std::memory_order_relaxed);
    }
  }
  bool HasConcern(Concern concern) const {
    return (concerns.load(std::memory_order_relaxed) & static_cast<uint32_t>(concern)) !=
           0;
  }

  // CLIENT PAUSE, with the gate closed. Workers resume their clients when it is over.
  int64_t pause_until_us = 0;
  bool pause_is_for_all = false;

  // Switched by DEBUG: expiry of keys that nobody touches, and how reply buffers shrink
  // after a peak (gate; negative: never).
  std::atomic<bool> is_active_expiry_on{true};
  bool is_cron_paused = false;  // A signal to end waits. (gate)
  int64_t reply_peak_reset_ms = kReplyPeakResetMs;
  bool is_reply_resizing_on = true;

  std::atomic<uint64_t> next_client_id{1};
  std::atomic<uint64_t> client_count{0};
  std::atomic<uint64_t> connections_received{0};

  std::string run_id;  // 40 hex digits, new at every start.
  int64_t start_us = 0;
  std::string executable, config_file;
  double cycles_per_us = 1000;
  uint64_t nanoseconds_per_cycle_q20 = 1 << 20;  // Times 2^20.
  // How long, in cycles, a worker's reading of the wall clock serves those of a batch.
  uint64_t clock_cycles_max = 100'000;
  // Thresholds of the command log in the units the executor has at hand; ~0: off.
  uint64_t slow_cycles = ~uint64_t{0};
  uint64_t large_reply_bytes = ~uint64_t{0}, large_request_bytes = ~uint64_t{0};
};

}  // namespace skarn

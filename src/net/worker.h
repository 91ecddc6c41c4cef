// SPDX-License-Identifier: BSD-3-Clause
//
// Worker: one thread with an event loop and the connections that were given to it. It
// moves bytes and knows no commands; what the bytes mean is the ConnectionHandler's.
//
//   turn: wait | messages | for each ready connection: receive, hand to the handler |
//         handler ends the turn | send | close | timer
//
// Threads: its own; Post and Wake from any. Owner: the server.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <latch>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/worker_gate.h"
#include "net/connection.h"
#include "net/event_loop.h"
#include "net/message.h"

namespace skarn {

// What a listener knows of a socket it accepted.
struct Accepted {
  int fd = -1;
  uint64_t id = 0;
  Transport transport = Transport::kTcp;
  std::string peer_address, local_address;
  bool is_loopback = false;
};

class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  // A turn begins, the gate is passed. `now_us` is the wall clock of the turn.
  virtual void OnTurnStart(int64_t now_us) = 0;
  // The connection object for an accepted socket; null refuses it (the handler has
  // answered).
  virtual std::unique_ptr<Connection> OnAccept(Worker& worker,
                                               const Accepted& accepted) = 0;
  // Input arrived, or waits since before. The handler may leave its execution to
  // OnTurnEnd; until then connection.input stays where it is.
  virtual void OnInput(Connection& connection) = 0;
  // Executes what is left. Returns true when the next turn should not sleep.
  virtual bool OnTurnEnd() = 0;
  // The connection goes; its object dies after this.
  virtual void OnClose(Connection& connection) = 0;
  // The connection's output was sent in part or whole (limits, statistics).
  virtual void OnSent(Connection& connection, size_t size_bytes) = 0;
  // Every timer tick (100 ms or less), between two turns.
  virtual void OnTick(int64_t now_us) = 0;
  // The room that the next bytes of this connection need (a big bulk announces itself).
  // May give connection.input a sink for them instead.
  virtual size_t InputWanted(Connection& connection) = 0;
};

struct NetStatistics {
  uint64_t input_bytes = 0, output_bytes = 0;
  uint64_t read_events = 0, write_events = 0;
  uint64_t turns = 0;
  uint64_t busy_cycles = 0;      // Of turns, waiting left out (arch/cycles.h).
  uint64_t busy_cycles_max = 0;  // Of the longest one.
  uint64_t tick_cycles = 0;
};

class Worker {
 public:
  struct Options {
    size_t index = 0;
    LoopKind loop = LoopKind::kAuto;
    int tick_ms = 100;
    // Set when there are more workers than processors: before it sleeps after a busy
    // turn, a worker lets the others have the processor once and looks again. Its
    // connections then gather requests, and one turn serves many instead of few.
    bool yields_first = false;
  };

  static Result<std::unique_ptr<Worker>> Create(const Options& options, WorkerGate& gate);
  ~Worker();

  // The handler outlives the worker's thread.
  void SetHandler(ConnectionHandler& handler) { handler_ = &handler; }

  // The thread's main; returns after Stop. Begins when all workers have come to `start`:
  // what a thread costs is there before the first client looks.
  void Run(std::latch& start);
  void Stop();  // From any thread.
  void Post(std::unique_ptr<Message> message);

  // ---- on the worker's own thread (or with the gate closed)
  // ---------------------------------- Takes an accepted socket. False when the handler
  // refused.
  bool Adopt(const Accepted& accepted);
  // Has output: send it at the end of the turn. From another thread with the gate closed,
  // also wake the worker.
  void MarkDirty(Connection& connection);
  // Sends what there is at once; the input block goes back when it is empty.
  void SendNow(Connection& connection) {
    if (!connection.closes_now && !connection.wants_write) SendTo(connection);
    if (!connection.is_ready) ReturnInput(connection);
  }
  // Gives back what the input buffer of an idle connection has in vain, as when a big
  // bulk was announced and does not come. Between two turns.
  void ShrinkInput(Connection& connection);
  // Close at the end of the turn.
  void Close(Connection& connection);
  // Has unread input to be handled again next turn (after a pause or a busy shard).
  void MarkReady(Connection& connection);
  void SetReading(Connection& connection, bool is_on);
  Connection* FindConnection(uint64_t id) const;
  const std::unordered_map<uint64_t, std::unique_ptr<Connection>>& connections() const {
    return connections_;
  }
  // Makes sure that `output` has a block; called before replies are written.
  void LendOutput(Connection& connection) {
    if (connection.output_block == nullptr) LendOutputBlock(connection);
  }

  size_t index() const { return index_; }
  WorkerGate& gate() { return gate_; }
  EventLoop& loop() { return *loop_; }
  const NetStatistics& statistics() const { return statistics_; }
  void ResetStatistics() { statistics_ = {}; }
  int64_t now_us() const { return now_us_; }
  // Of the connections in all workers; used to place new ones.
  size_t connection_count() const {
    return connection_count_.load(std::memory_order_relaxed);
  }
  void CountPlaced(int by) {
    connection_count_.fetch_add(static_cast<size_t>(by), std::memory_order_relaxed);
  }
  // Asks for a tick at this time, if none is due before.
  void TickAt(int64_t time_us) { next_tick_us_ = std::min(next_tick_us_, time_us); }
  void set_tick_ms(int tick_ms) { tick_ms_ = tick_ms; }
  void FreeIdleBlocks() { blocks_.FreeIdle(); }
  // Of the idle blocks kept for lending.
  size_t PooledBytes() const { return blocks_.SizeBytes(); }

  // Listening sockets of this worker; on_accept(tag) is called when connections wait.
  void set_on_accept(void (*on_accept)(void* owner, uint32_t tag), void* owner) {
    on_accept_ = on_accept;
    accept_owner_ = owner;
  }

 private:
  Worker(const Options& options, WorkerGate& gate);

  void Turn();
  int WaitMillis() const;
  bool HasNothingToDo() const;
  // No tick is further away than one interval, unless the clock was set back.
  bool IsTickDue(int64_t now_us) const {
    return now_us >= next_tick_us_ || next_tick_us_ - now_us > int64_t{tick_ms_} * 1000;
  }
  void WaitForReady(int timeout_ms);
  void ReceiveFrom(Connection& connection);
  bool PrepareInput(Connection& connection);
  void ReturnInput(Connection& connection);
  void LendOutputBlock(Connection& connection);
  void ReturnOutput(Connection& connection);
  void SendTo(Connection& connection);
  void SendDirty();
  void CloseListed();

  const size_t index_;
  WorkerGate& gate_;
  const bool yields_first_;
  BlockPool blocks_;
  std::unique_ptr<EventLoop> loop_;
  ConnectionHandler* handler_ = nullptr;
  Mailbox mailbox_;
  std::atomic<bool> is_sleeping_{false};
  std::atomic<bool> is_stopping_{false};
  std::atomic<size_t> connection_count_{0};
  int tick_ms_;
  int64_t now_us_ = 0;
  int64_t next_tick_us_ = 0;
  NetStatistics statistics_;
  std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> dirty_, closing_, ready_again_;
  EventLoop::Ready ready_;
  void (*on_accept_)(void*, uint32_t) = nullptr;
  void* accept_owner_ = nullptr;
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "net/worker.h"

#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "arch/cycles.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"

namespace skarn {
namespace {

// Received from one connection in one turn, so that a fat pipeline does not starve the
// rest.
constexpr int kReceivesPerTurnMax = 4;

}  // namespace

Result<std::unique_ptr<Worker>> Worker::Create(const Options& options, WorkerGate& gate) {
  std::unique_ptr<Worker> worker(new Worker(options, gate));
  auto loop = EventLoop::Create(options.loop, worker->blocks_);
  if (!loop) return std::unexpected(std::move(loop.error()).In("event loop"));
  worker->loop_ = std::move(*loop);
  return worker;
}

Worker::Worker(const Options& options, WorkerGate& gate)
    : index_(options.index),
      gate_(gate),
      yields_first_(options.yields_first),
      tick_ms_(options.tick_ms) {}

Worker::~Worker() {
  for (auto& [id, connection] : connections_) {
    ReturnOutput(*connection);
    close(connection->fd());
  }
}

void Worker::Run(std::latch& start) {
  memory::ThreadCache cache;
  start.arrive_and_wait();
  gate_.Enter(index_);
  while (!is_stopping_.load(std::memory_order_relaxed)) {
    Turn();
    cache.Fold(gate_.AdvanceEpoch(index_));
  }
  loop_->Flush();
  gate_.Leave(index_);
}

void Worker::Stop() {
  is_stopping_.store(true, std::memory_order_seq_cst);
  loop_->Wake();
}

void Worker::Post(std::unique_ptr<Message> message) {
  mailbox_.Push(std::move(message));
  // Pairs with Turn: either it sees the message before it sleeps, or we see that it
  // sleeps.
  if (is_sleeping_.load(std::memory_order_seq_cst) &&
      is_sleeping_.exchange(false, std::memory_order_seq_cst)) {
    loop_->Wake();
  }
}

// How long to wait for something to do. Inside the gate: others with the gate closed add
// to these lists, and wake this worker.
int Worker::WaitMillis() const {
  if (!ready_again_.empty() || !dirty_.empty() || !closing_.empty()) return 0;
  const int64_t wait_us = next_tick_us_ - NowMicros();
  return static_cast<int>(std::clamp<int64_t>((wait_us + 999) / 1000, 0, tick_ms_));
}

// Waits for something to do, outside the gate. Who had requests in the last turn looks
// once more before sleeping, if others of the workers need the CPU to send more.
void Worker::WaitForReady(int timeout_ms) {
  if (timeout_ms != 0 && yields_first_ && !ready_.readable.empty()) {
    sched_yield();
    timeout_ms = 0;
  }
  if (timeout_ms != 0) {
    is_sleeping_.store(true, std::memory_order_seq_cst);
    if (!mailbox_.empty() || is_stopping_.load(std::memory_order_seq_cst)) timeout_ms = 0;
  }
  loop_->Wait(timeout_ms);
  is_sleeping_.store(false, std::memory_order_relaxed);
}

// The loop woke for itself, as when it has sent what it had taken over.
bool Worker::HasNothingToDo() const {
  return ready_.IsEmpty() && mailbox_.empty() && ready_again_.empty() && dirty_.empty() &&
         closing_.empty() && !IsTickDue(NowMicros());
}

void Worker::Turn() {
  const int timeout_ms = WaitMillis();
  gate_.Leave(index_);
  WaitForReady(timeout_ms);
  gate_.Enter(index_);
  ready_.Clear();
  loop_->Collect(&ready_);
  if (HasNothingToDo()) return;

  ++statistics_.turns;
  const uint64_t started = ReadCycles();
  now_us_ = NowMicros();
  handler_->OnTurnStart(now_us_);
  mailbox_.DeliverAll(*this);
  for (const uint32_t tag : ready_.listeners) on_accept_(accept_owner_, tag);
  for (Connection* connection : ready_.writable) {
    if (!connection->closes_now) SendTo(*connection);
  }
  std::vector<Connection*> again;
  again.swap(ready_again_);
  for (Connection* connection : again) {
    connection->is_ready = false;
    if (!connection->closes_now && !connection->is_read_paused)
      handler_->OnInput(*connection);
    // What has come meanwhile was left alone.
    if (!connection->is_ready) loop_->LookAgain(*connection);
  }
  // Their input may move with the next receive, and views into it with it.
  if (!again.empty()) handler_->OnTurnEnd();
  for (Connection* connection : ready_.readable) {
    if (!connection->closes_now && !connection->is_read_paused && !connection->is_ready)
      ReceiveFrom(*connection);
  }
  const bool has_more = handler_->OnTurnEnd();
  SendDirty();
  CloseListed();
  if (IsTickDue(now_us_)) {
    next_tick_us_ = now_us_ + int64_t{tick_ms_} * 1000;
    const uint64_t tick_started = ReadCycles();
    handler_->OnTick(now_us_);  // May ask for an earlier one.
    statistics_.tick_cycles += ReadCycles() - tick_started;
    blocks_.Trim();
    loop_->Trim();
    SendDirty();
    CloseListed();
  }
  const uint64_t busy = ReadCycles() - started;
  statistics_.busy_cycles += busy;
  statistics_.busy_cycles_max = std::max(statistics_.busy_cycles_max, busy);
  if (has_more) next_tick_us_ = std::min(next_tick_us_, now_us_);
}

// Makes room for the next bytes. False when the connection asks for more than it may.
bool Worker::PrepareInput(Connection& connection) {
  InputBuffer& input = connection.input;
  if (input.sink != nullptr) [[unlikely]]
    return true;
  const size_t wanted = std::max<size_t>(1, handler_->InputWanted(connection));
  if (input.sink != nullptr) [[unlikely]]
    return true;
  if (input.block == nullptr) {
    input.block = blocks_.Take();
    input.capacity = kIoBlockBytes;
    input.begin = input.end = 0;
  }
  const size_t pending = input.end - input.begin;
  // What a big bulk still lacks is known. Otherwise there should be room for something.
  const size_t needed = wanted > 1 ? wanted : input.capacity / 4;
  if (input.room() >= needed) return true;
  if (pending + wanted <= input.capacity && input.begin >= input.capacity / 4) {
    std::copy(input.block.get() + input.begin, input.block.get() + input.end,
              input.block.get());
  } else {
    const size_t capacity = std::max(pending + wanted, input.capacity * 2);
    std::unique_ptr<char[]> bigger(new (std::nothrow) char[capacity]);
    if (bigger == nullptr) return false;
    std::copy(input.block.get() + input.begin, input.block.get() + input.end,
              bigger.get());
    input.block = std::move(bigger);
    input.capacity = capacity;
  }
  input.begin = 0;
  input.end = pending;
  return true;
}

void Worker::ReturnInput(Connection& connection) {
  InputBuffer& input = connection.input;
  if (input.block == nullptr || !input.empty()) return;
  if (input.capacity == kIoBlockBytes) blocks_.Give(std::move(input.block));
  input = {};
}

void Worker::ShrinkInput(Connection& connection) {
  InputBuffer& input = connection.input;
  if (input.sink != nullptr) return;  // What arrives belongs elsewhere.
  const size_t pending = input.end - input.begin;
  const size_t capacity = std::max(kIoBlockBytes, pending + pending / 4);
  if (input.capacity < 2 * capacity) return;
  std::unique_ptr<char[]> smaller = std::make_unique_for_overwrite<char[]>(capacity);
  std::copy(input.block.get() + input.begin, input.block.get() + input.end,
            smaller.get());
  input = {.block = std::move(smaller), .capacity = capacity, .begin = 0, .end = pending};
}

void Worker::LendOutputBlock(Connection& connection) {
  connection.output_block = blocks_.Take();
  SKARN_DCHECK(connection.output.empty());
  connection.output = OutputBuffer(connection.output_block.get(), kIoBlockBytes);
}

void Worker::ReturnOutput(Connection& connection) {
  if (connection.output_block == nullptr) return;
  connection.output = OutputBuffer();
  blocks_.Give(std::move(connection.output_block));
}

void Worker::ReceiveFrom(Connection& connection) {
  if (connection.closes_after_reply) {
    // Nothing more is answered; wait only for the peer to go.
    connection.input.CloseSink();
    if (!PrepareInput(connection)) return Close(connection);
    const IoStatus status = loop_->Receive(connection);
    connection.input.begin = connection.input.end = 0;
    ReturnInput(connection);
    if (status == IoStatus::kClosed) Close(connection);
    return;
  }
  for (int i = 0; i < kReceivesPerTurnMax; ++i) {
    if (!PrepareInput(connection)) return Close(connection);
    const size_t room = connection.input.room();
    const bool has_sink = connection.input.sink != nullptr;
    const IoStatus status = loop_->Receive(connection);
    if (status == IoStatus::kClosed) return Close(connection);
    if (status == IoStatus::kBlocked) return ReturnInput(connection);
    const size_t count = room - connection.input.room();
    ++statistics_.read_events;
    statistics_.input_bytes += count;
    handler_->OnInput(connection);
    // A big bulk is half here: go on while it flows. Otherwise one receive takes all
    // there is.
    const bool is_big = has_sink || connection.input.capacity > kIoBlockBytes;
    if (count < room || !is_big || connection.closes_now || connection.is_read_paused ||
        connection.is_ready) {
      return;
    }
  }
}

void Worker::SendTo(Connection& connection) {
  const size_t before = connection.output.pending_bytes();
  if (before > 0) {
    const IoStatus status = loop_->Send(connection);
    const size_t sent = before - connection.output.pending_bytes();
    ++statistics_.write_events;
    statistics_.output_bytes += sent;
    handler_->OnSent(connection, sent);
    if (status == IoStatus::kClosed) return Close(connection);
    if (status == IoStatus::kBlocked) return;
  }
  if (connection.output.empty()) {
    ReturnOutput(connection);
    // What the loop has taken over, it tells when that is sent.
    if (connection.closes_after_reply && connection.sending_bytes == 0) Close(connection);
  }
}

void Worker::SendDirty() {
  // Sending may list others (limits close connections); index, not iterator.
  for (size_t i = 0; i < dirty_.size(); ++i) {
    Connection& connection = *dirty_[i];
    connection.is_dirty = false;
    SendNow(connection);
  }
  dirty_.clear();
}

void Worker::MarkDirty(Connection& connection) {
  if (connection.is_dirty) return;
  connection.is_dirty = true;
  dirty_.push_back(&connection);
}

void Worker::Close(Connection& connection) {
  if (connection.closes_now) return;
  connection.closes_now = true;
  closing_.push_back(&connection);
}

void Worker::MarkReady(Connection& connection) {
  if (connection.is_ready) return;
  connection.is_ready = true;
  ready_again_.push_back(&connection);
}

void Worker::SetReading(Connection& connection, bool is_on) {
  if (connection.is_read_paused == !is_on) return;
  connection.is_read_paused = !is_on;
  loop_->SetReading(connection, is_on);
}

void Worker::CloseListed() {
  for (size_t i = 0; i < closing_.size(); ++i) {
    Connection& connection = *closing_[i];
    std::erase(dirty_, &connection);
    std::erase(ready_again_, &connection);
    handler_->OnClose(connection);
    loop_->Remove(connection);
    connection.output.Clear();
    ReturnOutput(connection);
    connection.input.begin = connection.input.end;
    ReturnInput(connection);
    CountPlaced(-1);  // Before its client may know of it and come again.
    close(connection.fd());
    connections_.erase(connection.id());
  }
  closing_.clear();
}

bool Worker::Adopt(const Accepted& accepted) {
  std::unique_ptr<Connection> connection = handler_->OnAccept(*this, accepted);
  if (connection == nullptr) return false;
  connection->transport = accepted.transport;
  connection->peer_address = accepted.peer_address;
  connection->local_address = accepted.local_address;
  connection->is_loopback = accepted.is_loopback;
  if (!loop_->Add(*connection)) {
    handler_->OnClose(*connection);
    return false;
  }
  connections_.emplace(accepted.id, std::move(connection));
  return true;
}

Connection* Worker::FindConnection(uint64_t id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second.get();
}

}  // namespace skarn

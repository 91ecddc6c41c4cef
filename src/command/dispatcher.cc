// SPDX-License-Identifier: BSD-3-Clause
//
// The way of one command: checks, locks, handler, what it leaves behind.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "arch/cycles.h"
#include "base/check.h"
#include "base/memory.h"
#include "base/shared_store.h"
#include "command/executor.h"
#include "resp/reply_errors.h"

namespace skarn {

// ---- locks
// -------------------------------------------------------------------------------------

Shard* Executor::TryLock(LockSet& locks, bool is_shared) {
  std::vector<Shard*>& shards = locks.shards();
  if (shards.size() > 1) {
    std::sort(shards.begin(), shards.end());
    shards.erase(std::unique(shards.begin(), shards.end()), shards.end());
  }
  for (size_t i = 0; i < shards.size(); ++i) {
    const bool is_taken =
        is_shared ? shards[i]->lock.TryLockShared() : shards[i]->lock.TryLock();
    if (is_taken) continue;
    // No hold and wait, hence no deadlock: give back what we have.
    Shard* const busy = shards[i];
    shards.resize(i);
    Unlock(locks, is_shared);
    return busy;
  }
  return nullptr;
}

void Executor::Unlock(LockSet& locks, bool is_shared) {
  for (Shard* shard : locks.shards()) {
    if (is_shared ? shard->lock.UnlockShared() : shard->lock.Unlock())
      OnShardFree(*shard);
  }
}

// ---- execution
// ---------------------------------------------------------------------------------

// The steps of the common way stand in the order of their use, last first, and become two
// functions: with a pipeline, calls between them were a tenth of a GET.

__attribute__((always_inline)) inline void Executor::CountDuration(
    CommandStatistics& statistics, uint64_t cycles) {
  if (statistics.durations == nullptr) [[unlikely]] {
    statistics.durations = std::make_unique<std::array<uint32_t, kDurationBuckets>>();
    statistics.durations->fill(0);
  }
  // cycles_per_us is a few thousand: a fixed-point factor spares the division.
  const uint64_t nanoseconds = cycles * server_.nanoseconds_per_cycle_q20 >> 20;
  const uint64_t counted = std::clamp<uint64_t>(nanoseconds, 1, kDurationMax);
  ++(*statistics.durations)[DurationBucket(counted)];
}

__attribute__((always_inline)) inline void Executor::AfterCall(
    Client& client, const Command& command, const Args& args, uint64_t started,
    uint32_t errors_before, size_t reply_begin, ReplyWriter& reply) {
  mark_cycles_ = ReadCycles();
  const uint64_t cycles = mark_cycles_ - started;
  ++statistics_.processed_commands;
  ++client.command_count;
  CommandStatistics& statistics = statistics_.commands[command.index];
  ++statistics.calls;
  statistics.cycles += cycles;
  if (reply.error_count() != errors_before) [[unlikely]] {
    // Those inside EXEC are counted where they happened, and are no failure of EXEC.
    if (!std::exchange(has_counted_errors_, false)) {
      ++statistics.failed_calls;
      CountError(reply);
    }
  }
  if (server_.settings.latency_tracking) CountDuration(statistics, cycles);
  if (server_.HasConcern(Concern::kMonitored) &&
      !command.Has(CommandFlag::kSkipMonitor) && !command.Has(CommandFlag::kAdmin))
      [[unlikely]] {
    server_.hooks->FeedMonitors(*this, client, command, args);
    mark_cycles_ = ReadCycles();
  }
  const size_t reply_bytes = client.output.position() - reply_begin;
  if (cycles >= server_.slow_cycles || reply_bytes > server_.large_reply_bytes ||
      (current_ != nullptr && current_->input_bytes > server_.large_request_bytes))
      [[unlikely]] {
    server_.hooks->OnNoteworthyCommand(*this, client, command, args, cycles, reply_bytes);
    mark_cycles_ = ReadCycles();
  }
}

__attribute__((always_inline)) inline void Executor::CallHere(Client& client,
                                                              const Command& command,
                                                              const Args& args,
                                                              std::span<const Key> keys,
                                                              ReplyWriter& reply) {
  const uint64_t started = mark_cycles_;
  const uint32_t errors_before = reply.error_count();
  const size_t reply_begin = client.output.position();
  view_.SelectDatabase(client.db);
  view_.SetNoTouch(client.no_touch);
  CommandContext context{.client = client,
                         .command = command,
                         .keys = keys,
                         .keyspace = view_,
                         .settings = server_.settings,
                         .executor = *this,
                         .server = server_};
  command.handler(context, args, reply);
  if (client.is_parked) [[unlikely]]
    return;  // It has not happened yet.
  AfterCall(client, command, args, started, errors_before, reply_begin, reply);
}

void Executor::Call(Client& client, const Command& command, const Args& args,
                    std::span<const Key> keys, ReplyWriter& reply) {
  CallHere(client, command, args, keys, reply);
}

__attribute__((always_inline)) inline bool Executor::RunLocked(Client& client,
                                                               const Command& command,
                                                               const Args& args,
                                                               std::span<const Key> keys,
                                                               ReplyWriter& reply) {
  if (command.Has(CommandFlag::kGate)) [[unlikely]] {
    ++statistics_.gate_commands;
    RunAlone([&] { Call(client, command, args, keys, reply); });
    return true;
  }
  const bool locks = server_.keyspace.is_concurrent() && !keys.empty();
  const bool is_shared = command.Has(CommandFlag::kReadOnly);
  if (locks) {
    locks_.clear();
    for (const Key& key : keys) locks_.Add(server_.keyspace.ShardOf(client.db, key));
    if (Shard* busy = TryLock(locks_, is_shared)) [[unlikely]] {
      Park(client, *busy);
      return false;
    }
    view_.CatchUp();
  }
  CallHere(client, command, args, keys, reply);
  if (locks) Unlock(locks_, is_shared);
  return true;
}

__attribute__((always_inline)) inline void Executor::ExecuteRequest(
    const Pending& pending, const Args& args, ReplyWriter& reply) {
  Client& client = *pending.client;
  const Command* command = pending.command;
  client.last_command = command;  // Queued or refused, too.
  const uint32_t concerns =
      client.concerns | server_.concerns.load(std::memory_order_relaxed);
  const bool is_stranger =
      (concerns & static_cast<uint32_t>(Concern::kNotAuthenticated)) != 0 &&
      (command == nullptr || !command->Has(CommandFlag::kNoAuth));
  if (is_stranger) [[unlikely]] {
    if (!server_.settings.requirepass.empty())
      return Reject(client, command, reply, kNoAuth);
    client.is_authenticated = true;  // The password was taken away since.
    UpdateConcerns(client);
  }
  if (command == nullptr || command->handler == nullptr ||
      (!command->subcommands.empty() && args.size() > 1)) [[unlikely]] {
    return RejectUnknown(client, command, args, reply);
  }
  const int count = static_cast<int>(args.size());
  if (command->arity > 0 ? count != command->arity : count < -command->arity)
      [[unlikely]] {
    return Reject(client, command, reply, WrongArgumentCount(command->full_name));
  }
  const bool may_be_big =
      pending.input_bytes > memory::kSlabBlockMax || client.in_transaction();
  if (may_be_big && !HasRoomFor(client, *command, pending)) [[unlikely]]
    return Reject(client, command, reply, kOom);
  if (concerns != 0 && !AdmitInSpecialState(client, *command, args, reply, concerns))
    return;
  std::span<const Key> keys(keys_.data() + pending.first_key, pending.key_count);
  if (!command->has_simple_keys) [[unlikely]] {
    if (!MovableKeys(*command, args, &movable_keys_)) {
      // The handler answers for arguments that do not fit; it looks at no key then.
      movable_keys_.clear();
    }
    keys = movable_keys_;
  }
  RunLocked(client, *command, args, keys, reply);
}

__attribute__((always_inline)) inline void Executor::Execute(const Pending& pending) {
  BeginSharedStores();
  Client& client = *pending.client;
  if (client.IsSuspended()) [[unlikely]]
    return;
  if (server_.gate.IsRequested()) [[unlikely]] {
    server_.gate.Pause(worker_.index());
    view_.SetEventMask(server_.settings.notify_mask);
    mark_cycles_ = ReadCycles();
    if (client.IsSuspended()) return;
  }
  if (mark_cycles_ - clock_cycles_ > server_.clock_cycles_max) [[unlikely]]
    ReadClock();  // Those before took long.
  const Args args(words_.data() + pending.first_word, pending.word_count);
  worker_.LendOutput(client);
  ReplyWriter reply(client.output, client.protocol);
  const size_t reply_begin = client.output.position();
  current_ = &pending;
  client.net_input_bytes += pending.input_bytes;
  ExecuteRequest(pending, args, reply);
  current_ = nullptr;
  if (client.is_parked || client.is_paused) [[unlikely]] {
    client.output.Truncate(reply_begin);
    PutAside(client, pending);
    mark_cycles_ = ReadCycles();
    return;
  }
  if (client.reply_mode != ReplyMode::kOn) [[unlikely]] {
    ApplyReplyMode(client, pending.command, reply_begin);
  }
  if (!after_reply_.empty()) [[unlikely]]
    DeliverAfterReply();
  if (view_.HasExpired()) [[unlikely]] {
    view_.EraseExpired();
    mark_cycles_ = ReadCycles();
  }
}

void Executor::ExecuteGroup(size_t first, size_t last) {
  mark_cycles_ = ReadCycles();
  for (; first < last; ++first) Execute(pending_[first]);
}

void Executor::DeliverAfterReply() {
  std::vector<std::unique_ptr<Message>> messages;
  messages.swap(after_reply_);
  for (const auto& message : messages) message->Deliver(worker_);
  mark_cycles_ = ReadCycles();
}

void Executor::ApplyReplyMode(Client& client, const Command* command,
                              size_t reply_begin) {
  if (client.reply_mode == ReplyMode::kSkipNext) {
    client.reply_mode =
        ReplyMode::kSkipThis;  // Set by the command just run: it said nothing.
    return;
  }
  // SUBSCRIBE and its kin answer by pushes, which are no replies.
  const bool is_push = command != nullptr && command->Has(CommandFlag::kPubSub) &&
                       command->Has(CommandFlag::kNoScript);
  if (!is_push) client.output.Truncate(reply_begin);
  if (client.reply_mode == ReplyMode::kSkipThis) client.reply_mode = ReplyMode::kOn;
}

bool Executor::MovableKeys(const Command& command, const Args& args,
                           std::vector<Key>* keys) {
  keys->clear();
  key_positions_.clear();
  if (!FindKeyPositions(command, args, &key_positions_)) return false;
  for (const int position : key_positions_) {
    keys->push_back(MakeKey(args[static_cast<size_t>(position)]));
  }
  return true;
}

void Executor::CountError(const ReplyWriter& reply) {
  ++statistics_.error_replies;
  const Bytes code = reply.last_error_code();
  const auto found = statistics_.errors.find(code);
  if (found != statistics_.errors.end()) {
    ++found->second;
  } else if (statistics_.errors.size() < kErrorCodesMax) {
    statistics_.errors.emplace(code, 1);
  }
}

// ---- refusals
// ----------------------------------------------------------------------------------

void Executor::Reject(Client& client, const Command* command, ReplyWriter& reply,
                      const ReplyError& error) {
  if (command != nullptr && command->spec->name == "exec") {
    // What refuses EXEC ends the transaction.
    Bytes reason = error.text();
    reason.remove_prefix(reason.starts_with("-ERR ") ? 5 : 1);
    reply.Error(ReplyError(
        fmt::format("-EXECABORT Transaction discarded because of: {}", reason)));
    DiscardTransaction(client);
  } else {
    reply.Error(error);
    if (client.in_transaction()) client.transaction.has_failed = true;
  }
  CountError(reply);
  if (command != nullptr) ++statistics_.commands[command->index].rejected_calls;
}

void Executor::RejectUnknown(Client& client, const Command* container, const Args& args,
                             ReplyWriter& reply) {
  client.last_command = nullptr;
  if (container == nullptr) return Reject(client, nullptr, reply, UnknownCommand(args));
  if (args.size() < 2) {
    return Reject(client, container, reply, WrongArgumentCount(container->full_name));
  }
  Reject(client, nullptr, reply, UnknownSubcommand(args[0], args[1]));
}

}  // namespace skarn

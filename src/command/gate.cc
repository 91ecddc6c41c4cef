// SPDX-License-Identifier: BSD-3-Clause
//
// The checks that a command passes besides its arity, in the order of the reference. Most
// commands meet none of the conditions: Execute comes here only when a concern is up.
#include <algorithm>

#include "base/log.h"
#include "base/memory.h"
#include "command/client_memory.h"
#include "command/executor.h"
#include "resp/reply_errors.h"

namespace skarn {
namespace {

// Writers look so often whether the savers have caught up.
constexpr int64_t kBehindRetryUs = 2000;

constexpr bool Has(uint32_t concerns, Concern concern) {
  return (concerns & static_cast<uint32_t>(concern)) != 0;
}

bool IsOneOf(const Command& command, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), command.spec->name) != names.end();
}

// What a RESP2 client may say while it is subscribed.
bool IsAllowedWhileSubscribed(const Command& command) {
  return IsOneOf(command, {"ping", "subscribe", "psubscribe", "ssubscribe", "unsubscribe",
                           "punsubscribe", "sunsubscribe", "quit", "reset"});
}

// What is not queued inside MULTI but acts at once.
bool ActsInTransaction(const Command& command) {
  return IsOneOf(command, {"exec", "discard", "quit", "reset"});
}

}  // namespace

void Executor::UpdateConcerns(Client& client) {
  uint32_t concerns = 0;
  const auto raise = [&](Concern concern, bool is_on) {
    if (is_on) concerns |= static_cast<uint32_t>(concern);
  };
  raise(Concern::kNotAuthenticated, !client.is_authenticated);
  raise(Concern::kInTransaction, client.in_transaction());
  raise(Concern::kIsMonitor, client.is_monitor);
  raise(Concern::kSubscribed, client.protocol == 2 && client.SubscriptionCount() > 0);
  client.concerns = concerns;
}

bool Executor::AdmitInSpecialState(Client& client, const Command& command,
                                   const Args& args, ReplyWriter& reply,
                                   uint32_t concerns) {
  const auto reject = [&](const ReplyError& error) {
    Reject(client, &command, reply, error);
    return false;
  };
  if (Has(concerns, Concern::kEnding)) {
    client.is_paused = true;  // What ran now would be acknowledged and lost.
    return false;
  }
  if (Has(concerns, Concern::kNotAuthenticated) && !command.Has(CommandFlag::kNoAuth)) {
    return reject(kNoAuth);
  }
  const bool is_in_transaction = Has(concerns, Concern::kInTransaction);
  if (is_in_transaction && command.Has(CommandFlag::kNoMulti)) {
    return reject(ReplyError("-ERR Command '" + command.full_name +
                             "' not allowed inside a transaction"));
  }
  const bool is_queued = is_in_transaction && !ActsInTransaction(command);
  if (Has(concerns, Concern::kMaxMemory) && !is_gate_held_) {
    const bool is_kept = server_.hooks->KeepMemoryLimit(*this);
    if (!is_kept && IsDeniedOnOom(client, command)) return reject(kOom);
    if (client.IsSuspended()) return false;
  }
  if (Has(concerns, Concern::kMemoryShort) && IsDeniedOnOom(client, command)) {
    if (!memory::FillReserve()) return reject(kOom);
    server_.SetConcern(Concern::kMemoryShort, false);
  }
  if (Has(concerns, Concern::kSaveFailed) &&
      (command.Has(CommandFlag::kWrite) || IsOneOf(command, {"ping"}))) {
    return reject(kMisconfSave);
  }
  if (Has(concerns, Concern::kSubscribed) && !IsAllowedWhileSubscribed(command)) {
    return reject(
        ReplyError("-ERR Can't execute '" + command.full_name +
                   "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                   "allowed in this context"));
  }
  if (Has(concerns, Concern::kDataLoading) && !command.Has(CommandFlag::kLoading)) {
    return reject(kLoading);
  }
  if (Has(concerns, Concern::kIsMonitor) &&
      (command.Has(CommandFlag::kWrite) || command.Has(CommandFlag::kReadOnly))) {
    return reject(kReplicaLink);
  }
  if (Has(concerns, Concern::kPaused) && MustPause(client, command)) {
    client.is_paused = client.waits_for_unpause = true;
    paused_clients_.push_back(client.id());
    worker_.TickAt(server_.pause_until_us);
    return false;
  }
  if (Has(concerns, Concern::kSaving) && !is_queued && !is_gate_held_ &&
      server_.keyspace.IsSnapshotBehind() && Writes(client, command)) {
    client.is_paused = true;
    paused_clients_.push_back(client.id());
    worker_.TickAt(now_us_ + kBehindRetryUs);
    return false;
  }
  if (!is_queued) return true;
  Queue(client, command, args, reply);
  return false;
}

// A request of megabytes is refused when the machine has no room for its values: once it
// runs, there is no way back.
bool Executor::HasRoomFor(const Client& client, const Command& command,
                          const Pending& pending) const {
  constexpr size_t kBigBytes = 1 << 20;
  size_t size = pending.input_bytes;
  if (client.in_transaction()) size += client.transaction.queue_bytes;
  if (size < kBigBytes || !IsDeniedOnOom(client, command)) return true;
  return memory::CanAllocate(size);
}

// A transaction is refused as a whole when one of its commands would be.
bool Executor::IsDeniedOnOom(const Client& client, const Command& command) const {
  if (command.Has(CommandFlag::kDenyOom)) return true;
  if (!client.in_transaction() || command.spec->name != "exec") return false;
  if (client.transaction.has_failed) return false;  // It is aborted anyway.
  return std::any_of(client.transaction.queue.begin(), client.transaction.queue.end(),
                     [](const QueuedCommand& queued) {
                       return queued.command->Has(CommandFlag::kDenyOom);
                     });
}

bool Executor::MustPause(const Client& client, const Command& command) const {
  if (now_us_ >= server_.pause_until_us) return false;
  if (server_.pause_is_for_all) return true;
  // Writes, and what may replicate: PUBLISH and the like.
  return Writes(client, command) || IsOneOf(command, {"publish", "spublish", "pfcount"});
}

bool Executor::Writes(const Client& client, const Command& command) const {
  if (command.Has(CommandFlag::kWrite)) return true;
  if (command.spec->name != "exec") return false;
  return std::any_of(client.transaction.queue.begin(), client.transaction.queue.end(),
                     [](const QueuedCommand& queued) {
                       return queued.command->Has(CommandFlag::kWrite);
                     });
}

void Executor::CheckOutputLimit(Client& client) {
  const OutputLimit& limit =
      server_.settings.output_limits[static_cast<size_t>(client.client_class())];
  const bool is_too_big = client.output.position() > server_.settings.output_bytes_max;
  if (limit.hard_bytes == 0 && limit.soft_bytes == 0 && client.is_authenticated &&
      !is_too_big) [[likely]] {
    return;
  }
  const uint64_t output = client.UnsentBytes();
  const uint64_t pending = output > kReplyBufferBytesMax ? output : 0;
  bool is_over = is_too_big || (limit.hard_bytes != 0 && pending >= limit.hard_bytes);
  // A stranger that reads nothing must not cost more than this.
  is_over |= pending != 0 && !client.is_authenticated;
  if (limit.soft_bytes != 0 && pending >= limit.soft_bytes) {
    if (client.soft_limit_since_us == 0) client.soft_limit_since_us = now_us_;
    is_over |= now_us_ - client.soft_limit_since_us > limit.soft_seconds * 1000000;
  } else {
    client.soft_limit_since_us = 0;
  }
  if (!is_over || client.closes_now) return;
  ++statistics_.output_limit_disconnections;
  Log(LogLevel::kWarning,
      "Client id={} addr={} scheduled to be closed ASAP for overcoming of output buffer "
      "limits.",
      client.id(), client.peer_address);
  Close(client);
}

}  // namespace skarn

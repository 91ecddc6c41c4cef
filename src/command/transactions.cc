// SPDX-License-Identifier: BSD-3-Clause
//
// MULTI, EXEC and WATCH. EXEC takes the locks of all keys that the queue and the watches
// name, then looks whether a watched key was touched, then runs; nobody sees a state in
// between. A queue with a command whose keys are not known runs with the gate closed.
#include <algorithm>

#include "command/client_memory.h"
#include "command/executor.h"
#include "resp/reply_errors.h"

namespace skarn {

void Executor::Queue(Client& client, const Command& command, const Args& args,
                     ReplyWriter& reply) {
  size_t size = 0;
  for (const Bytes& word : args) size += word.size();
  QueuedCommand queued{.command = &command,
                       .bytes = std::make_unique_for_overwrite<char[]>(size)};
  queued.words.reserve(args.size());
  char* out = queued.bytes.get();
  for (const Bytes& word : args) {
    queued.words.emplace_back(out, word.size());
    out = std::copy(word.begin(), word.end(), out);
  }
  client.transaction.queue_bytes += size + args.size() * sizeof(Bytes);
  client.transaction.queue.push_back(std::move(queued));
  reply.Queued();
}

void Executor::DiscardTransaction(Client& client) {
  Transaction& transaction = client.transaction;
  if (transaction.token != nullptr) {
    transaction.token->is_dropped.store(true, std::memory_order_relaxed);
    for (const WatchedKey& watched : transaction.watched) {
      Shard& shard = server_.keyspace.ShardOf(watched.db, MakeKey(watched.key));
      const auto remove = [&] {
        if (shard.watches == nullptr) return;
        shard.watches->Remove(watched.key, transaction.token);
        if (shard.watches->empty()) shard.watches.reset();
      };
      // Busy, or locked for reading: the next WATCH there purges the dropped token.
      if (!is_lock_held_) {
        TryWithShard(shard, remove);
      } else if (is_lock_exclusive_) {
        remove();
      }
    }
  }
  transaction = {};
  UpdateConcerns(client);
}

bool Executor::CollectTransactionKeys(Client& client, LockSet* locks, bool* needs_gate) {
  bool writes = false;
  for (const QueuedCommand& queued : client.transaction.queue) {
    const Command& command = *queued.command;
    const Args args(queued.words);
    writes |= command.Has(CommandFlag::kWrite);
    MovableKeys(command, args, &movable_keys_);
    const bool touches_keys =
        command.Has(CommandFlag::kWrite) || command.Has(CommandFlag::kReadOnly);
    if (command.Has(CommandFlag::kGate) || command.spec->name == "select" ||
        (touches_keys && movable_keys_.empty())) {
      *needs_gate = true;
      return writes;
    }
    for (const Key& key : movable_keys_)
      locks->Add(server_.keyspace.ShardOf(client.db, key));
  }
  for (const WatchedKey& watched : client.transaction.watched) {
    locks->Add(server_.keyspace.ShardOf(watched.db, MakeKey(watched.key)));
  }
  return writes;
}

bool Executor::IsWatchBroken(Client& client) {
  const Transaction& transaction = client.transaction;
  if (transaction.token == nullptr) return false;
  if (transaction.token->is_dirty.load(std::memory_order_acquire)) return true;
  // A key that has run out since counts as touched, even if nobody has erased it yet.
  for (const WatchedKey& watched : transaction.watched) {
    const Key key = MakeKey(watched.key);
    const Shard& shard = server_.keyspace.ShardOf(watched.db, key);
    const Place place = shard.Find(key);
    if (!place || !EntryAt(place)->IsExpired(view_.now())) continue;
    const bool was_expired = shard.watches != nullptr &&
                             shard.watches->WasExpired(watched.key, transaction.token);
    if (!was_expired) return true;
  }
  return false;
}

void Executor::RunQueue(Client& client, ReplyWriter& reply) {
  if (IsWatchBroken(client)) {
    DiscardTransaction(client);
    return reply.NullArray();
  }
  std::vector<QueuedCommand> queue = std::move(client.transaction.queue);
  DiscardTransaction(client);
  client.is_executing_exec = true;
  const uint32_t errors_before = reply.error_count();
  const size_t begin = client.output.position();
  reply.ArrayHeader(queue.size());
  for (const QueuedCommand& queued : queue) {
    const Args args(queued.words);
    std::vector<Key> keys;
    MovableKeys(*queued.command, args, &keys);
    Call(client, *queued.command, args, keys, reply);
    const bool is_held = is_gate_held_ || (is_lock_held_ && is_lock_exclusive_) ||
                         !server_.keyspace.is_concurrent();
    if (view_.HasExpired() && is_held) view_.EraseExpired(is_held);
    reply.set_protocol(client.protocol);
    if (IsOverOutputLimit(server_.settings, client)) [[unlikely]] {
      CheckOutputLimit(client);  // Closes it. All commands run none the less.
      client.output.Truncate(begin);
    }
  }
  client.is_executing_exec = false;
  has_counted_errors_ = reply.error_count() != errors_before;
}

void Executor::RunTransaction(Client& client, ReplyWriter& reply) {
  if (client.transaction.has_failed) {
    DiscardTransaction(client);
    return reply.Error(kExecAbort);
  }
  LockSet locks;
  bool needs_gate = false;
  const bool writes = CollectTransactionKeys(client, &locks, &needs_gate);
  if (!server_.keyspace.is_concurrent() || is_gate_held_) return RunQueue(client, reply);
  if (needs_gate) {
    return RunAlone([&] { RunQueue(client, reply); });
  }
  const bool is_shared = !writes;
  if (Shard* busy = TryLock(locks, is_shared)) return Park(client, *busy);
  view_.CatchUp();
  is_lock_held_ = true;
  is_lock_exclusive_ = !is_shared;
  RunQueue(client, reply);
  is_lock_held_ = false;
  Unlock(locks, is_shared);
}

}  // namespace skarn

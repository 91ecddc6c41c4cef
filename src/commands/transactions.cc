// SPDX-License-Identifier: BSD-3-Clause
#include "commands/transactions.h"

#include <algorithm>

#include "command/executor.h"

namespace skarn {
namespace commands {

// MULTI
void Multi(CommandContext& context, const Args&, ReplyWriter& reply) {
  context.client.transaction.is_open = true;
  context.client.has_used_transactions = true;
  context.executor.UpdateConcerns(context.client);
  reply.Ok();
}

// EXEC
void Exec(CommandContext& context, const Args&, ReplyWriter& reply) {
  if (!context.client.in_transaction()) return reply.Error(kExecWithoutMulti);
  context.executor.RunTransaction(context.client, reply);
}

// DISCARD
void Discard(CommandContext& context, const Args&, ReplyWriter& reply) {
  if (!context.client.in_transaction()) return reply.Error(kDiscardWithoutMulti);
  context.executor.DiscardTransaction(context.client);
  reply.Ok();
}

// UNWATCH
void Unwatch(CommandContext& context, const Args&, ReplyWriter& reply) {
  if (!context.client.in_transaction())
    context.executor.DiscardTransaction(context.client);
  reply.Ok();
}

// WATCH key [key ...]: the shards of the keys are locked exclusively, their lists change.
void Watch(CommandContext& context, const Args&, ReplyWriter& reply) {
  Client& client = context.client;
  Transaction& transaction = client.transaction;
  client.has_used_transactions = true;
  if (transaction.token == nullptr) transaction.token = std::make_shared<WatchToken>();
  for (const Key& key : context.keys) {
    Shard& shard = context.server.keyspace.ShardOf(client.db, key);
    if (shard.watches == nullptr) shard.watches = std::make_unique<WatchList>();
    if (shard.watches->Has(key.bytes, transaction.token)) continue;
    const Place place = shard.Find(key);
    const bool was_expired = place && EntryAt(place)->IsExpired(context.now());
    shard.watches->Add(key.bytes, transaction.token, was_expired);
    transaction.watched.push_back({.db = client.db, .key = std::string(key.bytes)});
    transaction.watched_key_bytes += key.bytes.size();
  }
  reply.Ok();
}

}  // namespace commands
}  // namespace skarn

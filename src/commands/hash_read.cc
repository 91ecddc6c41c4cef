// SPDX-License-Identifier: BSD-3-Clause
//
// Reading hashes: single fields, and all of them.
#include "command/client_memory.h"
#include "commands/hash.h"
#include "commands/hash_view.h"

namespace skarn::commands {
namespace {

void ReplyItem(ReplyWriter& reply, const std::optional<HashView::Item>& item) {
  item ? ReplyElement(reply, item->value) : reply.Null();
}

enum class Side : uint8_t { kField, kValue };

// HKEYS, HVALS: one side of every pair.
void ReplySide(CommandContext& context, ReplyWriter& reply, Side side) {
  const auto hash = ReadHash(context, context.key(), reply);
  if (!hash) return;
  const auto reply_one = [&](const ListpackElement& field, const ListpackElement& value) {
    ReplyElement(reply, side == Side::kField ? field : value);
  };
  if (!hash->may_have_expired()) [[likely]] {
    reply.ArrayHeader(hash->size());
    return hash->ForEach(reply_one);
  }
  const auto header = reply.BeginDeferredArray();
  size_t count = 0;
  hash->ForEach([&](const ListpackElement& field, const ListpackElement& value) {
    reply_one(field, value);
    ++count;
  });
  reply.EndDeferred(header, count);
}

}  // namespace

void Hget(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto hash = ReadHash(context, context.key(), reply);
  if (hash) ReplyItem(reply, hash->Find(args[2]));
}

void Hmget(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto hash = ReadHash(context, context.key(), reply);
  if (!hash) return;
  reply.ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) {
    if (i % kItemsPerLimitCheck == 0 && CutsReply(context.settings, context.client))
        [[unlikely]] {
      return;
    }
    ReplyItem(reply, hash->Find(args[i]));
  }
}

void Hgetall(CommandContext& context, const Args&, ReplyWriter& reply) {
  const auto hash = ReadHash(context, context.key(), reply);
  if (!hash) return;
  const auto reply_pair = [&](const ListpackElement& field,
                              const ListpackElement& value) {
    ReplyElement(reply, field);
    ReplyElement(reply, value);
  };
  if (!hash->may_have_expired()) [[likely]] {
    reply.MapHeader(hash->size());
    return hash->ForEach(reply_pair);
  }
  const auto header = reply.BeginDeferredMap();
  size_t count = 0;
  hash->ForEach([&](const ListpackElement& field, const ListpackElement& value) {
    reply_pair(field, value);
    ++count;
  });
  reply.EndDeferred(header, count);
}

void Hkeys(CommandContext& context, const Args&, ReplyWriter& reply) {
  ReplySide(context, reply, Side::kField);
}

void Hvals(CommandContext& context, const Args&, ReplyWriter& reply) {
  ReplySide(context, reply, Side::kValue);
}

void Hlen(CommandContext& context, const Args&, ReplyWriter& reply) {
  const auto hash = ReadHash(context, context.key(), reply);
  if (hash) reply.Integer(static_cast<int64_t>(hash->size()));
}

void Hstrlen(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto hash = ReadHash(context, context.key(), reply);
  if (!hash) return;
  const auto item = hash->Find(args[2]);
  reply.Integer(item ? static_cast<int64_t>(item->value.TextBytes()) : 0);
}

void Hexists(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto hash = ReadHash(context, context.key(), reply);
  if (hash) reply.Integer(hash->Find(args[2]) ? 1 : 0);
}

}  // namespace skarn::commands

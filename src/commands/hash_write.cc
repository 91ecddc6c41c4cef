// SPDX-License-Identifier: BSD-3-Clause
//
// Changing hashes, but for the expiry of fields (hash_expire.cc).
#include <cmath>

#include "command/table.h"
#include "commands/hash.h"
#include "commands/hash_editor.h"
#include "commands/hash_fields.h"

namespace skarn::commands {
namespace {

// HSET and HMSET: sets the pairs from args[2] on; without a value after an error reply.
std::optional<size_t> SetPairs(CommandContext& context, const Args& args,
                               ReplyWriter& reply) {
  if (args.size() % 2 != 0) {
    reply.Error(WrongArgumentCount(context.command.spec->name));
    return std::nullopt;
  }
  auto hash = EditHash(context, reply);
  if (!hash) return std::nullopt;
  const Args pairs = args.Subspan(2);
  const size_t added = hash->SetPairs(pairs);
  hash->Tell("hset", pairs.size() / 2);
  return added;
}

}  // namespace

void Hset(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto added = SetPairs(context, args, reply);
  if (added) reply.Integer(static_cast<int64_t>(*added));
}

void Hmset(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (SetPairs(context, args, reply)) reply.Ok();
}

void Hsetnx(CommandContext& context, const Args& args, ReplyWriter& reply) {
  auto hash = EditHash(context, reply);
  if (!hash) return;
  if (hash->Find(args[2])) return reply.Integer(0);
  hash->Set(args[2], args[3]);
  hash->Tell("hset", 1);
  reply.Integer(1);
}

void Hdel(CommandContext& context, const Args& args, ReplyWriter& reply) {
  auto hash = EditHash(context, reply);
  if (!hash) return;
  size_t erased = 0;
  for (size_t i = 2; i < args.size() && !hash->is_absent(); ++i) {
    erased += hash->Erase(args[i]);
  }
  if (erased != 0) {
    hash->Tell("hdel", erased);
    hash->Finish();
  }
  reply.Integer(static_cast<int64_t>(erased));
}

// HGETDEL key FIELDS numfields field ...
void Hgetdel(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (!args.Is(2, "FIELDS")) return reply.Error(kSyntaxError);
  const auto count = ReadFieldCount(args, 3);
  if (!count) return reply.Error(count.error());
  auto hash = EditHash(context, reply);
  if (!hash) return;
  size_t erased = 0;
  reply.ArrayHeader(*count);
  for (const Bytes& field : args.Subspan(4)) {
    const auto item = hash->Find(field);
    if (!item) {
      reply.Null();
      continue;
    }
    ReplyElement(reply, item->value);
    erased += hash->Erase(field);
  }
  if (erased == 0) return;
  hash->Tell("hdel", erased);
  hash->Finish();
}

void Hincrby(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto increment = args.Integer(3);
  if (!increment) return reply.Error(increment.error());
  auto hash = EditHash(context, reply);
  if (!hash) return;
  int64_t sum = 0;
  if (const auto item = hash->Find(args[2])) {
    const auto stored = item->value.ToInteger();
    if (!stored) return reply.Error(kHashValueNotAnInteger);
    sum = *stored;
  }
  if (__builtin_add_overflow(sum, *increment, &sum)) return reply.Error(kOverflow);
  char text[kInt64TextMax];
  hash->Set(args[2], {text, FormatInt64(text, sum)}, HashEditor::kKeepExpiry);
  hash->Tell("hincrby", 1);
  reply.Integer(sum);
}

void Hincrbyfloat(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto increment = args.LongDouble(3);
  if (!increment) return reply.Error(increment.error());
  if (!std::isfinite(*increment)) return reply.Error(kIncrementNotFinite);
  auto hash = EditHash(context, reply);
  if (!hash) return;
  long double sum = 0;
  if (const auto item = hash->Find(args[2])) {
    if (item->value.is_integer()) {
      sum = static_cast<long double>(item->value.integer());
    } else if (!ParseLongDouble(item->value.text(), &sum)) {
      return reply.Error(kHashValueNotAFloat);
    }
  }
  sum += *increment;
  if (!std::isfinite(sum)) return reply.Error(kNanOrInfinity);
  char text[kLongDoubleTextMax];
  const Bytes value = {text, FormatLongDoubleHuman(text, sum)};
  hash->Set(args[2], value, HashEditor::kKeepExpiry);
  hash->Tell("hincrbyfloat", 1);
  reply.Bulk(value);
}

}  // namespace skarn::commands

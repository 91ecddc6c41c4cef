// SPDX-License-Identifier: BSD-3-Clause
//
// Strings as numbers: INCR and its kin. The number is stored as its text, so that every
// other command reads it as it is.
#include <cmath>

#include "commands/string.h"
#include "commands/string_value.h"

namespace skarn::commands {
namespace {

void Increment(CommandContext& context, int64_t delta, ReplyWriter& reply) {
  const Key& key = context.key();
  Found found = context.keyspace.FindForWrite(key);
  int64_t value = 0;
  ExpiryMillis expiry = kNoExpiry;
  if (found) [[likely]] {
    const Entry& entry = *found.entry;
    if (!IsString(entry)) return reply.Error(kWrongType);
    if (!ParseInt64(entry.value(), &value)) return reply.Error(kNotAnInteger);
    expiry = entry.expiry();
  }
  if (__builtin_add_overflow(value, delta, &value)) return reply.Error(kOverflow);
  char text[kInt64TextMax];
  context.keyspace.PutString(key, found, {text, FormatInt64(text, value)}, expiry);
  context.keyspace.Changed(key, EventKind::kString, "incrby");
  reply.Integer(value);
}

}  // namespace

void Incr(CommandContext& context, const Args&, ReplyWriter& reply) {
  Increment(context, 1, reply);
}

void Decr(CommandContext& context, const Args&, ReplyWriter& reply) {
  Increment(context, -1, reply);
}

void Incrby(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<int64_t> delta = args.Integer(2);
  if (!delta) return reply.Error(delta.error());
  Increment(context, *delta, reply);
}

void Decrby(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<int64_t> delta = args.Integer(2);
  if (!delta) return reply.Error(delta.error());
  // Its negation is no int64.
  if (*delta == std::numeric_limits<int64_t>::min())
    return reply.Error(kDecrementOverflow);
  Increment(context, -*delta, reply);
}

void Incrbyfloat(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Key& key = context.key();
  Found found;
  if (!FindStringForWrite(context, key, reply, &found)) return;
  long double value = 0;
  if (found && !ParseLongDouble(found.entry->value(), &value))
    return reply.Error(kNotAFloat);
  const Parsed<long double> delta = args.LongDouble(2);
  if (!delta) return reply.Error(delta.error());
  value += *delta;
  if (std::isnan(value) || std::isinf(value)) return reply.Error(kNanOrInfinity);

  char text[kLongDoubleTextMax];
  const Bytes stored = {text, FormatLongDoubleHuman(text, value)};
  context.keyspace.PutBytes(key, found, stored, found ? found.entry->expiry() : kNoExpiry,
                            ValueType::kString, Encoding::kTextBytes);
  context.keyspace.Changed(key, EventKind::kString, "incrbyfloat");
  reply.Bulk(stored);
}

}  // namespace skarn::commands

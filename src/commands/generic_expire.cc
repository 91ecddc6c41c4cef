// SPDX-License-Identifier: BSD-3-Clause
//
// When keys expire: setting, reading and removing it.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "command/context.h"
#include "command/table.h"
#include "commands/generic.h"
#include "resp/shown_text.h"

namespace skarn::commands {
namespace {

constexpr ErrorText kNxWithOthers =
    "-ERR NX and XX, GT or LT options at the same time are not compatible";
constexpr ErrorText kGtWithLt =
    "-ERR GT and LT options at the same time are not compatible";

// How a command spells points in time.
struct TimeForm {
  bool is_absolute = false;
  bool is_seconds = false;
};

struct ExpireConditions {
  bool if_none = false;     // NX
  bool if_any = false;      // XX
  bool if_greater = false;  // GT
  bool if_less = false;     // LT

  bool Allow(ExpiryMillis old_expiry, ExpiryMillis expiry) const {
    const bool has_expiry = old_expiry != kNoExpiry;
    if (if_none && has_expiry) return false;
    if (if_any && !has_expiry) return false;
    // No expiry is later than any.
    if (if_greater && (!has_expiry || expiry <= old_expiry)) return false;
    return !if_less || !has_expiry || expiry < old_expiry;
  }
};

Parsed<ExpireConditions> ReadConditions(const Args& args, size_t first) {
  ExpireConditions conditions;
  for (size_t i = first; i < args.size(); ++i) {
    if (args.Is(i, "NX")) {
      conditions.if_none = true;
    } else if (args.Is(i, "XX")) {
      conditions.if_any = true;
    } else if (args.Is(i, "GT")) {
      conditions.if_greater = true;
    } else if (args.Is(i, "LT")) {
      conditions.if_less = true;
    } else {
      return std::unexpected(
          ReplyError(fmt::format("-ERR Unsupported option {}", ShownText(args[i]))));
    }
  }
  if (conditions.if_none &&
      (conditions.if_any || conditions.if_greater || conditions.if_less)) {
    return std::unexpected(ReplyError(kNxWithOthers));
  }
  if (conditions.if_greater && conditions.if_less) {
    return std::unexpected(ReplyError(kGtWithLt));
  }
  return conditions;
}

// The point in time that word 2 means; may lie in the past.
Parsed<ExpiryMillis> ReadTime(const CommandContext& context, const Args& args,
                              TimeForm form) {
  using Limits = std::numeric_limits<int64_t>;
  const Parsed<int64_t> number = args.Integer(2);
  if (!number) return std::unexpected(number.error());
  int64_t time = *number;
  const int64_t factor = form.is_seconds ? 1000 : 1;
  const int64_t base = form.is_absolute ? 0 : context.now();
  if (__builtin_mul_overflow(time, factor, &time) || time > Limits::max() - base) {
    return std::unexpected(InvalidExpireTime(context.command.spec->name));
  }
  return time + base;
}

void SetExpiryOfKey(CommandContext& context, const Args& args, ReplyWriter& reply,
                    TimeForm form) {
  const Parsed<ExpireConditions> conditions = ReadConditions(args, 3);
  if (!conditions) return reply.Error(conditions.error());
  const Parsed<ExpiryMillis> expiry = ReadTime(context, args, form);
  if (!expiry) return reply.Error(expiry.error());

  const Key& key = context.key();
  KeyspaceView& keyspace = context.keyspace;
  Found found = keyspace.FindForWrite(key);
  if (!found || !conditions->Allow(found.entry->expiry(), *expiry)) {
    return reply.Integer(0);
  }
  if (*expiry <= context.now()) {
    keyspace.Expire(key, found);
    keyspace.AddChanges(1);
  } else {
    keyspace.SetExpiry(key, found, *expiry);
    keyspace.Changed(key, EventKind::kGeneric, "expire");
  }
  reply.Integer(1);
}

// Rounds to the nearest second. `millis` is not negative.
int64_t ToSeconds(int64_t millis) {
  return static_cast<int64_t>((static_cast<uint64_t>(millis) + 500) / 1000);
}

void ReplyExpiry(CommandContext& context, ReplyWriter& reply, TimeForm form) {
  const Entry* entry = context.keyspace.Inspect(context.key());
  if (entry == nullptr) return reply.Integer(-2);
  if (!entry->HasExpiry()) return reply.Integer(-1);
  const int64_t base = form.is_absolute ? 0 : context.now();
  const int64_t millis = std::max<int64_t>(entry->expiry() - base, 0);
  reply.Integer(form.is_seconds ? ToSeconds(millis) : millis);
}

}  // namespace

void Expire(CommandContext& context, const Args& args, ReplyWriter& reply) {
  SetExpiryOfKey(context, args, reply, {.is_absolute = false, .is_seconds = true});
}

void Expireat(CommandContext& context, const Args& args, ReplyWriter& reply) {
  SetExpiryOfKey(context, args, reply, {.is_absolute = true, .is_seconds = true});
}

void Pexpire(CommandContext& context, const Args& args, ReplyWriter& reply) {
  SetExpiryOfKey(context, args, reply, {.is_absolute = false, .is_seconds = false});
}

void Pexpireat(CommandContext& context, const Args& args, ReplyWriter& reply) {
  SetExpiryOfKey(context, args, reply, {.is_absolute = true, .is_seconds = false});
}

void Ttl(CommandContext& context, const Args&, ReplyWriter& reply) {
  ReplyExpiry(context, reply, {.is_absolute = false, .is_seconds = true});
}

void Pttl(CommandContext& context, const Args&, ReplyWriter& reply) {
  ReplyExpiry(context, reply, {.is_absolute = false, .is_seconds = false});
}

void Expiretime(CommandContext& context, const Args&, ReplyWriter& reply) {
  ReplyExpiry(context, reply, {.is_absolute = true, .is_seconds = true});
}

void Pexpiretime(CommandContext& context, const Args&, ReplyWriter& reply) {
  ReplyExpiry(context, reply, {.is_absolute = true, .is_seconds = false});
}

void Persist(CommandContext& context, const Args&, ReplyWriter& reply) {
  const Key& key = context.key();
  Found found = context.keyspace.FindForWrite(key);
  if (!found || !found.entry->HasExpiry()) return reply.Integer(0);
  context.keyspace.SetExpiry(key, found, kNoExpiry);
  context.keyspace.Changed(key, EventKind::kGeneric, "persist");
  reply.Integer(1);
}

}  // namespace skarn::commands

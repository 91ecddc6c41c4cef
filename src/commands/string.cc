// SPDX-License-Identifier: BSD-3-Clause
//
// Reading strings whole, and setting them: the hottest handlers of all. The plain forms
// of GET and SET look at nothing but their key.
#include "commands/string.h"

#include <limits>

#include "command/client_memory.h"
#include "command/table.h"
#include "commands/string_options.h"
#include "commands/string_value.h"

namespace skarn::commands {
namespace {

constexpr ErrorText kBadKeyCount = "-ERR invalid numkeys value or out of range";

void PutAndTell(KeyspaceView& keyspace, const Key& key, Found& found, Bytes value,
                ExpiryMillis expiry) {
  keyspace.PutString(key, found, value, expiry);
  keyspace.Changed(key, EventKind::kString, "set");
}

bool MeetsCondition(const StringOptions& options, const Found& found) {
  switch (options.condition) {
    case SetCondition::kAlways:
      return true;
    case SetCondition::kIfAbsent:
      return !found;
    case SetCondition::kIfPresent:
      return static_cast<bool>(found);
    case SetCondition::kIfEqual:
      return found && found.entry->value() == options.comparison;
  }
  return false;
}

// Stores a value that expires at `expiry`. One whose time is over already is as good as
// stored and expired: the key goes.
void PutExpiring(CommandContext& context, const Key& key, Found& found, Bytes value,
                 ExpiryMillis expiry) {
  KeyspaceView& keyspace = context.keyspace;
  if (expiry <= context.now()) {
    if (!found) return;
    keyspace.Expire(key, found);
    return keyspace.AddChanges(1);
  }
  PutAndTell(keyspace, key, found, value, expiry);
  keyspace.Notify(EventKind::kGeneric, "expire", key);
}

void SetWithOptions(CommandContext& context, const Args& args, ReplyWriter& reply) {
  constexpr unsigned kKnown =
      kOptionCondition | kOptionIfEqual | kOptionGet | kOptionKeepTtl;
  const Parsed<StringOptions> options = ParseStringOptions(args, 3, kKnown);
  if (!options) return reply.Error(options.error());
  const Parsed<ExpiryMillis> expiry = ReadExpiry(context, args, *options);
  if (!expiry) return reply.Error(expiry.error());

  const Key& key = context.key();
  KeyspaceView& keyspace = context.keyspace;
  Found found = options->gets ? keyspace.FindForUpdate(key) : keyspace.FindForWrite(key);
  const bool compares = options->gets || options->condition == SetCondition::kIfEqual;
  if (compares && found && !IsString(*found.entry)) return reply.Error(kWrongType);
  if (options->gets) {
    found ? ReplyValue(reply, *found.entry) : reply.Null();
  }
  if (!MeetsCondition(*options, found)) {
    if (!options->gets) reply.Null();
    return;
  }

  if (*expiry != kNoExpiry) {
    PutExpiring(context, key, found, args[2], *expiry);
  } else {
    const bool keeps_expiry = options->keeps_expiry && found;
    PutAndTell(keyspace, key, found, args[2],
               keeps_expiry ? found.entry->expiry() : kNoExpiry);
  }
  if (!options->gets) reply.Ok();
}

// SETEX and PSETEX key time value.
void SetExpiring(CommandContext& context, const Args& args, ReplyWriter& reply,
                 bool is_seconds) {
  const auto expiry =
      ReadExpiry(context, args, 2, {.is_absolute = false, .is_seconds = is_seconds});
  if (!expiry) return reply.Error(expiry.error());
  Found found = context.keyspace.FindForWrite(context.key());
  PutExpiring(context, context.key(), found, args[3], *expiry);
  reply.Ok();
}

// Stores the values of "key value" pairs, the first value being args[first_value]. A past
// expiry is stored like any other: the next access removes the key.
void PutPairs(CommandContext& context, const Args& args, size_t first_value,
              ExpiryMillis expiry = kNoExpiry, bool keeps_expiry = false) {
  for (size_t i = 0; i < context.keys.size(); ++i) {
    const Key& key = context.key(i);
    Found found = context.keyspace.FindForWrite(key);
    const ExpiryMillis kept = keeps_expiry && found ? found.entry->expiry() : expiry;
    PutAndTell(context.keyspace, key, found, args[first_value + 2 * i], kept);
    if (expiry != kNoExpiry) context.keyspace.Notify(EventKind::kGeneric, "expire", key);
  }
}

// True if every key of the command is there (`is_present`) or absent. Stops at the first
// that is not as asked.
bool AreAll(CommandContext& context, bool is_present) {
  for (const Key& key : context.keys) {
    const Found found = context.keyspace.FindForWrite(key);
    if (static_cast<bool>(found) != is_present) return false;
  }
  return true;
}

// MSETEX's condition, over all keys.
bool MeetsConditionOfAll(CommandContext& context, SetCondition condition) {
  switch (condition) {
    case SetCondition::kIfAbsent:
      return AreAll(context, false);
    case SetCondition::kIfPresent:
      return AreAll(context, true);
    default:
      return true;
  }
}

}  // namespace

void Get(CommandContext& context, const Args&, ReplyWriter& reply) {
  const Entry* entry = context.keyspace.Find(context.key());
  if (entry == nullptr) return reply.Null();
  if (!IsString(*entry)) [[unlikely]]
    return reply.Error(kWrongType);
  ReplyValue(reply, *entry);
}

void Set(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (args.size() != 3) [[unlikely]]
    return SetWithOptions(context, args, reply);
  const Key& key = context.key();
  Found found = context.keyspace.FindForWrite(key);
  PutAndTell(context.keyspace, key, found, args[2], kNoExpiry);
  reply.Ok();
}

void Mget(CommandContext& context, const Args&, ReplyWriter& reply) {
  reply.ArrayHeader(context.keys.size());
  for (size_t i = 0; i < context.keys.size(); ++i) {
    if (i % kItemsPerLimitCheck == 0 && CutsReply(context.settings, context.client))
        [[unlikely]] {
      return;  // One long value asked for a million times, say.
    }
    const Entry* entry = context.keyspace.Find(context.keys[i]);
    if (entry != nullptr && IsString(*entry)) [[likely]] {
      ReplyValue(reply, *entry);
    } else {
      reply.Null();
    }
  }
}

void Mset(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (args.size() % 2 == 0)
    return reply.Error(WrongArgumentCount(context.command.spec->name));
  PutPairs(context, args, 2);
  reply.Ok();
}

void Msetnx(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (args.size() % 2 == 0)
    return reply.Error(WrongArgumentCount(context.command.spec->name));
  if (!AreAll(context, /*is_present=*/false)) return reply.Integer(0);
  PutPairs(context, args, 2);
  reply.Integer(1);
}

void Msetex(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<int64_t> key_count =
      args.IntegerBetween(1, 1, std::numeric_limits<int32_t>::max(), kBadKeyCount);
  if (!key_count) return reply.Error(key_count.error());
  const size_t count = static_cast<size_t>(*key_count);
  if (2 * count > args.size() - 2) return reply.Error(kSyntaxError);
  const Parsed<StringOptions> options =
      ParseStringOptions(args, 2 + 2 * count, kOptionCondition | kOptionKeepTtl);
  if (!options) return reply.Error(options.error());
  const Parsed<ExpiryMillis> expiry = ReadExpiry(context, args, *options);
  if (!expiry) return reply.Error(expiry.error());
  SKARN_DCHECK(context.keys.size() == count);
  if (!MeetsConditionOfAll(context, options->condition)) return reply.Integer(0);
  PutPairs(context, args, 3, *expiry, options->keeps_expiry);
  reply.Integer(1);
}

void Setnx(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Key& key = context.key();
  Found found = context.keyspace.FindForWrite(key);
  if (found) return reply.Integer(0);
  PutAndTell(context.keyspace, key, found, args[2], kNoExpiry);
  reply.Integer(1);
}

void Setex(CommandContext& context, const Args& args, ReplyWriter& reply) {
  SetExpiring(context, args, reply, /*is_seconds=*/true);
}

void Psetex(CommandContext& context, const Args& args, ReplyWriter& reply) {
  SetExpiring(context, args, reply, /*is_seconds=*/false);
}

void Getset(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Key& key = context.key();
  Found found = context.keyspace.FindForUpdate(key);
  if (found && !IsString(*found.entry)) return reply.Error(kWrongType);
  found ? ReplyValue(reply, *found.entry) : reply.Null();
  PutAndTell(context.keyspace, key, found, args[2], kNoExpiry);
}

void Getdel(CommandContext& context, const Args&, ReplyWriter& reply) {
  const Key& key = context.key();
  Found found = context.keyspace.FindForUpdate(key);
  if (!found) return reply.Null();
  if (!IsString(*found.entry)) return reply.Error(kWrongType);
  ReplyValue(reply, *found.entry);
  context.keyspace.Erase(key, found);
  context.keyspace.Changed(key, EventKind::kGeneric, "del");
}

void Getex(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<StringOptions> options = ParseStringOptions(args, 2, kOptionPersist);
  if (!options) return reply.Error(options.error());
  const Parsed<ExpiryMillis> expiry = ReadExpiry(context, args, *options);
  if (!expiry) return reply.Error(expiry.error());
  const Key& key = context.key();
  KeyspaceView& keyspace = context.keyspace;
  Found found = keyspace.FindForUpdate(key);
  if (!found) return reply.Null();
  if (!IsString(*found.entry)) return reply.Error(kWrongType);
  ReplyValue(reply, *found.entry);

  if (*expiry != kNoExpiry) {
    if (*expiry <= context.now()) {
      keyspace.Expire(key, found);
      return keyspace.AddChanges(1);
    }
    keyspace.SetExpiry(key, found, *expiry);
    keyspace.Changed(key, EventKind::kGeneric, "expire");
  } else if (options->persists && found.entry->HasExpiry()) {
    keyspace.SetExpiry(key, found, kNoExpiry);
    keyspace.Changed(key, EventKind::kGeneric, "persist");
  }
}

void Delifeq(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Key& key = context.key();
  Found found;
  if (!FindStringForWrite(context, key, reply, &found)) return;
  if (!found || found.entry->value() != args[2]) return reply.Integer(0);
  context.keyspace.Erase(key, found);
  context.keyspace.Changed(key, EventKind::kGeneric, "del");
  reply.Integer(1);
}

void Strlen(CommandContext& context, const Args&, ReplyWriter& reply) {
  const Entry* entry;
  if (!ReadString(context, context.key(), reply, &entry)) return;
  reply.Integer(entry == nullptr ? 0 : static_cast<int64_t>(entry->value().size()));
}

}  // namespace skarn::commands

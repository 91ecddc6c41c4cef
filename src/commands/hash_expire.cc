// SPDX-License-Identifier: BSD-3-Clause
//
// The expiry of fields. A time that is over already erases the field at once.
#include <fmt/format.h>

#include "commands/hash.h"
#include "commands/hash_editor.h"
#include "commands/hash_fields.h"
#include "resp/shown_text.h"

namespace skarn::commands {
namespace {

// What the commands reply for one field.
constexpr int64_t kNoField = -2;
constexpr int64_t kNoFieldExpiry = -1;
constexpr int64_t kConditionNotMet = 0;
constexpr int64_t kDone = 1;
constexpr int64_t kErased = 2;

struct ExpiryCondition {
  bool if_none = false;     // NX
  bool if_some = false;     // XX
  bool if_greater = false;  // GT
  bool if_less = false;     // LT

  // No expiry counts as the latest of all.
  bool Allows(ExpiryMillis old_expiry, ExpiryMillis expiry) const {
    const bool had_expiry = old_expiry != kNoExpiry;
    if (if_none && had_expiry) return false;
    if (if_some && !had_expiry) return false;
    if (if_greater && (!had_expiry || expiry <= old_expiry)) return false;
    return !if_less || !had_expiry || expiry < old_expiry;
  }
};

Parsed<ExpiryCondition> ParseCondition(const Args& words) {
  ExpiryCondition condition;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words.Is(i, "NX")) {
      condition.if_none = true;
    } else if (words.Is(i, "XX")) {
      condition.if_some = true;
    } else if (words.Is(i, "GT")) {
      condition.if_greater = true;
    } else if (words.Is(i, "LT")) {
      condition.if_less = true;
    } else {
      return std::unexpected(
          ReplyError(fmt::format("-ERR Unsupported option {}", ShownText(words[i]))));
    }
  }
  const bool has_others = condition.if_some || condition.if_greater || condition.if_less;
  if (condition.if_none && has_others) {
    return std::unexpected(ReplyError(kFieldNxWithOthers));
  }
  if (condition.if_greater && condition.if_less) {
    return std::unexpected(ReplyError(kGtAndLtTogether));
  }
  return condition;
}

// HEXPIRE and its kin: key time [NX | XX | GT | LT] FIELDS numfields field ...
void ExpireFields(CommandContext& context, const Args& args, ReplyWriter& reply,
                  ExpiryUnit unit) {
  const size_t word = FindFieldsWord(args, 3);
  if (word == 0) return reply.Error(kFieldCountMismatch);
  const auto condition = ParseCondition(args.Subspan(3, word - 3));
  if (!condition) return reply.Error(condition.error());
  const auto count = ReadFieldCount(args, word + 1);
  if (!count) return reply.Error(count.error());
  const auto expiry = ReadFieldExpiry(context, args, 2, unit);
  if (!expiry) return reply.Error(expiry.error());

  auto hash = EditHash(context, reply);
  if (!hash) return;
  const bool is_past = *expiry <= context.now();
  uint64_t changes = 0;
  reply.ArrayHeader(*count);
  for (const Bytes& field : args.Subspan(word + 2)) {
    const auto item = hash->Find(field);
    if (!item) {
      reply.Integer(kNoField);
    } else if (!condition->Allows(item->expiry, *expiry)) {
      reply.Integer(kConditionNotMet);
    } else {
      is_past ? void(hash->Erase(field)) : hash->SetExpiry(field, *expiry);
      reply.Integer(is_past ? kErased : kDone);
      ++changes;
    }
  }
  if (changes == 0) return;
  is_past ? hash->TellExpired(changes) : hash->Tell("hexpire", changes);
  hash->Finish();
}

// HTTL and its kin: key FIELDS numfields field ...
void ReplyExpiries(CommandContext& context, const Args& args, ReplyWriter& reply,
                   ExpiryUnit unit) {
  if (!args.Is(2, "FIELDS")) return reply.Error(kSyntaxError);
  const auto count = ReadFieldCount(args, 3, 1, kSyntaxError);
  if (!count) return reply.Error(count.error());
  const auto hash = ReadHash(context, context.key(), reply);
  if (!hash) return;
  reply.ArrayHeader(*count);
  for (const Bytes& field : args.Subspan(4)) {
    const auto item = hash->Find(field);
    if (!item) {
      reply.Integer(kNoField);
    } else if (item->expiry == kNoExpiry) {
      reply.Integer(kNoFieldExpiry);
    } else {
      const int64_t millis = item->expiry - (unit.is_absolute ? 0 : context.now());
      reply.Integer(unit.is_seconds ? millis / 1000 + (millis % 1000 >= 500) : millis);
    }
  }
}

// HSETEX with a time that is over: as if the fields were set, and expired at once.
void SetExpired(HashEditor& hash, const Args& pairs) {
  if (hash.is_absent()) hash.TellNew();
  uint64_t changes = 0;
  for (size_t i = 0; i < pairs.size(); i += 2) changes += hash.EraseAny(pairs[i]);
  hash.Tell("hset", changes);
  hash.Tell("hexpire", 0);
  hash.TellExpired(pairs.size() / 2, 0);
  hash.FinishAs(hash.is_absent());
}

bool MeetsFieldCondition(const HashEditor& hash, const FieldOptions& options,
                         const Args& pairs) {
  if (!options.if_fields_absent && !options.if_fields_present) return true;
  for (size_t i = 0; i < pairs.size(); i += 2) {
    if (hash.Find(pairs[i]).has_value() == options.if_fields_absent) return false;
  }
  return true;
}

}  // namespace

void Hexpire(CommandContext& context, const Args& args, ReplyWriter& reply) {
  ExpireFields(context, args, reply, {.is_absolute = false, .is_seconds = true});
}

void Hpexpire(CommandContext& context, const Args& args, ReplyWriter& reply) {
  ExpireFields(context, args, reply, {.is_absolute = false, .is_seconds = false});
}

void Hexpireat(CommandContext& context, const Args& args, ReplyWriter& reply) {
  ExpireFields(context, args, reply, {.is_absolute = true, .is_seconds = true});
}

void Hpexpireat(CommandContext& context, const Args& args, ReplyWriter& reply) {
  ExpireFields(context, args, reply, {.is_absolute = true, .is_seconds = false});
}

void Httl(CommandContext& context, const Args& args, ReplyWriter& reply) {
  ReplyExpiries(context, args, reply, {.is_absolute = false, .is_seconds = true});
}

void Hpttl(CommandContext& context, const Args& args, ReplyWriter& reply) {
  ReplyExpiries(context, args, reply, {.is_absolute = false, .is_seconds = false});
}

void Hexpiretime(CommandContext& context, const Args& args, ReplyWriter& reply) {
  ReplyExpiries(context, args, reply, {.is_absolute = true, .is_seconds = true});
}

void Hpexpiretime(CommandContext& context, const Args& args, ReplyWriter& reply) {
  ReplyExpiries(context, args, reply, {.is_absolute = true, .is_seconds = false});
}

void Hpersist(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (!args.Is(2, "FIELDS")) return reply.Error(kSyntaxError);
  const auto count = ReadFieldCount(args, 3);
  if (!count) return reply.Error(count.error());
  auto hash = EditHash(context, reply);
  if (!hash) return;
  uint64_t changes = 0;
  reply.ArrayHeader(*count);
  for (const Bytes& field : args.Subspan(4)) {
    const auto item = hash->Find(field);
    if (!item) {
      reply.Integer(kNoField);
    } else if (item->expiry == kNoExpiry) {
      reply.Integer(kNoFieldExpiry);
    } else {
      hash->SetExpiry(field, kNoExpiry);
      reply.Integer(kDone);
      ++changes;
    }
  }
  if (changes != 0) hash->Tell("hpersist", changes);
}

// HGETEX key [EX | PX | EXAT | PXAT time | PERSIST] FIELDS numfields field ...
void Hgetex(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto options = ParseFieldOptions(args, FieldCommand::kGet);
  if (!options) return reply.Error(options.error());
  auto hash = EditHash(context, reply, /*counts_hits=*/true);
  if (!hash) return;
  ExpiryMillis expiry = kNoExpiry;
  if (options->expiry_index != 0) {
    const auto read =
        ReadFieldExpiry(context, args, options->expiry_index, options->unit);
    if (!read) return reply.Error(read.error());
    expiry = *read;
  }

  const bool is_past = expiry != kNoExpiry && expiry <= context.now();
  const Args fields = args.Subspan(options->first_field);
  uint64_t changes = 0;
  reply.ArrayHeader(fields.size());
  for (const Bytes& field : fields) {
    const auto item = hash->Find(field);
    if (!item) {
      reply.Null();
      continue;
    }
    ReplyElement(reply, item->value);
    if (is_past) {
      changes += hash->Erase(field);
    } else if (expiry != kNoExpiry || (options->persists && item->expiry != kNoExpiry)) {
      hash->SetExpiry(field, expiry);
      ++changes;
    }
  }
  if (changes == 0) return;
  is_past ? hash->TellExpired(changes)
          : hash->Tell(options->persists ? "hpersist" : "hexpire", changes);
  hash->Finish();
}

// HSETEX key [NX | XX] [FNX | FXX] [EX | PX | EXAT | PXAT time | KEEPTTL]
//   FIELDS numfields field value ...
void Hsetex(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto options = ParseFieldOptions(args, FieldCommand::kSet);
  if (!options) return reply.Error(options.error());
  auto hash = EditHash(context, reply);
  if (!hash) return;
  if (hash->is_absent() ? options->if_key_present : options->if_key_absent) {
    return reply.Integer(0);
  }
  ExpiryMillis expiry = options->keeps_expiry ? HashEditor::kKeepExpiry : kNoExpiry;
  if (options->expiry_index != 0) {
    const auto read =
        ReadFieldExpiry(context, args, options->expiry_index, options->unit);
    if (!read) return reply.Error(read.error());
    expiry = *read;
  }
  const Args pairs = args.Subspan(options->first_field);
  if (!MeetsFieldCondition(*hash, *options, pairs)) return reply.Integer(0);

  reply.Integer(1);
  const bool expires = options->expiry_index != 0;
  if (expires && expiry <= context.now()) return SetExpired(*hash, pairs);
  // Unlike HSET, it counts a repeated field once.
  if (pairs.size() / 2 > context.settings.hash_max_listpack_entries) {
    for (size_t i = 0; i < pairs.size(); i += 2)
      hash->Set(pairs[i], pairs[i + 1], expiry);
  } else if (expiry == kNoExpiry) {
    hash->SetPairs(pairs);
  } else {
    hash->ExpectPairs(pairs);
    for (size_t i = 0; i < pairs.size(); i += 2)
      hash->Set(pairs[i], pairs[i + 1], expiry);
  }
  hash->Tell("hset", pairs.size() / 2);
  if (expires) hash->Tell("hexpire", 0);
}

}  // namespace skarn::commands

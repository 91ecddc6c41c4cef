// SPDX-License-Identifier: BSD-3-Clause
#include "commands/hash_fields.h"

#include <limits>

#include "command/context.h"
#include "command/table.h"

namespace skarn::commands {
namespace {

struct ExpiryWord {
  Bytes word;
  ExpiryUnit unit;
};
constexpr ExpiryWord kExpiryWords[] = {
    {"EX", {.is_absolute = false, .is_seconds = true}},
    {"PX", {.is_absolute = false, .is_seconds = false}},
    {"EXAT", {.is_absolute = true, .is_seconds = true}},
    {"PXAT", {.is_absolute = true, .is_seconds = false}},
};

// Sets `flag`, unless the option that excludes it is there.
bool SetUnless(bool& flag, bool excluded) {
  flag = true;
  return !excluded;
}

bool AddSetFlag(Bytes word, FieldOptions& options) {
  if (EqualsIgnoreCase(word, "NX")) {
    return SetUnless(options.if_key_absent, options.if_key_present);
  }
  if (EqualsIgnoreCase(word, "XX")) {
    return SetUnless(options.if_key_present, options.if_key_absent);
  }
  if (EqualsIgnoreCase(word, "FNX")) {
    return SetUnless(options.if_fields_absent, options.if_fields_present);
  }
  if (EqualsIgnoreCase(word, "FXX")) {
    return SetUnless(options.if_fields_present, options.if_fields_absent);
  }
  return EqualsIgnoreCase(word, "KEEPTTL") &&
         SetUnless(options.keeps_expiry, options.expiry_index != 0);
}

// Takes the option at `index`, which ends before `end`; returns where the next one
// stands, 0 when it is none.
size_t AddOption(const Args& args, size_t index, size_t end, FieldCommand command,
                 FieldOptions& options) {
  for (const ExpiryWord& known : kExpiryWords) {
    if (!args.Is(index, known.word)) continue;
    const bool differs = options.expiry_index != 0 && !(options.unit == known.unit);
    if (index + 1 >= end || differs || options.keeps_expiry || options.persists) return 0;
    options.unit = known.unit;
    options.expiry_index = index + 1;
    return index + 2;
  }
  const bool is_accepted =
      command == FieldCommand::kSet
          ? AddSetFlag(args[index], options)
          : args.Is(index, "PERSIST") &&
                SetUnless(options.persists, options.expiry_index != 0);
  return is_accepted ? index + 1 : 0;
}

}  // namespace

size_t FindFieldsWord(const Args& args, size_t from) {
  for (size_t i = from; i + 1 < args.size(); ++i) {
    if (args.Is(i, "FIELDS")) return i;
  }
  return 0;
}

Parsed<size_t> ReadFieldCount(const Args& args, size_t index, size_t words_per_field,
                              ErrorText mismatch) {
  const Parsed<int64_t> count = args.Integer(index);
  if (!count) return std::unexpected(count.error());
  const size_t words = args.size() - index - 1;
  if (*count <= 0 || words % words_per_field != 0 ||
      static_cast<uint64_t>(*count) != words / words_per_field) {
    return std::unexpected(ReplyError(mismatch));
  }
  return static_cast<size_t>(*count);
}

Parsed<FieldOptions> ParseFieldOptions(const Args& args, FieldCommand command) {
  const size_t fields = FindFieldsWord(args, 2);
  if (fields == 0) return std::unexpected(ReplyError(kFieldCountMismatch));
  FieldOptions options;
  for (size_t i = 2; i < fields;) {
    i = AddOption(args, i, fields, command, options);
    if (i == 0) return std::unexpected(ReplyError(kSyntaxError));
  }
  const size_t words_per_field = command == FieldCommand::kSet ? 2 : 1;
  const auto count = ReadFieldCount(args, fields + 1, words_per_field);
  if (!count) return std::unexpected(count.error());
  options.first_field = fields + 2;
  return options;
}

Parsed<ExpiryMillis> ReadFieldExpiry(const CommandContext& context, const Args& args,
                                     size_t index, ExpiryUnit unit) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const Parsed<int64_t> number = args.Integer(index);
  if (!number) return std::unexpected(number.error());
  const int64_t scale = unit.is_seconds ? 1000 : 1;
  const int64_t base = unit.is_absolute ? 0 : context.now();
  if (*number < 0 || *number > (kMax - base) / scale) {
    return std::unexpected(InvalidExpireTime(context.command.spec->name));
  }
  return *number * scale + base;
}

}  // namespace skarn::commands

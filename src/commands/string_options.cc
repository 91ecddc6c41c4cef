// SPDX-License-Identifier: BSD-3-Clause
#include "commands/string_options.h"

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

const ExpiryWord* FindExpiryWord(Bytes word) {
  for (const ExpiryWord& known : kExpiryWords) {
    if (EqualsIgnoreCase(word, known.word)) return &known;
  }
  return nullptr;
}

// The same option twice is fine (the last one counts), two of a kind that differ are not.
bool AddExpiry(const ExpiryWord& option, size_t value_index, StringOptions* options) {
  if (options->keeps_expiry || options->persists) return false;
  if (options->expiry_index != 0 && !(options->unit == option.unit)) return false;
  options->unit = option.unit;
  options->expiry_index = value_index;
  return true;
}

// Takes an option without a value.
bool AddFlag(Bytes word, unsigned known, StringOptions* options) {
  const bool has_expiry = options->expiry_index != 0;
  if (EqualsIgnoreCase(word, "NX") || EqualsIgnoreCase(word, "XX")) {
    const bool is_absent = ToLower(word[0]) == 'n';
    const SetCondition condition =
        is_absent ? SetCondition::kIfAbsent : SetCondition::kIfPresent;
    if ((known & kOptionCondition) == 0) return false;
    if (options->condition != SetCondition::kAlways && options->condition != condition) {
      return false;
    }
    options->condition = condition;
    return true;
  }
  if (EqualsIgnoreCase(word, "GET")) {
    options->gets = true;
    return (known & kOptionGet) != 0;
  }
  if (EqualsIgnoreCase(word, "KEEPTTL")) {
    options->keeps_expiry = true;
    return (known & kOptionKeepTtl) != 0 && !has_expiry;
  }
  if (EqualsIgnoreCase(word, "PERSIST")) {
    options->persists = true;
    return (known & kOptionPersist) != 0 && !has_expiry;
  }
  return false;
}

}  // namespace

Parsed<StringOptions> ParseStringOptions(const Args& args, size_t first, unsigned known) {
  StringOptions options;
  for (size_t i = first; i < args.size(); ++i) {
    const bool has_value = i + 1 < args.size();
    bool is_accepted = false;
    if (const ExpiryWord* expiry = FindExpiryWord(args[i])) {
      is_accepted = has_value && AddExpiry(*expiry, ++i, &options);
    } else if ((known & kOptionIfEqual) != 0 && EqualsIgnoreCase(args[i], "IFEQ")) {
      is_accepted = has_value && options.condition == SetCondition::kAlways;
      if (is_accepted) {
        options.condition = SetCondition::kIfEqual;
        options.comparison = args[++i];
      }
    } else {
      is_accepted = AddFlag(args[i], known, &options);
    }
    if (!is_accepted) return std::unexpected(ReplyError(kSyntaxError));
  }
  return options;
}

Parsed<ExpiryMillis> ReadExpiry(const CommandContext& context, const Args& args,
                                size_t index, ExpiryUnit unit) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const Parsed<int64_t> number = args.Integer(index);
  if (!number) return std::unexpected(number.error());
  int64_t millis = *number;
  const int64_t base = unit.is_absolute ? 0 : context.now();
  if (millis <= 0 || (unit.is_seconds && millis > kMax / 1000)) {
    return std::unexpected(InvalidExpireTime(context.command.spec->name));
  }
  if (unit.is_seconds) millis *= 1000;
  if (millis > kMax - base) {
    return std::unexpected(InvalidExpireTime(context.command.spec->name));
  }
  return millis + base;
}

Parsed<ExpiryMillis> ReadExpiry(const CommandContext& context, const Args& args,
                                const StringOptions& options) {
  if (options.expiry_index == 0) return kNoExpiry;
  return ReadExpiry(context, args, options.expiry_index, options.unit);
}

}  // namespace skarn::commands

// SPDX-License-Identifier: BSD-3-Clause
#include "commands/scan_options.h"

#include <fmt/format.h>

#include "commands/value_type_name.h"
#include "resp/shown_text.h"

namespace skarn::commands {
namespace {

constexpr ErrorText kNoValuesOfKeys = "-ERR NOVALUES option can only be used in HSCAN";

bool IsBlank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// As the C library reads an unsigned number: blanks, a sign (a negative number wraps
// round), digits; then the end of the text or a zero byte.
bool ParseLooseUint64(Bytes text, uint64_t* value) {
  size_t at = 0;
  while (at < text.size() && IsBlank(text[at])) ++at;
  bool is_negative = false;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) {
    is_negative = text[at++] == '-';
  }
  const size_t first_digit = at;
  uint64_t sum = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    if (__builtin_mul_overflow(sum, uint64_t{10}, &sum)) return false;
    if (__builtin_add_overflow(sum, static_cast<uint64_t>(text[at] - '0'), &sum)) {
      return false;
    }
  }
  if (at == first_digit || (at < text.size() && text[at] != '\0')) return false;
  *value = is_negative ? 0 - sum : sum;
  return true;
}

}  // namespace

Parsed<uint64_t> ParseScanCursor(Bytes text) {
  int64_t number;
  if (ParseInt64(text, &number)) {
    if (number < 0) return std::unexpected(ReplyError(kBadCursor));
    return static_cast<uint64_t>(number);
  }
  uint64_t cursor;
  if (!ParseLooseUint64(text, &cursor)) return std::unexpected(ReplyError(kBadCursor));
  return cursor;
}

Parsed<ScanOptions> ParseScanOptions(const Args& args, size_t first, ScanKind kind) {
  const bool is_keys = kind == ScanKind::kKeys;
  ScanOptions options;
  for (size_t i = first; i < args.size(); ++i) {
    const bool has_value = i + 1 < args.size();
    if (args.Is(i, "COUNT") && has_value) {
      const Parsed<int64_t> count = args.Integer(++i);
      if (!count) return std::unexpected(count.error());
      if (*count < 1) return std::unexpected(ReplyError(kSyntaxError));
      options.count = static_cast<uint64_t>(*count);
    } else if (args.Is(i, "MATCH") && has_value) {
      options.pattern = args[++i];
      if (*options.pattern == "*") options.pattern.reset();
    } else if (args.Is(i, "TYPE") && has_value && is_keys) {
      options.type = FindValueType(args[++i]);
      if (!options.type) {
        return std::unexpected(
            ReplyError(fmt::format("-ERR unknown type name '{}'", ShownText(args[i]))));
      }
    } else if (args.Is(i, "NOVALUES")) {
      if (is_keys) return std::unexpected(ReplyError(kNoValuesOfKeys));
      options.omits_values = true;
    } else {
      return std::unexpected(ReplyError(kSyntaxError));
    }
  }
  return options;
}

}  // namespace skarn::commands

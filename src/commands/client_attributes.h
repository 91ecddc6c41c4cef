// SPDX-License-Identifier: BSD-3-Clause
//
// What clients may call themselves: names and library names stand in CLIENT LIST, one
// line a client, so they hold no blanks. As in the reference, what stands behind a NUL is
// kept, and neither checked nor listed. Threads: any.
#pragma once

#include <algorithm>

#include "base/bytes.h"
#include "resp/reply_error.h"

namespace skarn {

inline constexpr ErrorText kBadClientName =
    "-ERR Client names cannot contain spaces, newlines or special characters.";

// The part that is listed.
inline Bytes ShownAttribute(Bytes text) {
  return text.substr(0, text.find('\0'));
}

inline bool IsClientAttribute(Bytes text) {
  const Bytes shown = ShownAttribute(text);
  return std::all_of(shown.begin(), shown.end(),
                     [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// What clients may call themselves: names and library names stand in CLIENT LIST, one
// line a client, so they hold no blanks. Threads: any.
#pragma once

#include <algorithm>

#include "base/bytes.h"
#include "resp/reply_error.h"

namespace skarn {

inline constexpr ErrorText kBadClientName =
    "-ERR Client names cannot contain spaces, newlines or special characters.";

inline bool IsClientAttribute(Bytes text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace skarn

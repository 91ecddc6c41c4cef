// SPDX-License-Identifier: BSD-3-Clause
//
// Glob patterns of KEYS, SCAN MATCH, PSUBSCRIBE, CONFIG GET and ACL rules.
// Threads: any.
#pragma once

#include "base/bytes.h"

namespace skarn {

// True if `pattern` matches all of `text`. '*' stands for any bytes, '?' for one,
// "[a-z^...]" for one of a class ('^' first: for one outside it), '\' takes the next byte
// literally. The empty text matches the empty pattern alone, as in the stock servers.
// Takes at most O(pattern * text) steps on any input.
bool GlobMatch(Bytes pattern, Bytes text, bool ignore_case = false);

// True if `pattern` has no special byte, so that it matches only itself.
bool IsGlobLiteral(Bytes pattern);

}  // namespace skarn

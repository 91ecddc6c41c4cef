// SPDX-License-Identifier: BSD-3-Clause
//
// The words of a line as a person types it: inline requests, lines of the configuration
// file. Threads: any.
#pragma once

#include <deque>
#include <string>

#include "base/bytes.h"

namespace skarn {

// Appends the words of `line` to `words`. Blanks separate words. "..." knows \n \r \t \b
// \a, \xHH and \ before any other byte; '...' only \'. Quoted and bare parts side by side
// are one word. False if a quote is not closed; what was appended by then is dropped
// again.
bool SplitInlineWords(Bytes line, std::deque<std::string>* words);

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// A line of a configuration file as words, and back. Words are parted by blanks; "..."
// may hold blanks and the escapes \xHH \n \r \t \a \b, '...' only \'; quotes may begin
// within a word. Threads: any.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace skarn {

// The words of `line`, or nothing if a quote is not closed.
std::optional<std::vector<std::string>> SplitConfigLine(Bytes line);

// `word` in double quotes, so that SplitConfigLine() gives it back whatever bytes it
// holds.
std::string QuoteConfigWord(Bytes word);

// `line` without the blanks and line ends around it.
Bytes TrimConfigLine(Bytes line);

// `text` as messages show it: control characters but tabs are \xHH.
std::string ShownConfigText(Bytes text);

}  // namespace skarn

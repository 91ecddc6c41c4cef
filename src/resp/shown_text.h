// SPDX-License-Identifier: BSD-3-Clause
//
// What the error texts of the stock servers show of a word.
// Threads: any.
#pragma once

#include "base/bytes.h"

namespace skarn {

// The word up to its first zero byte, where the stock servers end a text.
inline Bytes ShownText(Bytes word) {
  return word.substr(0, word.find('\0'));
}

}  // namespace skarn

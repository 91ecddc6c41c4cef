// SPDX-License-Identifier: BSD-3-Clause
//
// Which words of a request are secrets: MONITOR and the command log show "(redacted)" for
// them. Threads: any.
#pragma once

#include "command/table.h"

namespace skarn {

inline constexpr Bytes kRedacted = "(redacted)";

// Whether args[index] is a secret: the words of AUTH, user and password in HELLO, the
// value of a CONFIG SET that holds a password.
inline bool IsSecret(const Command& command, const Args& args, size_t index) {
  if (index == 0) return false;
  const std::string_view name = command.spec->name;
  if (name == "auth") return true;
  if (name == "hello") {
    return (index >= 3 && args.Is(index - 1, "AUTH")) ||
           (index >= 4 && args.Is(index - 2, "AUTH"));
  }
  if (name == "config|set" && index >= 3 && index % 2 == 1) {
    for (const Bytes option :
         {"requirepass", "masterauth", "primaryauth", "masteruser", "primaryuser",
          "tls-key-file-pass", "tls-client-key-file-pass"}) {
      if (args.Is(index - 1, option)) return true;
    }
  }
  return false;
}

}  // namespace skarn

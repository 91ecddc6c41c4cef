// SPDX-License-Identifier: BSD-3-Clause
//
// The reply of every HELP subcommand.
// Threads: as the writer.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "resp/reply_writer.h"

namespace skarn {

// Replies with a line on how to call `command` (in capitals: "OBJECT"), then `lines`,
// which describe the subcommands in alternation: the call, and what it does indented by
// four blanks. HELP itself is added behind them.
inline void ReplyHelp(ReplyWriter& reply, std::string_view command,
                      std::span<const std::string_view> lines) {
  reply.ArrayHeader(lines.size() + 3);
  std::string usage(command);
  usage += " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:";
  reply.SimpleString(usage);
  for (const std::string_view line : lines) reply.SimpleString(line);
  reply.SimpleString("HELP");
  reply.SimpleString("    Print this help.");
}

}  // namespace skarn

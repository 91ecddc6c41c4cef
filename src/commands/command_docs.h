// SPDX-License-Identifier: BSD-3-Clause
//
// The documentation of one command as COMMAND DOCS shows it.
// Threads: any.
#pragma once

#include "command/table.h"
#include "resp/reply_writer.h"

namespace skarn {

// Two elements of a map: the full name, and a map of what the row says for people.
void WriteCommandDocs(const Command& command, ReplyWriter& reply);

}  // namespace skarn

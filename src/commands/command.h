// SPDX-License-Identifier: BSD-3-Clause
//
// The handlers of the commands for COMMAND. Their rows, in command_rows.cc, say what was
// checked before they are called and which locks are held.
// Threads: the worker that runs the command. Owner: none; functions.
#pragma once

#include "command/spec.h"

namespace skarn::commands {

void CommandAll(CommandContext& context, const Args& args, ReplyWriter& reply);
void CommandCount(CommandContext& context, const Args& args, ReplyWriter& reply);
void CommandDocs(CommandContext& context, const Args& args, ReplyWriter& reply);
void CommandGetkeys(CommandContext& context, const Args& args, ReplyWriter& reply);
void CommandGetkeysandflags(CommandContext& context, const Args& args,
                            ReplyWriter& reply);
void CommandHelp(CommandContext& context, const Args& args, ReplyWriter& reply);
void CommandInfo(CommandContext& context, const Args& args, ReplyWriter& reply);
void CommandList(CommandContext& context, const Args& args, ReplyWriter& reply);

}  // namespace skarn::commands

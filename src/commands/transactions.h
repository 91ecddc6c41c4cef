// SPDX-License-Identifier: BSD-3-Clause
//
// The handlers of the commands for transactions. Their rows, in transactions_rows.cc, say
// what was checked before they are called and which locks are held. Threads: the worker
// that runs the command. Owner: none; functions.
#pragma once

#include "command/spec.h"

namespace skarn::commands {

void Discard(CommandContext& context, const Args& args, ReplyWriter& reply);
void Exec(CommandContext& context, const Args& args, ReplyWriter& reply);
void Multi(CommandContext& context, const Args& args, ReplyWriter& reply);
void Unwatch(CommandContext& context, const Args& args, ReplyWriter& reply);
void Watch(CommandContext& context, const Args& args, ReplyWriter& reply);

}  // namespace skarn::commands

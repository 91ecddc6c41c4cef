// SPDX-License-Identifier: BSD-3-Clause
//
// The handlers of the commands for strings. Their rows, in string_rows.cc, say what was
// checked before they are called and which locks are held.
// Threads: the worker that runs the command. Owner: none; functions.
#pragma once

#include "command/spec.h"

namespace skarn::commands {

void Append(CommandContext& context, const Args& args, ReplyWriter& reply);
void Decr(CommandContext& context, const Args& args, ReplyWriter& reply);
void Decrby(CommandContext& context, const Args& args, ReplyWriter& reply);
void Delifeq(CommandContext& context, const Args& args, ReplyWriter& reply);
void Get(CommandContext& context, const Args& args, ReplyWriter& reply);
void Getdel(CommandContext& context, const Args& args, ReplyWriter& reply);
void Getex(CommandContext& context, const Args& args, ReplyWriter& reply);
void Getrange(CommandContext& context, const Args& args, ReplyWriter& reply);
void Getset(CommandContext& context, const Args& args, ReplyWriter& reply);
void Incr(CommandContext& context, const Args& args, ReplyWriter& reply);
void Incrby(CommandContext& context, const Args& args, ReplyWriter& reply);
void Incrbyfloat(CommandContext& context, const Args& args, ReplyWriter& reply);
void Lcs(CommandContext& context, const Args& args, ReplyWriter& reply);
void Mget(CommandContext& context, const Args& args, ReplyWriter& reply);
void Mset(CommandContext& context, const Args& args, ReplyWriter& reply);
void Msetex(CommandContext& context, const Args& args, ReplyWriter& reply);
void Msetnx(CommandContext& context, const Args& args, ReplyWriter& reply);
void Psetex(CommandContext& context, const Args& args, ReplyWriter& reply);
void Set(CommandContext& context, const Args& args, ReplyWriter& reply);
void Setex(CommandContext& context, const Args& args, ReplyWriter& reply);
void Setnx(CommandContext& context, const Args& args, ReplyWriter& reply);
void Setrange(CommandContext& context, const Args& args, ReplyWriter& reply);
void Strlen(CommandContext& context, const Args& args, ReplyWriter& reply);
void Substr(CommandContext& context, const Args& args, ReplyWriter& reply);

}  // namespace skarn::commands

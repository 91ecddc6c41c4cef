// SPDX-License-Identifier: BSD-3-Clause
//
// The handlers of the commands for hashes. Their rows, in hash_rows.cc, say what was
// checked before they are called and which locks are held.
// Threads: the worker that runs the command. Owner: none; functions.
#pragma once

#include "command/spec.h"

namespace skarn::commands {

void Hdel(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hexists(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hexpire(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hexpireat(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hexpiretime(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hget(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hgetall(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hgetdel(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hgetex(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hincrby(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hincrbyfloat(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hkeys(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hlen(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hmget(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hmset(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hpersist(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hpexpire(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hpexpireat(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hpexpiretime(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hpttl(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hrandfield(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hscan(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hset(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hsetex(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hsetnx(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hstrlen(CommandContext& context, const Args& args, ReplyWriter& reply);
void Httl(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hvals(CommandContext& context, const Args& args, ReplyWriter& reply);

}  // namespace skarn::commands

// SPDX-License-Identifier: BSD-3-Clause
//
// The handlers of the commands for keys of any type. Their rows, in generic_rows.cc, say
// what was checked before they are called and which locks are held. Threads: the worker
// that runs the command. Owner: none; functions.
#pragma once

#include "command/spec.h"

namespace skarn::commands {

void Copy(CommandContext& context, const Args& args, ReplyWriter& reply);
void Del(CommandContext& context, const Args& args, ReplyWriter& reply);
void Dump(CommandContext& context, const Args& args, ReplyWriter& reply);
void Exists(CommandContext& context, const Args& args, ReplyWriter& reply);
void Expire(CommandContext& context, const Args& args, ReplyWriter& reply);
void Expireat(CommandContext& context, const Args& args, ReplyWriter& reply);
void Expiretime(CommandContext& context, const Args& args, ReplyWriter& reply);
void Keys(CommandContext& context, const Args& args, ReplyWriter& reply);
void Move(CommandContext& context, const Args& args, ReplyWriter& reply);
void ObjectEncoding(CommandContext& context, const Args& args, ReplyWriter& reply);
void ObjectFreq(CommandContext& context, const Args& args, ReplyWriter& reply);
void ObjectHelp(CommandContext& context, const Args& args, ReplyWriter& reply);
void ObjectIdletime(CommandContext& context, const Args& args, ReplyWriter& reply);
void ObjectRefcount(CommandContext& context, const Args& args, ReplyWriter& reply);
void Persist(CommandContext& context, const Args& args, ReplyWriter& reply);
void Pexpire(CommandContext& context, const Args& args, ReplyWriter& reply);
void Pexpireat(CommandContext& context, const Args& args, ReplyWriter& reply);
void Pexpiretime(CommandContext& context, const Args& args, ReplyWriter& reply);
void Pttl(CommandContext& context, const Args& args, ReplyWriter& reply);
void Randomkey(CommandContext& context, const Args& args, ReplyWriter& reply);
void Rename(CommandContext& context, const Args& args, ReplyWriter& reply);
void Renamenx(CommandContext& context, const Args& args, ReplyWriter& reply);
void Restore(CommandContext& context, const Args& args, ReplyWriter& reply);
void Scan(CommandContext& context, const Args& args, ReplyWriter& reply);
void Touch(CommandContext& context, const Args& args, ReplyWriter& reply);
void Ttl(CommandContext& context, const Args& args, ReplyWriter& reply);
void Type(CommandContext& context, const Args& args, ReplyWriter& reply);
void Unlink(CommandContext& context, const Args& args, ReplyWriter& reply);

}  // namespace skarn::commands

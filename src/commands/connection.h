// SPDX-License-Identifier: BSD-3-Clause
//
// The handlers of the commands for the connection and the other clients. Their rows, in
// connection_rows.cc, say what was checked before they are called and which locks are
// held. Threads: the worker that runs the command. Owner: none; functions.
#pragma once

#include "command/spec.h"

namespace skarn::commands {

void Auth(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientCapa(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientGetname(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientHelp(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientId(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientImportSource(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientInfo(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientKill(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientList(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientNoEvict(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientNoTouch(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientPause(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientReply(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientSetinfo(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientSetname(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientUnblock(CommandContext& context, const Args& args, ReplyWriter& reply);
void ClientUnpause(CommandContext& context, const Args& args, ReplyWriter& reply);
void Echo(CommandContext& context, const Args& args, ReplyWriter& reply);
void Hello(CommandContext& context, const Args& args, ReplyWriter& reply);
void Ping(CommandContext& context, const Args& args, ReplyWriter& reply);
void Quit(CommandContext& context, const Args& args, ReplyWriter& reply);
void Reset(CommandContext& context, const Args& args, ReplyWriter& reply);
void Select(CommandContext& context, const Args& args, ReplyWriter& reply);

}  // namespace skarn::commands

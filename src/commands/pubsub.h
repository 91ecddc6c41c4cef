// SPDX-License-Identifier: BSD-3-Clause
//
// The handlers of the commands for channels and subscriptions. Their rows, in
// pubsub_rows.cc, say what was checked before they are called and which locks are held.
// Threads: the worker that runs the command. Owner: none; functions.
#pragma once

#include "command/spec.h"

namespace skarn::commands {

void Psubscribe(CommandContext& context, const Args& args, ReplyWriter& reply);
void Publish(CommandContext& context, const Args& args, ReplyWriter& reply);
void PubsubChannels(CommandContext& context, const Args& args, ReplyWriter& reply);
void PubsubHelp(CommandContext& context, const Args& args, ReplyWriter& reply);
void PubsubNumpat(CommandContext& context, const Args& args, ReplyWriter& reply);
void PubsubNumsub(CommandContext& context, const Args& args, ReplyWriter& reply);
void Punsubscribe(CommandContext& context, const Args& args, ReplyWriter& reply);
void Subscribe(CommandContext& context, const Args& args, ReplyWriter& reply);
void Unsubscribe(CommandContext& context, const Args& args, ReplyWriter& reply);

}  // namespace skarn::commands

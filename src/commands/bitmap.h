// SPDX-License-Identifier: BSD-3-Clause
//
// The handlers of the commands for strings as arrays of bits. Their rows, in
// bitmap_rows.cc, say what was checked before they are called and which locks are held.
// Threads: the worker that runs the command. Owner: none; functions.
#pragma once

#include "command/spec.h"

namespace skarn::commands {

void Bitcount(CommandContext& context, const Args& args, ReplyWriter& reply);
void Bitfield(CommandContext& context, const Args& args, ReplyWriter& reply);
void BitfieldRo(CommandContext& context, const Args& args, ReplyWriter& reply);
void Bitop(CommandContext& context, const Args& args, ReplyWriter& reply);
void Bitpos(CommandContext& context, const Args& args, ReplyWriter& reply);
void Getbit(CommandContext& context, const Args& args, ReplyWriter& reply);
void Setbit(CommandContext& context, const Args& args, ReplyWriter& reply);

}  // namespace skarn::commands

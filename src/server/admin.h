// SPDX-License-Identifier: BSD-3-Clause
//
// The handlers of the commands for the server as a whole. Their rows, in admin_rows.cc,
// say what was checked before they are called and which locks are held. Threads: the
// worker that runs the command. Owner: none; functions.
#pragma once

#include "command/spec.h"

namespace skarn::commands {

void Bgsave(CommandContext& context, const Args& args, ReplyWriter& reply);
void CommandlogGet(CommandContext& context, const Args& args, ReplyWriter& reply);
void CommandlogHelp(CommandContext& context, const Args& args, ReplyWriter& reply);
void CommandlogLen(CommandContext& context, const Args& args, ReplyWriter& reply);
void CommandlogReset(CommandContext& context, const Args& args, ReplyWriter& reply);
void ConfigGet(CommandContext& context, const Args& args, ReplyWriter& reply);
void ConfigHelp(CommandContext& context, const Args& args, ReplyWriter& reply);
void ConfigResetstat(CommandContext& context, const Args& args, ReplyWriter& reply);
void ConfigRewrite(CommandContext& context, const Args& args, ReplyWriter& reply);
void ConfigSet(CommandContext& context, const Args& args, ReplyWriter& reply);
void Dbsize(CommandContext& context, const Args& args, ReplyWriter& reply);
void Debug(CommandContext& context, const Args& args, ReplyWriter& reply);
void Flushall(CommandContext& context, const Args& args, ReplyWriter& reply);
void Flushdb(CommandContext& context, const Args& args, ReplyWriter& reply);
void Info(CommandContext& context, const Args& args, ReplyWriter& reply);
void Lastsave(CommandContext& context, const Args& args, ReplyWriter& reply);
void LatencyDoctor(CommandContext& context, const Args& args, ReplyWriter& reply);
void LatencyGraph(CommandContext& context, const Args& args, ReplyWriter& reply);
void LatencyHelp(CommandContext& context, const Args& args, ReplyWriter& reply);
void LatencyHistogram(CommandContext& context, const Args& args, ReplyWriter& reply);
void LatencyHistory(CommandContext& context, const Args& args, ReplyWriter& reply);
void LatencyLatest(CommandContext& context, const Args& args, ReplyWriter& reply);
void LatencyReset(CommandContext& context, const Args& args, ReplyWriter& reply);
void Lolwut(CommandContext& context, const Args& args, ReplyWriter& reply);
void MemoryDoctor(CommandContext& context, const Args& args, ReplyWriter& reply);
void MemoryHelp(CommandContext& context, const Args& args, ReplyWriter& reply);
void MemoryMallocStats(CommandContext& context, const Args& args, ReplyWriter& reply);
void MemoryPurge(CommandContext& context, const Args& args, ReplyWriter& reply);
void MemoryStats(CommandContext& context, const Args& args, ReplyWriter& reply);
void MemoryUsage(CommandContext& context, const Args& args, ReplyWriter& reply);
void ModuleHelp(CommandContext& context, const Args& args, ReplyWriter& reply);
void ModuleList(CommandContext& context, const Args& args, ReplyWriter& reply);
void Monitor(CommandContext& context, const Args& args, ReplyWriter& reply);
void Role(CommandContext& context, const Args& args, ReplyWriter& reply);
void Save(CommandContext& context, const Args& args, ReplyWriter& reply);
void Shutdown(CommandContext& context, const Args& args, ReplyWriter& reply);
void SlowlogGet(CommandContext& context, const Args& args, ReplyWriter& reply);
void SlowlogHelp(CommandContext& context, const Args& args, ReplyWriter& reply);
void SlowlogLen(CommandContext& context, const Args& args, ReplyWriter& reply);
void SlowlogReset(CommandContext& context, const Args& args, ReplyWriter& reply);
void Swapdb(CommandContext& context, const Args& args, ReplyWriter& reply);
void Time(CommandContext& context, const Args& args, ReplyWriter& reply);

}  // namespace skarn::commands

namespace skarn {

std::span<const CommandSpec> ServerCommands();

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Saving, ending, and who this server is: SAVE, BGSAVE, LASTSAVE, SHUTDOWN, ROLE, TIME,
// MODULE.
#include "base/clock.h"
#include "base/log.h"
#include "command/context.h"
#include "command/help.h"
#include "server/access.h"
#include "server/admin.h"
#include "server/server.h"

namespace skarn::commands {
namespace {

constexpr std::string_view kModuleHelp[] = {
    "LIST",
    "    Return a list of loaded modules.",
    "LOAD <path> [<arg> ...]",
    "    Load a module library from <path>, passing to it any optional arguments.",
    "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
    "    Load a module library from <path>, while passing it module configurations and "
    "optional arguments.",
    "UNLOAD <name>",
    "    Unload a module.",
};

}  // namespace

void Save(CommandContext& context, const Args&, ReplyWriter& reply) {
  SaveService& saves = ServerOf(context).saves();
  if (saves.IsRunning()) return reply.Error("-ERR Background save already in progress");
  if (!saves.SaveNow()) return reply.Error("-ERR");
  reply.Ok();
}

void Bgsave(CommandContext& context, const Args& args, ReplyWriter& reply) {
  SaveService& saves = ServerOf(context).saves();
  if (args.size() > 2) return reply.Error(kSyntaxError);
  if (args.Is(1, "CANCEL")) {
    if (saves.CanCancel()) {
      saves.Cancel();
      return reply.SimpleString("Background saving cancelled");
    }
    if (saves.status().is_scheduled) {
      saves.Unschedule();
      return reply.SimpleString("Scheduled background saving cancelled");
    }
    return reply.Error(
        "-ERR Background saving is currently not in progress or scheduled");
  }
  if (args.size() == 2 && !args.Is(1, "SCHEDULE")) return reply.Error(kSyntaxError);
  if (saves.IsRunning()) {
    if (!saves.running()->is_cancelled()) {
      return reply.Error("-ERR Background save already in progress");
    }
    // A cancelled save has still to end: the new one follows it.
    saves.Schedule();
    return reply.SimpleString("Background saving started");
  }
  if (context.client.is_executing_exec) {
    Log(LogLevel::kNotice,
        "Background saving scheduled to run after transaction execution");
    saves.Schedule();
    return reply.SimpleString("Background saving scheduled");
  }
  if (!saves.StartBackground()) return reply.Error("-ERR");
  reply.SimpleString("Background saving started");
}

void Lastsave(CommandContext& context, const Args&, ReplyWriter& reply) {
  reply.Integer(ServerOf(context).saves().status().last_save_time);
}

void Shutdown(CommandContext& context, const Args& args, ReplyWriter& reply) {
  bool saves = false, nosave = false, aborts = false, fails_over = false;
  Server::Shutdown how = ServerOf(context).DefaultShutdown();
  for (size_t i = 1; i < args.size(); ++i) {
    if (args.Is(i, "NOSAVE")) {
      nosave = true;
    } else if (args.Is(i, "SAVE")) {
      saves = true;
    } else if (args.Is(i, "FORCE")) {
      how.is_forced = true;
    } else if (args.Is(i, "ABORT")) {
      aborts = true;
    } else if (args.Is(i, "FAILOVER")) {
      fails_over = true;
    } else if (!args.Is(i, "NOW") && !args.Is(i, "SAFE")) {
      return reply.Error(kSyntaxError);
    }
  }
  if ((saves && nosave) || (aborts && args.size() > 2)) return reply.Error(kSyntaxError);
  if (aborts) {
    if (!ServerOf(context).AbortShutdown())
      return reply.Error("-ERR No shutdown in progress.");
    return reply.Ok();
  }
  if (fails_over)
    return reply.Error("-ERR SHUTDOWN FAILOVER is only supported in cluster mode.");
  if (saves) how.saves = true;
  if (nosave) how.saves = false;
  if (!ServerOf(context).BeginShutdown(how)) {
    reply.Error("-ERR Errors trying to SHUTDOWN. Check logs.");
  }
}

void Role(CommandContext&, const Args&, ReplyWriter& reply) {
  reply.ArrayHeader(3);
  reply.Bulk("master");
  reply.Integer(0);
  reply.ArrayHeader(0);
}

void Time(CommandContext&, const Args&, ReplyWriter& reply) {
  const int64_t now_us = NowMicros();
  reply.ArrayHeader(2);
  reply.BulkInteger(now_us / 1000000);
  reply.BulkInteger(now_us % 1000000);
}

void ModuleList(CommandContext&, const Args&, ReplyWriter& reply) {
  reply.EmptyArray();
}

void ModuleHelp(CommandContext&, const Args&, ReplyWriter& reply) {
  ReplyHelp(reply, "MODULE", kModuleHelp);
}

}  // namespace skarn::commands

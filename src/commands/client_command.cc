// SPDX-License-Identifier: BSD-3-Clause
//
// CLIENT subcommands that set or tell what one connection is. LIST and KILL are in
// client_list.cc.
#include <fmt/format.h>

#include "base/clock.h"
#include "command/executor.h"
#include "command/help.h"
#include "commands/client_attributes.h"
#include "commands/connection.h"
#include "resp/shown_text.h"

namespace skarn {
namespace {

constexpr std::string_view kHelpLines[] = {
    "CAPA <option> [<option> ...]",
    "    Tell what the client can do: REDIRECT, follow a primary that moved.",
    "GETNAME",
    "    Return the name of this connection.",
    "ID",
    "    Return the number of this connection.",
    "IMPORT-SOURCE (ON|OFF)",
    "    Mark this connection as one that imports data in import mode.",
    "INFO",
    "    Describe this connection.",
    "KILL <address>",
    "    Close the connection from an address.",
    "KILL <filter> <value> [<filter> <value> ...]",
    "    Close the connections that pass all filters:",
    "    ADDR, LADDR, IP, TYPE (NORMAL|PRIMARY|REPLICA|PUBSUB), USER, ID <id> [<id> "
    "...],",
    "    NAME, LIB-NAME, LIB-VER, DB, FLAGS, CAPA; with NOT- before them those that do "
    "not;",
    "    MAXAGE <seconds>, IDLE <seconds>, SKIPME (YES|NO).",
    "LIST [<filter> <value> ...]",
    "    Describe the connections that pass the filters of KILL.",
    "NO-EVICT (ON|OFF)",
    "    Exempt this connection from maxmemory-clients.",
    "NO-TOUCH (ON|OFF)",
    "    Let commands of this connection leave the use times of keys alone.",
    "PAUSE <milliseconds> [WRITE|ALL]",
    "    Hold all commands back for a time, or those that write.",
    "REPLY (ON|OFF|SKIP)",
    "    Choose whether this connection gets replies.",
    "SETINFO (LIB-NAME|LIB-VER) <value>",
    "    Tell the name or the version of the client's library.",
    "SETNAME <name>",
    "    Name this connection.",
    "UNBLOCK <id> [TIMEOUT|ERROR]",
    "    End the wait of a blocked connection.",
    "UNPAUSE",
    "    End a pause.",
};

// ON or OFF into `flag`.
void SetSwitch(const Args& args, bool* flag, ReplyWriter& reply) {
  const bool is_on = args.Is(2, "ON");
  if (!is_on && !args.Is(2, "OFF")) return reply.Error(kSyntaxError);
  *flag = is_on;
  reply.Ok();
}

}  // namespace

namespace commands {

// CLIENT ID
void ClientId(CommandContext& context, const Args&, ReplyWriter& reply) {
  reply.Integer(static_cast<int64_t>(context.client.id()));
}

// CLIENT GETNAME
void ClientGetname(CommandContext& context, const Args&, ReplyWriter& reply) {
  if (context.client.name.empty()) return reply.Null();
  reply.Bulk(context.client.name);
}

// CLIENT SETNAME name
void ClientSetname(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (!IsClientAttribute(args[2])) return reply.Error(kBadClientName);
  context.client.name = args[2];
  reply.Ok();
}

// CLIENT SETINFO LIB-NAME|LIB-VER value
void ClientSetinfo(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const bool is_name = args.Is(2, "lib-name");
  if (!is_name && !args.Is(2, "lib-ver")) {
    return reply.Error(
        ReplyError(fmt::format("-ERR Unrecognized option '{}'", ShownText(args[2]))));
  }
  if (!IsClientAttribute(args[3])) {
    return reply.Error(ReplyError(
        fmt::format("-ERR {} cannot contain spaces, newlines or special characters.",
                    ShownText(args[2]))));
  }
  (is_name ? context.client.lib_name : context.client.lib_version) = args[3];
  reply.Ok();
}

// CLIENT CAPA capability [capability ...]: what we do not know is for a later server.
void ClientCapa(CommandContext& context, const Args& args, ReplyWriter& reply) {
  for (size_t i = 2; i < args.size(); ++i) {
    if (args.Is(i, "redirect")) context.client.capa_redirect = true;
  }
  reply.Ok();
}

// CLIENT NO-EVICT ON|OFF
void ClientNoEvict(CommandContext& context, const Args& args, ReplyWriter& reply) {
  SetSwitch(args, &context.client.no_evict, reply);
}

// CLIENT NO-TOUCH ON|OFF
void ClientNoTouch(CommandContext& context, const Args& args, ReplyWriter& reply) {
  SetSwitch(args, &context.client.no_touch, reply);
}

// CLIENT IMPORT-SOURCE ON|OFF: import mode is for the migration of data, which is not
// there yet.
void ClientImportSource(CommandContext&, const Args& args, ReplyWriter& reply) {
  if (args.Is(2, "OFF")) return reply.Ok();
  reply.Error("-ERR Server is not in import mode");
}

// CLIENT REPLY ON|OFF|SKIP
void ClientReply(CommandContext& context, const Args& args, ReplyWriter& reply) {
  Client& client = context.client;
  if (args.Is(2, "ON")) {
    client.reply_mode = ReplyMode::kOn;
    reply.Ok();
  } else if (args.Is(2, "OFF")) {
    client.reply_mode = ReplyMode::kOff;
  } else if (args.Is(2, "SKIP")) {
    if (client.reply_mode != ReplyMode::kOff) client.reply_mode = ReplyMode::kSkipNext;
  } else {
    reply.Error(kSyntaxError);
  }
}

// CLIENT PAUSE milliseconds [WRITE|ALL]. A pause is never made shorter or weaker by
// another.
void ClientPause(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const bool is_for_writes = args.Is(3, "WRITE");
  if (args.size() > 3 && !is_for_writes && !args.Is(3, "ALL")) {
    return reply.Error("-ERR CLIENT PAUSE mode must be WRITE or ALL");
  }
  const auto timeout_ms = args.Integer(2, kTimeoutNotAnInteger);
  if (!timeout_ms) return reply.Error(timeout_ms.error());
  if (*timeout_ms < 0) return reply.Error(kTimeoutNegative);
  // Not the batch's time: the gate may have been waited for since.
  const int64_t now_us = NowMicros();
  if (*timeout_ms > INT64_MAX - now_us / 1000) return reply.Error(kTimeoutOutOfRange);
  const bool is_for_ever = *timeout_ms > (INT64_MAX - now_us) / 1000;
  context.executor.PauseClients(is_for_ever ? INT64_MAX : now_us + *timeout_ms * 1000,
                                !is_for_writes);
  reply.Ok();
}

// CLIENT UNPAUSE
void ClientUnpause(CommandContext& context, const Args&, ReplyWriter& reply) {
  context.executor.UnpauseClients();
  reply.Ok();
}

// CLIENT UNBLOCK id [TIMEOUT|ERROR]: no command blocks yet.
void ClientUnblock(CommandContext&, const Args& args, ReplyWriter& reply) {
  if (args.size() == 4 && !args.Is(3, "TIMEOUT") && !args.Is(3, "ERROR")) {
    return reply.Error("-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  const auto id = args.Integer(2);
  if (!id) return reply.Error(id.error());
  reply.Integer(0);
}

// CLIENT HELP
void ClientHelp(CommandContext&, const Args&, ReplyWriter& reply) {
  ReplyHelp(reply, "CLIENT", kHelpLines);
}

}  // namespace commands
}  // namespace skarn

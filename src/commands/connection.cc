// SPDX-License-Identifier: BSD-3-Clause
#include "commands/connection.h"

#include <fmt/format.h>

#include "command/executor.h"
#include "command/version.h"
#include "commands/client_attributes.h"
#include "commands/database_index.h"
#include "resp/shown_text.h"

namespace skarn {
namespace {

constexpr Bytes kDefaultUser = "default";

// Takes as long for a wrong password as for the right one of the same size.
bool IsSamePassword(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

// Logs the client in. False when the user or the password is wrong.
bool Authenticate(CommandContext& context, Bytes user, Bytes password) {
  const std::string& wanted = context.settings.requirepass;
  const bool fits =
      user == kDefaultUser && (wanted.empty() || IsSamePassword(password, wanted));
  if (!fits) {
    ++context.executor.statistics().acl_denied_auth;
    return false;
  }
  context.client.is_authenticated = true;
  context.executor.UpdateConcerns(context.client);
  return true;
}

struct HelloOptions {
  int protocol = 0;  // 0: as it is.
  bool has_user = false, has_name = false;
  Bytes user, password, name;
};

Parsed<HelloOptions> ParseHello(const Args& args) {
  HelloOptions options;
  if (args.size() < 2) return options;
  const auto protocol = args.Integer(1, kHelloNotAnInteger);
  if (!protocol) return std::unexpected(protocol.error());
  if (*protocol < 2 || *protocol > 3) return std::unexpected(ReplyError(kNoProto));
  options.protocol = static_cast<int>(*protocol);
  for (size_t i = 2; i < args.size(); ++i) {
    const size_t left = args.size() - i - 1;
    if (args.Is(i, "AUTH") && left >= 2) {
      options.has_user = true;
      options.user = args[i + 1];
      options.password = args[i + 2];
      i += 2;
    } else if (args.Is(i, "SETNAME") && left >= 1) {
      options.has_name = true;
      options.name = args[++i];
      if (!IsClientAttribute(options.name))
        return std::unexpected(ReplyError(kBadClientName));
    } else {
      return std::unexpected(ReplyError(
          fmt::format("-ERR Syntax error in HELLO option '{}'", ShownText(args[i]))));
    }
  }
  return options;
}

void ReplyHello(const CommandContext& context, ReplyWriter& reply) {
  const bool is_redis = context.settings.extended_redis_compatibility;
  const std::string& zone = context.settings.availability_zone;
  reply.MapHeader(zone.empty() ? 7 : 8);
  reply.Bulk("server");
  reply.Bulk(is_redis ? "redis" : kCompatibleServer);
  reply.Bulk("version");
  reply.Bulk(is_redis ? kCompatibleRedisVersion : kCompatibleVersion);
  reply.Bulk("proto");
  reply.Integer(context.client.protocol);
  reply.Bulk("id");
  reply.Integer(static_cast<int64_t>(context.client.id()));
  reply.Bulk("mode");
  reply.Bulk("standalone");
  reply.Bulk("role");
  reply.Bulk("master");
  reply.Bulk("modules");
  reply.EmptyArray();
  if (zone.empty()) return;
  reply.Bulk("availability_zone");
  reply.Bulk(zone);
}

}  // namespace

namespace commands {

// PING [message]
void Ping(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (args.size() > 2) return reply.Error(WrongArgumentCount("ping"));
  const Client& client = context.client;
  if (client.protocol == 2 && client.SubscriptionCount() > 0) {
    reply.ArrayHeader(2);
    reply.Bulk("pong");
    return reply.Bulk(args.size() == 2 ? args[1] : Bytes());
  }
  if (args.size() == 2) return reply.Bulk(args[1]);
  reply.Raw("+PONG\r\n");
}

// ECHO message
void Echo(CommandContext&, const Args& args, ReplyWriter& reply) {
  reply.Bulk(args[1]);
}

// SELECT index
void Select(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<unsigned> index = ReadDatabaseIndex(context, args, 1);
  if (!index) return reply.Error(index.error());
  context.client.db = *index;
  reply.Ok();
}

// QUIT: whatever else was sent is not answered.
void Quit(CommandContext& context, const Args&, ReplyWriter& reply) {
  reply.Ok();
  context.client.CloseAfterReply();
}

// RESET: as if newly connected, but for what CLIENT SETINFO and CAPA said.
void Reset(CommandContext& context, const Args&, ReplyWriter& reply) {
  Client& client = context.client;
  Executor& executor = context.executor;
  executor.DiscardTransaction(client);
  if (client.SubscriptionCount() > 0)
    context.server.hooks->DropSubscriptions(executor, client);
  if (client.is_monitor) context.server.hooks->DropMonitor(executor, client);
  client.db = 0;
  client.protocol = 2;
  client.name.clear();
  client.no_evict = client.no_touch = client.import_source = false;
  client.reply_mode = ReplyMode::kOn;
  client.is_authenticated = context.settings.requirepass.empty();
  executor.UpdateConcerns(client);
  reply.set_protocol(2);
  reply.SimpleString("RESET");
}

// AUTH [user] password
void Auth(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (args.size() > 3) return reply.Error(kSyntaxError);
  if (args.size() == 2 && context.settings.requirepass.empty())
    return reply.Error(kNoPasswordSet);
  const Bytes user = args.size() == 3 ? args[1] : kDefaultUser;
  if (!Authenticate(context, user, args.back())) return reply.Error(kWrongPass);
  reply.Ok();
}

// HELLO [protocol [AUTH user password] [SETNAME name]]
void Hello(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto options = ParseHello(args);
  if (!options) return reply.Error(options.error());
  Client& client = context.client;
  if (options->has_user && !Authenticate(context, options->user, options->password)) {
    return reply.Error(kWrongPass);
  }
  if (!client.is_authenticated) return reply.Error(kHelloNoAuth);
  if (options->has_name) client.name = options->name;
  if (options->protocol != 0) client.protocol = static_cast<uint8_t>(options->protocol);
  context.executor.UpdateConcerns(client);
  reply.set_protocol(client.protocol);
  ReplyHello(context, reply);
}

}  // namespace commands
}  // namespace skarn

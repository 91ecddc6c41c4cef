// SPDX-License-Identifier: BSD-3-Clause
//
// CONFIG for clients.
#include "base/log.h"
#include "command/context.h"
#include "command/executor.h"
#include "command/help.h"
#include "server/access.h"
#include "server/admin.h"
#include "server/config_command.h"
#include "server/config_rewrite.h"
#include "server/server.h"

namespace skarn::commands {
namespace {

constexpr std::string_view kHelp[] = {
    "GET <pattern>",
    "    Return parameters matching the glob-like <pattern> and their values.",
    "SET <directive> <value>",
    "    Set the configuration <directive> to <value>.",
    "RESETSTAT",
    "    Reset statistics reported by the INFO command.",
    "REWRITE",
    "    Rewrite the configuration file.",
};

}  // namespace

void ConfigHelp(CommandContext&, const Args&, ReplyWriter& reply) {
  ReplyHelp(reply, "CONFIG", kHelp);
}

void ConfigGet(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Args patterns = args.Subspan(2);
  const auto pairs =
      GetConfig(ServerOf(context).config(), std::span(patterns.begin(), patterns.size()));
  reply.MapHeader(pairs.size());
  for (const ConfigPair& pair : pairs) {
    reply.Bulk(pair.name);
    reply.Bulk(pair.value);
  }
}

void ConfigSet(CommandContext& context, const Args& args, ReplyWriter& reply) {
  Server& server = ServerOf(context);
  const Args pairs = args.Subspan(2);
  const SetConfigOptions options{
      .may_change_protected =
          Allows(server.config(), ConfigKey::kEnableProtectedConfigs, context.client),
      .is_loading = context.server.HasConcern(Concern::kDataLoading)};
  const Result<> set = SetConfig(server.config(), std::span(pairs.begin(), pairs.size()),
                                 server.config_hooks(), options);
  if (!set) return reply.Error(ReplyError("-" + set.error().text));
  server.ApplySettings();
  context.keyspace.SetEventMask(context.settings.notify_mask);
  reply.Ok();
}

void ConfigRewrite(CommandContext& context, const Args&, ReplyWriter& reply) {
  Server& server = ServerOf(context);
  const Result<> written = RewriteConfigFile(context.server.config_file, server.config(),
                                             RewriteScope::kChanged);
  if (!written) {
    Log(LogLevel::kWarning, "CONFIG REWRITE failed: {}", written.error().text);
    return reply.Error(ReplyError("-" + written.error().text));
  }
  Log(LogLevel::kNotice, "CONFIG REWRITE executed with success.");
  reply.Ok();
}

void ConfigResetstat(CommandContext& context, const Args&, ReplyWriter& reply) {
  ResetStatistics(ServerOf(context));
  reply.Ok();
}

}  // namespace skarn::commands

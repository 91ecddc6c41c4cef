// SPDX-License-Identifier: BSD-3-Clause
//
// COMMANDLOG and SLOWLOG.
#include <optional>

#include <fmt/format.h>

#include "command/context.h"
#include "command/help.h"
#include "server/access.h"
#include "server/admin.h"
#include "server/server.h"

namespace skarn::commands {
namespace {

constexpr ErrorText kBadCount = "-ERR count should be greater than or equal to -1";
constexpr ErrorText kBadKind =
    "-ERR type should be one of the following: slow, large-request, large-reply";
constexpr int64_t kDefaultCount = 10;

constexpr std::string_view kCommandlogHelp[] = {
    "GET <count> <type>",
    "    Return top <count> entries of the specified <type> from the commandlog (-1 mean "
    "all).",
    "    Entries are made of:",
    "    id, timestamp,",
    "        time in microseconds for type of slow,",
    "        or size in bytes for type of large-request,",
    "        or size in bytes for type of large-reply",
    "    arguments array, client IP and port,",
    "    client name",
    "LEN <type>",
    "    Return the length of the specified type of commandlog.",
    "RESET <type>",
    "    Reset the specified type of commandlog.",
};

constexpr std::string_view kSlowlogHelp[] = {
    "GET [<count>]",
    "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
    "    Entries are made of:",
    "    id, timestamp, time in microseconds, arguments array, client IP and port,",
    "    client name",
    "LEN",
    "    Return the length of the slowlog.",
    "RESET",
    "    Reset the slowlog.",
};

std::optional<CommandLogKind> ReadKind(const Args& args, size_t index,
                                       ReplyWriter& reply) {
  if (args.Is(index, "slow")) return CommandLogKind::kSlow;
  if (args.Is(index, "large-request")) return CommandLogKind::kLargeRequest;
  if (args.Is(index, "large-reply")) return CommandLogKind::kLargeReply;
  reply.Error(kBadKind);
  return std::nullopt;
}

int64_t LengthMax(const Settings& settings, CommandLogKind kind) {
  switch (kind) {
    case CommandLogKind::kSlow:
      return settings.commandlog_slow_max;
    case CommandLogKind::kLargeRequest:
      return settings.commandlog_large_request_max;
    case CommandLogKind::kLargeReply:
      break;
  }
  return settings.commandlog_large_reply_max;
}

void WriteRecords(CommandContext& context, CommandLogKind kind, int64_t count,
                  ReplyWriter& reply) {
  const size_t wanted = count < 0 ? SIZE_MAX : static_cast<size_t>(count);
  const auto records = ServerOf(context).command_log().Newest(
      kind, wanted, LengthMax(context.settings, kind));
  reply.ArrayHeader(records.size());
  for (const CommandLog::Record* record : records) {
    reply.ArrayHeader(6);
    reply.Integer(static_cast<int64_t>(record->id));
    reply.Integer(record->time_seconds);
    reply.Integer(record->value);
    reply.ArrayHeader(record->words.size());
    for (const std::string& word : record->words) reply.Bulk(word);
    reply.Bulk(record->peer);
    reply.Bulk(record->client_name);
  }
}

void WriteLength(CommandContext& context, CommandLogKind kind, ReplyWriter& reply) {
  reply.Integer(static_cast<int64_t>(
      ServerOf(context).command_log().Length(kind, LengthMax(context.settings, kind))));
}

}  // namespace

void CommandlogHelp(CommandContext&, const Args&, ReplyWriter& reply) {
  ReplyHelp(reply, "COMMANDLOG", kCommandlogHelp);
}

void CommandlogGet(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto count = args.IntegerBetween(2, -1, INT64_MAX, kBadCount);
  if (!count) return reply.Error(count.error());
  if (const auto kind = ReadKind(args, 3, reply))
    WriteRecords(context, *kind, *count, reply);
}

void CommandlogLen(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (const auto kind = ReadKind(args, 2, reply)) WriteLength(context, *kind, reply);
}

void CommandlogReset(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto kind = ReadKind(args, 2, reply);
  if (!kind) return;
  ServerOf(context).command_log().Reset(*kind);
  reply.Ok();
}

void SlowlogHelp(CommandContext&, const Args&, ReplyWriter& reply) {
  ReplyHelp(reply, "SLOWLOG", kSlowlogHelp);
}

void SlowlogGet(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (args.size() > 3) {
    return reply.Error(ReplyError(
        fmt::format("-ERR unknown subcommand or wrong number of arguments for '{}'. Try "
                    "SLOWLOG HELP.",
                    args[1])));
  }
  int64_t count = kDefaultCount;
  if (args.size() == 3) {
    const auto given = args.IntegerBetween(2, -1, INT64_MAX, kBadCount);
    if (!given) return reply.Error(given.error());
    count = *given;
  }
  WriteRecords(context, CommandLogKind::kSlow, count, reply);
}

void SlowlogLen(CommandContext& context, const Args&, ReplyWriter& reply) {
  WriteLength(context, CommandLogKind::kSlow, reply);
}

void SlowlogReset(CommandContext& context, const Args&, ReplyWriter& reply) {
  ServerOf(context).command_log().Reset(CommandLogKind::kSlow);
  reply.Ok();
}

}  // namespace skarn::commands

// SPDX-License-Identifier: BSD-3-Clause
#include "commands/command_docs.h"

#include <span>
#include <string_view>

namespace skarn {
namespace {

std::string_view NameOf(ArgumentType type) {
  switch (type) {
    case ArgumentType::kString:
      return "string";
    case ArgumentType::kInteger:
      return "integer";
    case ArgumentType::kDouble:
      return "double";
    case ArgumentType::kKey:
      return "key";
    case ArgumentType::kPattern:
      return "pattern";
    case ArgumentType::kUnixTime:
      return "unix-time";
    case ArgumentType::kPureToken:
      return "pure-token";
    case ArgumentType::kOneOf:
      return "oneof";
    case ArgumentType::kBlock:
      return "block";
  }
  return {};
}

// Writes a pair of texts, if there is a value, and says whether there was.
bool WriteText(std::string_view name, std::string_view value, ReplyWriter& reply) {
  if (value.empty()) return false;
  reply.Bulk(name);
  reply.Bulk(value);
  return true;
}

void WriteArgumentFlags(uint8_t flags, ReplyWriter& reply) {
  reply.Bulk("flags");
  const auto deferred = reply.BeginDeferredSet();
  size_t count = 0;
  const auto add = [&](Argument::Flag flag, std::string_view name) {
    if ((flags & flag) == 0) return;
    reply.SimpleString(name);
    ++count;
  };
  add(Argument::kOptional, "optional");
  add(Argument::kMultiple, "multiple");
  add(Argument::kMultipleToken, "multiple_token");
  reply.EndDeferred(deferred, count);
}

// An array of maps, one an argument; arguments nest.
void WriteArguments(std::span<const Argument> arguments, ReplyWriter& reply) {
  reply.ArrayHeader(arguments.size());
  for (const Argument& argument : arguments) {
    const auto deferred = reply.BeginDeferredMap();
    size_t count = 0;
    count += WriteText("name", argument.name, reply);
    count += WriteText("type", NameOf(argument.type), reply);
    count += WriteText("display_text", argument.display_text, reply);
    if (argument.key_spec_index >= 0) {
      reply.Bulk("key_spec_index");
      reply.Integer(argument.key_spec_index);
      ++count;
    }
    count += WriteText("token", argument.token, reply);
    count += WriteText("summary", argument.summary, reply);
    count += WriteText("since", argument.since, reply);
    count += WriteText("deprecated_since", argument.deprecated_since, reply);
    if (argument.flags != 0) {
      WriteArgumentFlags(argument.flags, reply);
      ++count;
    }
    if (!argument.arguments.empty()) {
      reply.Bulk("arguments");
      WriteArguments(argument.arguments, reply);
      ++count;
    }
    reply.EndDeferred(deferred, count);
  }
}

void WriteHistory(std::span<const HistoryItem> history, ReplyWriter& reply) {
  reply.Bulk("history");
  reply.SetHeader(history.size());
  for (const HistoryItem& item : history) {
    reply.ArrayHeader(2);
    reply.Bulk(item.version);
    reply.Bulk(item.change);
  }
}

}  // namespace

void WriteCommandDocs(const Command& command, ReplyWriter& reply) {
  const CommandSpec& spec = *command.spec;
  reply.Bulk(command.full_name);
  const auto deferred = reply.BeginDeferredMap();
  size_t count = 0;
  count += WriteText("summary", spec.summary, reply);
  count += WriteText("since", spec.since, reply);
  count += WriteText("group", spec.group, reply);
  count += WriteText("complexity", spec.complexity, reply);
  if (!spec.history.empty()) {
    WriteHistory(spec.history, reply);
    ++count;
  }
  if (!spec.doc_flags.empty()) {
    reply.Bulk("doc_flags");
    reply.SetHeader(spec.doc_flags.size());
    for (const std::string_view flag : spec.doc_flags) reply.SimpleString(flag);
    ++count;
  }
  count += WriteText("deprecated_since", spec.deprecated_since, reply);
  count += WriteText("replaced_by", spec.replaced_by, reply);
  if (!spec.arguments.empty()) {
    reply.Bulk("arguments");
    WriteArguments(spec.arguments, reply);
    ++count;
  }
  if (!command.subcommands.empty()) {
    reply.Bulk("subcommands");
    reply.MapHeader(command.subcommands.size());
    for (const auto& subcommand : command.subcommands)
      WriteCommandDocs(*subcommand, reply);
    ++count;
  }
  reply.EndDeferred(deferred, count);
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "commands/command.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "base/glob.h"
#include "command/context.h"
#include "command/help.h"
#include "command/server_state.h"
#include "commands/command_docs.h"
#include "commands/command_info.h"

namespace skarn::commands {
namespace {

constexpr ErrorText kInvalidCommand = "-ERR Invalid command specified";
constexpr ErrorText kNoKeyArguments = "-ERR The command has no key arguments";
constexpr ErrorText kInvalidArgumentCount =
    "-ERR Invalid number of arguments specified for command";
constexpr ErrorText kInvalidArguments = "-ERR Invalid arguments specified for command";

constexpr std::string_view kHelpLines[] = {
    "(no subcommand)",
    "    Describe every command.",
    "COUNT",
    "    Return how many commands there are.",
    "LIST [FILTERBY <MODULE <name>|ACLCAT <category>|PATTERN <pattern>>]",
    "    List the names of commands.",
    "INFO [<command-name> ...]",
    "    Describe the named commands, or all without a name.",
    "DOCS [<command-name> ...]",
    "    Document the named commands, or all without a name.",
    "GETKEYS <full-command>",
    "    Return the keys of a full command.",
    "GETKEYSANDFLAGS <full-command>",
    "    Return the keys of a full command and how it uses them.",
};

void DescribeAll(const CommandTable& table, ReplyWriter& reply) {
  reply.ArrayHeader(table.commands().size());
  for (const auto& command : table.commands()) WriteCommandInfo(*command, reply);
}

// Which names COMMAND LIST returns.
struct ListFilter {
  enum class Kind : uint8_t { kNone, kModule, kAclCategory, kPattern };
  Kind kind = Kind::kNone;
  Bytes text;

  bool Takes(const Command& command) const {
    switch (kind) {
      case Kind::kNone:
        return true;
      case Kind::kModule:
        return false;  // No command comes from a module.
      case Kind::kAclCategory:
        return (command.spec->acl & AclCategoryOf(text)) != 0;
      case Kind::kPattern:
        return GlobMatch(text, command.full_name, true);
    }
    return false;
  }
};

Parsed<ListFilter> ParseListFilter(const Args& args) {
  if (args.size() == 2) return ListFilter{};
  if (args.size() != 5 || !args.Is(2, "filterby"))
    return std::unexpected(ReplyError(kSyntaxError));
  if (args.Is(3, "module")) return ListFilter{ListFilter::Kind::kModule, args[4]};
  if (args.Is(3, "aclcat")) return ListFilter{ListFilter::Kind::kAclCategory, args[4]};
  if (args.Is(3, "pattern")) return ListFilter{ListFilter::Kind::kPattern, args[4]};
  return std::unexpected(ReplyError(kSyntaxError));
}

// Where the keys of a request are. Fails with what COMMAND GETKEYS says of the request.
Parsed<std::vector<KeyPosition>> ExtractKeys(const CommandTable& table,
                                             const Args& request) {
  const auto fail = [](ErrorText text) { return std::unexpected(ReplyError(text)); };
  const Command* command = table.Find(request);
  if (command == nullptr) return fail(kInvalidCommand);
  if (!command->subcommands.empty() && request.size() > 1) return fail(kInvalidCommand);

  const auto& specs = command->spec->key_specs;
  const bool has_keys = std::any_of(specs.begin(), specs.end(), [](const KeySpec& spec) {
    return (spec.flags & KeySpec::kNotKey) == 0;
  });
  if (!has_keys) return fail(kNoKeyArguments);

  const int word_count = static_cast<int>(request.size());
  const bool arity_fits =
      command->arity > 0 ? word_count == command->arity : word_count >= -command->arity;
  if (!arity_fits) return fail(kInvalidArgumentCount);

  std::vector<KeyPosition> keys;
  if (FindKeys(*command, request, &keys)) return keys;
  if (!command->Has(CommandFlag::kNoMandatoryKeys)) return fail(kInvalidArguments);
  return std::vector<KeyPosition>();
}

}  // namespace

// COMMAND. The only container that does something of its own.
void CommandAll(CommandContext& context, const Args&, ReplyWriter& reply) {
  DescribeAll(context.server.commands(), reply);
}

// COMMAND COUNT
void CommandCount(CommandContext& context, const Args&, ReplyWriter& reply) {
  reply.Integer(static_cast<int64_t>(context.server.commands().commands().size()));
}

// COMMAND DOCS [name ...]: names that nobody has are left out.
void CommandDocs(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const CommandTable& table = context.server.commands();
  if (args.size() == 2) {
    reply.MapHeader(table.commands().size());
    for (const auto& command : table.commands()) WriteCommandDocs(*command, reply);
    return;
  }
  const auto deferred = reply.BeginDeferredMap();
  size_t count = 0;
  for (const Bytes name : args.Subspan(2)) {
    const Command* command = table.FindFullName(name);
    if (command == nullptr) continue;
    WriteCommandDocs(*command, reply);
    ++count;
  }
  reply.EndDeferred(deferred, count);
}

// COMMAND GETKEYS word ...
void CommandGetkeys(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Args request = args.Subspan(2);
  const auto keys = ExtractKeys(context.server.commands(), request);
  if (!keys) return reply.Error(keys.error());
  reply.ArrayHeader(keys->size());
  for (const KeyPosition& key : *keys)
    reply.Bulk(request[static_cast<size_t>(key.position)]);
}

// COMMAND GETKEYSANDFLAGS word ...
void CommandGetkeysandflags(CommandContext& context, const Args& args,
                            ReplyWriter& reply) {
  const Args request = args.Subspan(2);
  const auto keys = ExtractKeys(context.server.commands(), request);
  if (!keys) return reply.Error(keys.error());
  reply.ArrayHeader(keys->size());
  for (const KeyPosition& key : *keys) {
    reply.ArrayHeader(2);
    reply.Bulk(request[static_cast<size_t>(key.position)]);
    WriteKeyFlags(key.flags, reply);
  }
}

// COMMAND HELP
void CommandHelp(CommandContext&, const Args&, ReplyWriter& reply) {
  ReplyHelp(reply, "COMMAND", kHelpLines);
}

// COMMAND INFO [name ...]: null for a name that nobody has.
void CommandInfo(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const CommandTable& table = context.server.commands();
  if (args.size() == 2) return DescribeAll(table, reply);
  reply.ArrayHeader(args.size() - 2);
  for (const Bytes name : args.Subspan(2)) {
    const Command* command = table.FindFullName(name);
    if (command == nullptr) {
      reply.Null();
    } else {
      WriteCommandInfo(*command, reply);
    }
  }
}

// COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern]
void CommandList(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto filter = ParseListFilter(args);
  if (!filter) return reply.Error(filter.error());
  const auto deferred = reply.BeginDeferredArray();
  size_t count = 0;
  const auto add = [&](const Command& command) {
    if (!filter->Takes(command)) return;
    reply.Bulk(command.full_name);
    ++count;
  };
  for (const auto& command : context.server.commands().commands()) {
    add(*command);
    for (const auto& subcommand : command->subcommands) add(*subcommand);
  }
  reply.EndDeferred(deferred, count);
}

}  // namespace skarn::commands

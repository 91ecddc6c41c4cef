// SPDX-License-Identifier: BSD-3-Clause
//
// Data: the rows of the commands for COMMAND, at the level of Valkey 9.1.
#include "commands/command.h"
#include "commands/families.h"

namespace skarn {
namespace {

// Packed by hand.
// clang-format off
constexpr std::string_view kCommandTips[] = {
    "nondeterministic_output_order"};

constexpr Argument kCommandDocsArguments[] = {
    {.name = "command-name", .display_text = "command-name",
     .flags = Argument::kOptional | Argument::kMultiple}};

constexpr Argument kCommandGetkeysArguments[] = {
    {.name = "command", .display_text = "command"},
    {.name = "arg", .display_text = "arg",
     .flags = Argument::kOptional | Argument::kMultiple}};

constexpr HistoryItem kCommandInfoHistory[] = {
    {"7.0.0", "Without names it describes every command."}};

constexpr Argument kCommandListFilterbyArguments[] = {
    {.name = "module-name", .token = "MODULE", .display_text = "module-name"},
    {.name = "category", .token = "ACLCAT", .display_text = "category"},
    {.name = "pattern", .type = ArgumentType::kPattern, .token = "PATTERN",
     .display_text = "pattern"}};

constexpr Argument kCommandListArguments[] = {
    {.name = "filterby", .type = ArgumentType::kOneOf, .token = "FILTERBY",
     .flags = Argument::kOptional, .arguments = kCommandListFilterbyArguments}};

constexpr CommandSpec kCommandSubcommands[] = {
    {.name = "command|count", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale,
     .acl = Acl::kSlow | Acl::kConnection, .group = "server", .since = "2.8.13",
     .summary = "Counts the commands.", .complexity = "O(1)",
     .handler = &commands::CommandCount},
    {.name = "command|docs", .arity = -2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale,
     .acl = Acl::kSlow | Acl::kConnection, .group = "server", .since = "7.0.0",
     .summary = "Documents commands: purpose, arguments, history.",
     .complexity = "O(N) with N the commands asked for.", .tips = kCommandTips,
     .arguments = kCommandDocsArguments, .handler = &commands::CommandDocs},
    {.name = "command|getkeys", .arity = -3,
     .flags = CommandFlag::kLoading | CommandFlag::kStale,
     .acl = Acl::kSlow | Acl::kConnection, .group = "server", .since = "2.8.13",
     .summary = "Extracts the keys from the words of a command.",
     .complexity = "O(N) with N the words.", .arguments = kCommandGetkeysArguments,
     .handler = &commands::CommandGetkeys},
    {.name = "command|getkeysandflags", .arity = -3,
     .flags = CommandFlag::kLoading | CommandFlag::kStale,
     .acl = Acl::kSlow | Acl::kConnection, .group = "server", .since = "7.0.0",
     .summary = "Extracts the keys from the words of a command, with what it does to each.",
     .complexity = "O(N) with N the words.", .arguments = kCommandGetkeysArguments,
     .handler = &commands::CommandGetkeysandflags},
    {.name = "command|help", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale,
     .acl = Acl::kSlow | Acl::kConnection, .group = "server", .since = "5.0.0",
     .summary = "Lists the subcommands.", .complexity = "O(1)",
     .handler = &commands::CommandHelp},
    {.name = "command|info", .arity = -2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale,
     .acl = Acl::kSlow | Acl::kConnection, .group = "server", .since = "2.8.13",
     .summary = "Describes the named commands, or all of them.",
     .complexity = "O(N) with N the commands asked for.", .history = kCommandInfoHistory,
     .tips = kCommandTips, .arguments = kCommandDocsArguments,
     .handler = &commands::CommandInfo},
    {.name = "command|list", .arity = -2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale,
     .acl = Acl::kSlow | Acl::kConnection, .group = "server", .since = "7.0.0",
     .summary = "Lists the names of commands.",
     .complexity = "O(N) with N the commands.", .tips = kCommandTips,
     .arguments = kCommandListArguments, .handler = &commands::CommandList}};

constexpr CommandSpec kCommandRows[] = {
    {.name = "command", .arity = -1,
     .flags = CommandFlag::kLoading | CommandFlag::kStale,
     .acl = Acl::kSlow | Acl::kConnection, .group = "server", .since = "2.8.13",
     .summary = "Describes every command.", .complexity = "O(N) with N the commands.",
     .tips = kCommandTips, .subcommands = kCommandSubcommands,
     .handler = &commands::CommandAll}};
// clang-format on

}  // namespace

std::span<const CommandSpec> CommandCommands() {
  return kCommandRows;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Data: the rows of the commands for transactions, at the level of Valkey 9.1.
#include "commands/families.h"
#include "commands/transactions.h"

namespace skarn {
namespace {

// Packed by hand.
// clang-format off
constexpr KeySpec kWatchKeys[] = {
    {.flags = KeySpec::kRO, .last_key = -1}};

constexpr Argument kWatchArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0, .flags = Argument::kMultiple}};

constexpr CommandSpec kTransactionsRows[] = {
    {.name = "discard", .arity = 1,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kFast | CommandFlag::kAllowBusy,
     .acl = Acl::kFast | Acl::kTransaction, .group = "transactions", .since = "2.0.0",
     .summary = "Drops the commands queued since MULTI.",
     .complexity = "O(N) with N the commands queued.", .handler = &commands::Discard},
    {.name = "exec", .arity = 1,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kSkipCommandLog, .acl = Acl::kSlow | Acl::kTransaction,
     .group = "transactions", .since = "1.2.0",
     .summary = "Runs the commands queued since MULTI in one step.",
     .complexity = "That of the commands queued.", .handler = &commands::Exec},
    {.name = "multi", .arity = 1,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kFast | CommandFlag::kNoMulti | CommandFlag::kAllowBusy,
     .acl = Acl::kFast | Acl::kTransaction, .group = "transactions", .since = "1.2.0",
     .summary = "Begins a transaction: commands queue up until EXEC.",
     .complexity = "O(1)", .handler = &commands::Multi},
    {.name = "unwatch", .arity = 1,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kFast | CommandFlag::kAllowBusy,
     .acl = Acl::kFast | Acl::kTransaction, .group = "transactions", .since = "2.2.0",
     .summary = "Forgets the keys watched so far.",
     .complexity = "O(N) with N the keys watched.", .handler = &commands::Unwatch},
    {.name = "watch", .arity = -2,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kFast | CommandFlag::kNoMulti | CommandFlag::kAllowBusy,
     .acl = Acl::kFast | Acl::kTransaction, .key_specs = kWatchKeys,
     .group = "transactions", .since = "2.2.0",
     .summary = "Watches keys: a change to one before EXEC makes it do nothing.",
     .complexity = "O(1) for each key.", .arguments = kWatchArguments,
     .handler = &commands::Watch}};
// clang-format on

}  // namespace

std::span<const CommandSpec> TransactionsCommands() {
  return kTransactionsRows;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Data: the rows of the commands for channels and subscriptions, at the level of
// Valkey 9.1.
#include "commands/families.h"
#include "commands/pubsub.h"

namespace skarn {
namespace {

// Packed by hand.
// clang-format off
constexpr Argument kPsubscribeArguments[] = {
    {.name = "pattern", .type = ArgumentType::kPattern, .display_text = "pattern",
     .flags = Argument::kMultiple}};

constexpr Argument kPublishArguments[] = {
    {.name = "channel", .display_text = "channel"},
    {.name = "message", .display_text = "message"}};

constexpr Argument kPubsubChannelsArguments[] = {
    {.name = "pattern", .type = ArgumentType::kPattern, .display_text = "pattern",
     .flags = Argument::kOptional}};

constexpr Argument kPubsubNumsubArguments[] = {
    {.name = "channel", .display_text = "channel",
     .flags = Argument::kOptional | Argument::kMultiple}};

constexpr CommandSpec kPubsubSubcommands[] = {
    {.name = "pubsub|channels", .arity = -2,
     .flags = CommandFlag::kPubSub | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kGate, .acl = Acl::kPubSub | Acl::kSlow, .group = "pubsub",
     .since = "2.8.0", .summary = "Lists the channels that have subscribers.",
     .complexity = "O(N) with N the channels.", .arguments = kPubsubChannelsArguments,
     .handler = &commands::PubsubChannels},
    {.name = "pubsub|help", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale, .acl = 0u | Acl::kSlow,
     .group = "pubsub", .since = "6.2.0", .summary = "Lists the subcommands.",
     .complexity = "O(1)", .handler = &commands::PubsubHelp},
    {.name = "pubsub|numpat", .arity = 2,
     .flags = CommandFlag::kPubSub | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kGate, .acl = Acl::kPubSub | Acl::kSlow, .group = "pubsub",
     .since = "2.8.0", .summary = "Counts the distinct patterns subscribed to.",
     .complexity = "O(1)", .handler = &commands::PubsubNumpat},
    {.name = "pubsub|numsub", .arity = -2,
     .flags = CommandFlag::kPubSub | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kGate, .acl = Acl::kPubSub | Acl::kSlow, .group = "pubsub",
     .since = "2.8.0", .summary = "Counts the subscribers of channels.",
     .complexity = "O(N) with N the channels named.",
     .arguments = kPubsubNumsubArguments, .handler = &commands::PubsubNumsub}};

constexpr Argument kPunsubscribeArguments[] = {
    {.name = "pattern", .type = ArgumentType::kPattern, .display_text = "pattern",
     .flags = Argument::kOptional | Argument::kMultiple}};

constexpr Argument kSubscribeArguments[] = {
    {.name = "channel", .display_text = "channel", .flags = Argument::kMultiple}};

constexpr CommandSpec kPubsubRows[] = {
    {.name = "psubscribe", .arity = -2,
     .flags = CommandFlag::kPubSub | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale, .acl = Acl::kPubSub | Acl::kSlow, .group = "pubsub",
     .since = "2.0.0",
     .summary = "Subscribes to all channels whose names match patterns.",
     .complexity = "O(N) with N the patterns.", .arguments = kPsubscribeArguments,
     .handler = &commands::Psubscribe},
    {.name = "publish", .arity = 3,
     .flags = CommandFlag::kPubSub | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kFast, .acl = Acl::kPubSub | Acl::kFast, .group = "pubsub",
     .since = "2.0.0", .summary = "Sends a message to a channel.",
     .complexity = "O(N+M) with N the subscribers and M the patterns in use.",
     .arguments = kPublishArguments, .handler = &commands::Publish},
    {.name = "pubsub", .arity = -2, .acl = 0u | Acl::kSlow, .group = "pubsub",
     .since = "2.8.0",
     .summary = "Groups the commands that look at channels and subscriptions.",
     .complexity = "Depends on the subcommand.", .subcommands = kPubsubSubcommands},
    {.name = "punsubscribe", .arity = -1,
     .flags = CommandFlag::kPubSub | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale, .acl = Acl::kPubSub | Acl::kSlow, .group = "pubsub",
     .since = "2.0.0",
     .summary = "Ends subscriptions to patterns, without names to all of them.",
     .complexity = "O(N) with N the patterns.", .arguments = kPunsubscribeArguments,
     .handler = &commands::Punsubscribe},
    {.name = "subscribe", .arity = -2,
     .flags = CommandFlag::kPubSub | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale, .acl = Acl::kPubSub | Acl::kSlow, .group = "pubsub",
     .since = "2.0.0", .summary = "Subscribes to channels.",
     .complexity = "O(N) with N the channels.", .arguments = kSubscribeArguments,
     .handler = &commands::Subscribe},
    {.name = "unsubscribe", .arity = -1,
     .flags = CommandFlag::kPubSub | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale, .acl = Acl::kPubSub | Acl::kSlow, .group = "pubsub",
     .since = "2.0.0",
     .summary = "Ends subscriptions to channels, without names to all of them.",
     .complexity = "O(N) with N the channels.", .arguments = kPubsubNumsubArguments,
     .handler = &commands::Unsubscribe}};
// clang-format on

}  // namespace

std::span<const CommandSpec> PubsubCommands() {
  return kPubsubRows;
}

}  // namespace skarn

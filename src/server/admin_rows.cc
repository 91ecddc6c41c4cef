// SPDX-License-Identifier: BSD-3-Clause
//
// Data: the rows of the commands for the server as a whole, at the level of Valkey 9.1.
#include "server/admin.h"

namespace skarn {
namespace {

// Packed by hand.
// clang-format off
constexpr HistoryItem kBgsaveHistory[] = {
    {"3.2.2", "The option SCHEDULE."},
    {"8.1.0", "The option CANCEL."}};

constexpr Argument kBgsaveOperationArguments[] = {
    {.name = "schedule", .type = ArgumentType::kPureToken, .token = "SCHEDULE",
     .display_text = "schedule", .since = "3.2.2"},
    {.name = "cancel", .type = ArgumentType::kPureToken, .token = "CANCEL",
     .display_text = "cancel", .since = "8.1.0"}};

constexpr Argument kBgsaveArguments[] = {
    {.name = "operation", .type = ArgumentType::kOneOf, .flags = Argument::kOptional,
     .arguments = kBgsaveOperationArguments}};

constexpr std::string_view kCommandlogGetTips[] = {
    "request_policy:all_nodes",
    "nondeterministic_output"};

constexpr Argument kCommandlogGetTypeArguments[] = {
    {.name = "slow", .type = ArgumentType::kPureToken, .token = "SLOW",
     .display_text = "slow"},
    {.name = "large-request", .type = ArgumentType::kPureToken, .token = "LARGE-REQUEST",
     .display_text = "large-request"},
    {.name = "large-reply", .type = ArgumentType::kPureToken, .token = "LARGE-REPLY",
     .display_text = "large-reply"}};

constexpr Argument kCommandlogGetArguments[] = {
    {.name = "count", .type = ArgumentType::kInteger, .display_text = "count"},
    {.name = "type", .type = ArgumentType::kOneOf,
     .arguments = kCommandlogGetTypeArguments}};

constexpr std::string_view kCommandlogLenTips[] = {
    "request_policy:all_nodes",
    "response_policy:agg_sum",
    "nondeterministic_output"};

constexpr Argument kCommandlogLenArguments[] = {
    {.name = "type", .type = ArgumentType::kOneOf,
     .arguments = kCommandlogGetTypeArguments}};

constexpr std::string_view kCommandlogResetTips[] = {
    "request_policy:all_nodes",
    "response_policy:all_succeeded"};

constexpr CommandSpec kCommandlogSubcommands[] = {
    {.name = "commandlog|get", .arity = 4,
     .flags = CommandFlag::kAdmin | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kGate, .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous,
     .group = "server", .since = "8.1.0",
     .summary = "Returns entries of one of the command logs.",
     .complexity = "O(N) with N the entries returned.", .tips = kCommandlogGetTips,
     .arguments = kCommandlogGetArguments, .handler = &commands::CommandlogGet},
    {.name = "commandlog|help", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale, .acl = 0u | Acl::kSlow,
     .group = "server", .since = "8.1.0", .summary = "Lists the subcommands.",
     .complexity = "O(1)", .handler = &commands::CommandlogHelp},
    {.name = "commandlog|len", .arity = 3,
     .flags = CommandFlag::kAdmin | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kGate, .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous,
     .group = "server", .since = "8.1.0",
     .summary = "Counts the entries of one of the command logs.", .complexity = "O(1)",
     .tips = kCommandlogLenTips, .arguments = kCommandlogLenArguments,
     .handler = &commands::CommandlogLen},
    {.name = "commandlog|reset", .arity = 3,
     .flags = CommandFlag::kAdmin | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kGate, .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous,
     .group = "server", .since = "8.1.0", .summary = "Empties one of the command logs.",
     .complexity = "O(N) with N the entries.", .tips = kCommandlogResetTips,
     .arguments = kCommandlogLenArguments, .handler = &commands::CommandlogReset}};

constexpr HistoryItem kConfigGetHistory[] = {
    {"7.0.0", "Several patterns in one call."}};

constexpr Argument kConfigGetArguments[] = {
    {.name = "parameter", .display_text = "parameter", .flags = Argument::kMultiple}};

constexpr HistoryItem kConfigSetHistory[] = {
    {"7.0.0", "Several settings in one call."}};

constexpr Argument kConfigSetDataArguments[] = {
    {.name = "parameter", .display_text = "parameter"},
    {.name = "value", .display_text = "value"}};

constexpr Argument kConfigSetArguments[] = {
    {.name = "data", .type = ArgumentType::kBlock, .flags = Argument::kMultiple,
     .arguments = kConfigSetDataArguments}};

constexpr CommandSpec kConfigSubcommands[] = {
    {.name = "config|get", .arity = -3,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "2.0.0", .summary = "Returns the settings whose names match.",
     .complexity = "O(N) with N the settings times the patterns.",
     .history = kConfigGetHistory, .arguments = kConfigGetArguments,
     .handler = &commands::ConfigGet},
    {.name = "config|help", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale, .acl = 0u | Acl::kSlow,
     .group = "server", .since = "5.0.0", .summary = "Lists the subcommands.",
     .complexity = "O(1)", .handler = &commands::ConfigHelp},
    {.name = "config|resetstat", .arity = 2,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "2.0.0", .summary = "Sets the statistics back to zero.",
     .complexity = "O(1)", .tips = kCommandlogResetTips,
     .handler = &commands::ConfigResetstat},
    {.name = "config|rewrite", .arity = 2,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "2.8.0",
     .summary = "Writes the settings in force into the configuration file.",
     .complexity = "O(N) with N the lines of the file.", .tips = kCommandlogResetTips,
     .handler = &commands::ConfigRewrite},
    {.name = "config|set", .arity = -4,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "2.0.0", .summary = "Changes settings, all of them or none.",
     .complexity = "O(N) with N the settings named.", .history = kConfigSetHistory,
     .tips = kCommandlogResetTips, .arguments = kConfigSetArguments,
     .handler = &commands::ConfigSet}};

constexpr std::string_view kDbsizeTips[] = {
    "request_policy:all_shards",
    "response_policy:agg_sum"};

constexpr std::string_view kDebugDocFlags[] = {
    "syscmd"};

constexpr HistoryItem kFlushallHistory[] = {
    {"4.0.0", "The option ASYNC."},
    {"6.2.0", "The option SYNC."}};

constexpr std::string_view kFlushallTips[] = {
    "request_policy:all_shards",
    "response_policy:all_succeeded"};

constexpr Argument kFlushallFlushTypeArguments[] = {
    {.name = "async", .type = ArgumentType::kPureToken, .token = "ASYNC",
     .display_text = "async", .since = "4.0.0"},
    {.name = "sync", .type = ArgumentType::kPureToken, .token = "SYNC",
     .display_text = "sync", .since = "6.2.0"}};

constexpr Argument kFlushallArguments[] = {
    {.name = "flush-type", .type = ArgumentType::kOneOf, .flags = Argument::kOptional,
     .arguments = kFlushallFlushTypeArguments}};

constexpr HistoryItem kInfoHistory[] = {
    {"7.0.0", "Several sections in one call."}};

constexpr std::string_view kInfoTips[] = {
    "nondeterministic_output",
    "request_policy:all_shards",
    "response_policy:special"};

constexpr Argument kInfoArguments[] = {
    {.name = "section", .display_text = "section",
     .flags = Argument::kOptional | Argument::kMultiple}};

constexpr std::string_view kLastsaveTips[] = {
    "nondeterministic_output"};

constexpr std::string_view kLatencyDoctorTips[] = {
    "nondeterministic_output",
    "request_policy:all_nodes",
    "response_policy:special"};

constexpr Argument kLatencyGraphArguments[] = {
    {.name = "event", .display_text = "event"}};

constexpr Argument kLatencyHistogramArguments[] = {
    {.name = "command", .display_text = "command",
     .flags = Argument::kOptional | Argument::kMultiple}};

constexpr std::string_view kLatencyResetTips[] = {
    "request_policy:all_nodes",
    "response_policy:agg_sum"};

constexpr Argument kLatencyResetArguments[] = {
    {.name = "event", .display_text = "event",
     .flags = Argument::kOptional | Argument::kMultiple}};

constexpr CommandSpec kLatencySubcommands[] = {
    {.name = "latency|doctor", .arity = 2,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "2.8.13", .summary = "Explains in words what made the server slow.",
     .complexity = "O(1)", .tips = kLatencyDoctorTips,
     .handler = &commands::LatencyDoctor},
    {.name = "latency|graph", .arity = 3,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "2.8.13", .summary = "Draws the spikes of an event.", .complexity = "O(1)",
     .tips = kLatencyDoctorTips, .arguments = kLatencyGraphArguments,
     .handler = &commands::LatencyGraph},
    {.name = "latency|help", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale, .acl = 0u | Acl::kSlow,
     .group = "server", .since = "2.8.13", .summary = "Lists the subcommands.",
     .complexity = "O(1)", .handler = &commands::LatencyHelp},
    {.name = "latency|histogram", .arity = -2,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "7.0.0",
     .summary = "Returns how long commands took, as counts of growing ranges.",
     .complexity = "O(N) with N the commands that have data.",
     .tips = kLatencyDoctorTips, .arguments = kLatencyHistogramArguments,
     .handler = &commands::LatencyHistogram},
    {.name = "latency|history", .arity = 3,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "2.8.13", .summary = "Returns the latest spikes of an event.",
     .complexity = "O(1)", .tips = kLatencyDoctorTips,
     .arguments = kLatencyGraphArguments, .handler = &commands::LatencyHistory},
    {.name = "latency|latest", .arity = 2,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "2.8.13", .summary = "Returns the last spike of each event.",
     .complexity = "O(1)", .tips = kLatencyDoctorTips,
     .handler = &commands::LatencyLatest},
    {.name = "latency|reset", .arity = -2,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "2.8.13", .summary = "Forgets the spikes of events.", .complexity = "O(1)",
     .tips = kLatencyResetTips, .arguments = kLatencyResetArguments,
     .handler = &commands::LatencyReset}};

constexpr Argument kLolwutArguments[] = {
    {.name = "version", .type = ArgumentType::kInteger, .token = "VERSION",
     .display_text = "version", .flags = Argument::kOptional}};

constexpr KeySpec kMemoryUsageKeys[] = {
    {.flags = KeySpec::kRO, .index = 2}};

constexpr Argument kMemoryUsageArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "count", .type = ArgumentType::kInteger, .token = "SAMPLES",
     .display_text = "count", .flags = Argument::kOptional}};

constexpr CommandSpec kMemorySubcommands[] = {
    {.name = "memory|doctor", .arity = 2, .flags = 0u | CommandFlag::kGate,
     .acl = 0u | Acl::kSlow, .group = "server", .since = "4.0.0",
     .summary = "Explains in words what is wrong with the use of memory.",
     .complexity = "O(1)", .tips = kInfoTips, .handler = &commands::MemoryDoctor},
    {.name = "memory|help", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale, .acl = 0u | Acl::kSlow,
     .group = "server", .since = "4.0.0", .summary = "Lists the subcommands.",
     .complexity = "O(1)", .handler = &commands::MemoryHelp},
    {.name = "memory|malloc-stats", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kGate, .acl = 0u | Acl::kSlow,
     .group = "server", .since = "4.0.0",
     .summary = "Returns what the allocator reports of itself.", .complexity = "O(1)",
     .tips = kInfoTips, .handler = &commands::MemoryMallocStats},
    {.name = "memory|purge", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kGate, .acl = 0u | Acl::kSlow,
     .group = "server", .since = "4.0.0",
     .summary = "Asks the allocator to give free memory back to the system.",
     .complexity = "Depends on how much is free.", .tips = kFlushallTips,
     .handler = &commands::MemoryPurge},
    {.name = "memory|stats", .arity = 2, .flags = 0u | CommandFlag::kGate,
     .acl = 0u | Acl::kSlow, .group = "server", .since = "4.0.0",
     .summary = "Tells what memory is used for.", .complexity = "O(1)",
     .tips = kInfoTips, .handler = &commands::MemoryStats},
    {.name = "memory|usage", .arity = -3,
     .flags = CommandFlag::kReadOnly | CommandFlag::kGate,
     .acl = Acl::kRead | Acl::kSlow, .key_specs = kMemoryUsageKeys, .group = "server",
     .since = "4.0.0", .summary = "Estimates the memory of a key with its value.",
     .complexity = "O(N) with N the elements sampled.",
     .arguments = kMemoryUsageArguments, .handler = &commands::MemoryUsage}};

constexpr std::string_view kModuleListTips[] = {
    "nondeterministic_output_order"};

constexpr CommandSpec kModuleSubcommands[] = {
    {.name = "module|help", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale, .acl = 0u | Acl::kSlow,
     .group = "server", .since = "5.0.0", .summary = "Lists the subcommands.",
     .complexity = "O(1)", .handler = &commands::ModuleHelp},
    {.name = "module|list", .arity = 2,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "4.0.0", .summary = "Lists the loaded modules.",
     .complexity = "O(N) with N the modules.", .tips = kModuleListTips,
     .handler = &commands::ModuleList}};

constexpr HistoryItem kShutdownHistory[] = {
    {"7.0.0", "The options NOW, FORCE and ABORT."},
    {"9.0.0", "The options SAFE and FAILOVER."}};

constexpr Argument kShutdownAbortSelectorSaveSelectorBlockSaveSelectorArguments[] = {
    {.name = "nosave", .type = ArgumentType::kPureToken, .token = "NOSAVE",
     .display_text = "nosave"},
    {.name = "save", .type = ArgumentType::kPureToken, .token = "SAVE",
     .display_text = "save"}};

constexpr Argument kShutdownAbortSelectorSaveSelectorBlockArguments[] = {
    {.name = "save-selector", .type = ArgumentType::kOneOf, .flags = Argument::kOptional,
     .arguments = kShutdownAbortSelectorSaveSelectorBlockSaveSelectorArguments},
    {.name = "now", .type = ArgumentType::kPureToken, .token = "NOW",
     .display_text = "now", .since = "7.0.0", .flags = Argument::kOptional},
    {.name = "force", .type = ArgumentType::kPureToken, .token = "FORCE",
     .display_text = "force", .since = "7.0.0", .flags = Argument::kOptional},
    {.name = "safe", .type = ArgumentType::kPureToken, .token = "SAFE",
     .display_text = "safe", .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "failover", .type = ArgumentType::kPureToken, .token = "FAILOVER",
     .display_text = "failover", .since = "9.0.0", .flags = Argument::kOptional}};

constexpr Argument kShutdownAbortSelectorArguments[] = {
    {.name = "save-selector-block", .type = ArgumentType::kBlock,
     .arguments = kShutdownAbortSelectorSaveSelectorBlockArguments},
    {.name = "abort", .type = ArgumentType::kPureToken, .token = "ABORT",
     .display_text = "abort", .since = "7.0.0"}};

constexpr Argument kShutdownArguments[] = {
    {.name = "abort-selector", .type = ArgumentType::kOneOf,
     .flags = Argument::kOptional, .arguments = kShutdownAbortSelectorArguments}};

constexpr HistoryItem kSlowlogGetHistory[] = {
    {"4.0.0", "Address and name of the client in the reply."}};

constexpr Argument kSlowlogGetArguments[] = {
    {.name = "count", .type = ArgumentType::kInteger, .display_text = "count",
     .flags = Argument::kOptional}};

constexpr CommandSpec kSlowlogSubcommands[] = {
    {.name = "slowlog|get", .arity = -2,
     .flags = CommandFlag::kAdmin | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kGate, .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous,
     .group = "server", .since = "2.2.12",
     .summary = "Returns entries of the log of slow commands.",
     .complexity = "O(N) with N the entries returned.", .history = kSlowlogGetHistory,
     .tips = kCommandlogGetTips, .arguments = kSlowlogGetArguments,
     .handler = &commands::SlowlogGet},
    {.name = "slowlog|help", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale, .acl = 0u | Acl::kSlow,
     .group = "server", .since = "6.2.0", .summary = "Lists the subcommands.",
     .complexity = "O(1)", .handler = &commands::SlowlogHelp},
    {.name = "slowlog|len", .arity = 2,
     .flags = CommandFlag::kAdmin | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kGate, .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous,
     .group = "server", .since = "2.2.12",
     .summary = "Counts the entries of the log of slow commands.", .complexity = "O(1)",
     .tips = kCommandlogLenTips, .handler = &commands::SlowlogLen},
    {.name = "slowlog|reset", .arity = 2,
     .flags = CommandFlag::kAdmin | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kGate, .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous,
     .group = "server", .since = "2.2.12",
     .summary = "Empties the log of slow commands.",
     .complexity = "O(N) with N the entries.", .tips = kCommandlogResetTips,
     .handler = &commands::SlowlogReset}};

constexpr Argument kSwapdbArguments[] = {
    {.name = "index1", .type = ArgumentType::kInteger, .display_text = "index1"},
    {.name = "index2", .type = ArgumentType::kInteger, .display_text = "index2"}};

constexpr CommandSpec kServerRows[] = {
    {.name = "bgsave", .arity = -1,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript |
         CommandFlag::kNoAsyncLoading | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "1.0.0", .summary = "Saves the data to disk beside traffic.",
     .complexity = "O(1)", .history = kBgsaveHistory, .arguments = kBgsaveArguments,
     .handler = &commands::Bgsave},
    {.name = "commandlog", .arity = -2, .acl = 0u | Acl::kSlow, .group = "server",
     .since = "8.1.0",
     .summary = "Groups the commands about the log of slow and large commands.",
     .complexity = "Depends on the subcommand.", .subcommands = kCommandlogSubcommands},
    {.name = "config", .arity = -2, .acl = 0u | Acl::kSlow, .group = "server",
     .since = "2.0.0", .summary = "Groups the commands about the configuration.",
     .complexity = "Depends on the subcommand.", .subcommands = kConfigSubcommands},
    {.name = "dbsize", .arity = 1,
     .flags = CommandFlag::kReadOnly | CommandFlag::kFast | CommandFlag::kGate,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kFast, .group = "server",
     .since = "1.0.0", .summary = "Counts the keys of the database.",
     .complexity = "O(1)", .tips = kDbsizeTips, .handler = &commands::Dbsize},
    {.name = "debug", .arity = -2,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kProtected | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "1.0.0", .summary = "Groups commands for tests of the server.",
     .complexity = "Depends on the subcommand.", .doc_flags = kDebugDocFlags,
     .handler = &commands::Debug},
    {.name = "flushall", .arity = -1, .flags = CommandFlag::kWrite | CommandFlag::kGate,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kSlow | Acl::kDangerous,
     .group = "server", .since = "1.0.0",
     .summary = "Deletes the keys of all databases.",
     .complexity = "O(N) with N the keys of all databases.", .history = kFlushallHistory,
     .tips = kFlushallTips, .arguments = kFlushallArguments,
     .handler = &commands::Flushall},
    {.name = "flushdb", .arity = -1, .flags = CommandFlag::kWrite | CommandFlag::kGate,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kSlow | Acl::kDangerous,
     .group = "server", .since = "1.0.0", .summary = "Deletes the keys of the database.",
     .complexity = "O(N) with N the keys of the database.", .history = kFlushallHistory,
     .tips = kFlushallTips, .arguments = kFlushallArguments,
     .handler = &commands::Flushdb},
    {.name = "info", .arity = -1,
     .flags = CommandFlag::kLoading | CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kSlow | Acl::kDangerous, .group = "server", .since = "1.0.0",
     .summary = "Reports on the server: its state, statistics and memory.",
     .complexity = "O(1)", .history = kInfoHistory, .tips = kInfoTips,
     .arguments = kInfoArguments, .handler = &commands::Info},
    {.name = "lastsave", .arity = 1,
     .flags = CommandFlag::kLoading | CommandFlag::kStale | CommandFlag::kFast,
     .acl = Acl::kAdmin | Acl::kFast | Acl::kDangerous, .group = "server",
     .since = "1.0.0", .summary = "Returns the Unix time of the last successful save.",
     .complexity = "O(1)", .tips = kLastsaveTips, .handler = &commands::Lastsave},
    {.name = "latency", .arity = -2, .acl = 0u | Acl::kSlow, .group = "server",
     .since = "2.8.13", .summary = "Groups the commands about latency.",
     .complexity = "Depends on the subcommand.", .subcommands = kLatencySubcommands},
    {.name = "lolwut", .arity = -1, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kFast, .group = "server", .since = "5.0.0",
     .summary = "Draws a picture and tells the version.", .arguments = kLolwutArguments,
     .handler = &commands::Lolwut},
    {.name = "memory", .arity = -2, .acl = 0u | Acl::kSlow, .group = "server",
     .since = "4.0.0", .summary = "Groups the commands about memory.",
     .complexity = "Depends on the subcommand.", .subcommands = kMemorySubcommands},
    {.name = "module", .arity = -2, .acl = 0u | Acl::kSlow, .group = "server",
     .since = "4.0.0", .summary = "Groups the commands about modules.",
     .complexity = "Depends on the subcommand.", .subcommands = kModuleSubcommands},
    {.name = "monitor", .arity = 1,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "1.0.0", .summary = "Shows every command the server runs, as it comes.",
     .handler = &commands::Monitor},
    {.name = "role", .arity = 1,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kFast, .acl = Acl::kAdmin | Acl::kFast | Acl::kDangerous,
     .group = "server", .since = "2.8.12",
     .summary = "Tells the part the server plays in replication.", .complexity = "O(1)",
     .handler = &commands::Role},
    {.name = "save", .arity = 1,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript |
         CommandFlag::kNoAsyncLoading | CommandFlag::kNoMulti | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous, .group = "server",
     .since = "1.0.0",
     .summary = "Saves the data to disk and answers when that is done.",
     .complexity = "O(N) with N the keys of all databases.", .handler = &commands::Save},
    {.name = "shutdown", .arity = -1,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kNoMulti | CommandFlag::kAllowBusy |
         CommandFlag::kGate, .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous,
     .group = "server", .since = "1.0.0",
     .summary = "Saves the data if so configured and stops the server.",
     .complexity = "O(N) with N the keys of all databases, if they are saved.",
     .history = kShutdownHistory, .arguments = kShutdownArguments,
     .handler = &commands::Shutdown},
    {.name = "slowlog", .arity = -2, .acl = 0u | Acl::kSlow, .group = "server",
     .since = "2.2.12", .summary = "Groups the commands about the log of slow commands.",
     .complexity = "Depends on the subcommand.", .subcommands = kSlowlogSubcommands},
    {.name = "swapdb", .arity = 3,
     .flags = CommandFlag::kWrite | CommandFlag::kFast | CommandFlag::kGate,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kFast | Acl::kDangerous,
     .group = "server", .since = "4.0.0",
     .summary = "Exchanges the contents of two databases.",
     .complexity = "O(N) with N the clients that watch or wait for keys in them.",
     .arguments = kSwapdbArguments, .handler = &commands::Swapdb},
    {.name = "time", .arity = 1,
     .flags = CommandFlag::kLoading | CommandFlag::kStale | CommandFlag::kFast,
     .acl = 0u | Acl::kFast, .group = "server", .since = "2.6.0",
     .summary = "Returns the clock of the server.", .complexity = "O(1)",
     .tips = kLastsaveTips, .handler = &commands::Time}};
// clang-format on

}  // namespace

std::span<const CommandSpec> ServerCommands() {
  return kServerRows;
}

}  // namespace skarn

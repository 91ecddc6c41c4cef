// SPDX-License-Identifier: BSD-3-Clause
//
// Data: the rows of the commands for keys of any type, at the level of Valkey 9.1.
#include "commands/families.h"
#include "commands/generic.h"

namespace skarn {
namespace {

// Packed by hand.
// clang-format off
constexpr KeySpec kCopyKeys[] = {
    {.flags = KeySpec::kRO | KeySpec::kAccess},
    {.flags = KeySpec::kOW | KeySpec::kUpdate, .index = 2}};

constexpr Argument kCopyArguments[] = {
    {.name = "source", .type = ArgumentType::kKey, .display_text = "source",
     .key_spec_index = 0},
    {.name = "destination", .type = ArgumentType::kKey, .display_text = "destination",
     .key_spec_index = 1},
    {.name = "destination-db", .type = ArgumentType::kInteger, .token = "DB",
     .display_text = "destination-db", .flags = Argument::kOptional},
    {.name = "replace", .type = ArgumentType::kPureToken, .token = "REPLACE",
     .display_text = "replace", .flags = Argument::kOptional}};

constexpr KeySpec kDelKeys[] = {
    {.flags = KeySpec::kRM | KeySpec::kDelete, .last_key = -1}};

constexpr std::string_view kDelTips[] = {
    "request_policy:multi_shard",
    "response_policy:agg_sum"};

constexpr Argument kDelArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0, .flags = Argument::kMultiple}};

constexpr KeySpec kDumpKeys[] = {
    {.flags = KeySpec::kRO | KeySpec::kAccess}};

constexpr std::string_view kDumpTips[] = {
    "nondeterministic_output"};

constexpr Argument kDumpArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0}};

constexpr KeySpec kExistsKeys[] = {
    {.flags = KeySpec::kRO, .last_key = -1}};

constexpr HistoryItem kExistsHistory[] = {
    {"3.0.3", "Several keys."}};

constexpr KeySpec kExpireKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kUpdate}};

constexpr HistoryItem kExpireHistory[] = {
    {"7.0.0", "The conditions NX, XX, GT and LT."}};

constexpr Argument kExpireConditionArguments[] = {
    {.name = "nx", .type = ArgumentType::kPureToken, .token = "NX", .display_text = "nx"},
    {.name = "xx", .type = ArgumentType::kPureToken, .token = "XX", .display_text = "xx"},
    {.name = "gt", .type = ArgumentType::kPureToken, .token = "GT", .display_text = "gt"},
    {.name = "lt", .type = ArgumentType::kPureToken, .token = "LT", .display_text = "lt"}};

constexpr Argument kExpireArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "seconds", .type = ArgumentType::kInteger, .display_text = "seconds"},
    {.name = "condition", .type = ArgumentType::kOneOf, .since = "7.0.0",
     .flags = Argument::kOptional, .arguments = kExpireConditionArguments}};

constexpr Argument kExpireatArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "unix-time-seconds", .type = ArgumentType::kUnixTime,
     .display_text = "unix-time-seconds"},
    {.name = "condition", .type = ArgumentType::kOneOf, .since = "7.0.0",
     .flags = Argument::kOptional, .arguments = kExpireConditionArguments}};

constexpr std::string_view kKeysTips[] = {
    "request_policy:all_shards",
    "nondeterministic_output_order"};

constexpr Argument kKeysArguments[] = {
    {.name = "pattern", .type = ArgumentType::kPattern, .display_text = "pattern"}};

constexpr KeySpec kMoveKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kAccess | KeySpec::kUpdate}};

constexpr Argument kMoveArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "db", .type = ArgumentType::kInteger, .display_text = "db"}};

constexpr KeySpec kObjectEncodingKeys[] = {
    {.flags = KeySpec::kRO, .index = 2}};

constexpr CommandSpec kObjectSubcommands[] = {
    {.name = "object|encoding", .arity = 3, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kSlow, .key_specs = kObjectEncodingKeys,
     .group = "generic", .since = "2.2.3",
     .summary = "Names the internal form a value is kept in.", .complexity = "O(1)",
     .tips = kDumpTips, .arguments = kDumpArguments,
     .handler = &commands::ObjectEncoding},
    {.name = "object|freq", .arity = 3, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kSlow, .key_specs = kObjectEncodingKeys,
     .group = "generic", .since = "4.0.0",
     .summary = "Returns the logarithmic use count of a key under an LFU policy.",
     .complexity = "O(1)", .tips = kDumpTips, .arguments = kDumpArguments,
     .handler = &commands::ObjectFreq},
    {.name = "object|help", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale,
     .acl = Acl::kKeyspace | Acl::kSlow, .group = "generic", .since = "6.2.0",
     .summary = "Lists the subcommands.", .complexity = "O(1)",
     .handler = &commands::ObjectHelp},
    {.name = "object|idletime", .arity = 3, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kSlow, .key_specs = kObjectEncodingKeys,
     .group = "generic", .since = "2.2.3",
     .summary = "Returns for how many seconds nobody has used a key.",
     .complexity = "O(1)", .tips = kDumpTips, .arguments = kDumpArguments,
     .handler = &commands::ObjectIdletime},
    {.name = "object|refcount", .arity = 3, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kSlow, .key_specs = kObjectEncodingKeys,
     .group = "generic", .since = "2.2.3",
     .summary = "Returns how many references a value has.", .complexity = "O(1)",
     .tips = kDumpTips, .arguments = kDumpArguments,
     .handler = &commands::ObjectRefcount}};

constexpr Argument kPexpireArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "milliseconds", .type = ArgumentType::kInteger,
     .display_text = "milliseconds"},
    {.name = "condition", .type = ArgumentType::kOneOf, .since = "7.0.0",
     .flags = Argument::kOptional, .arguments = kExpireConditionArguments}};

constexpr Argument kPexpireatArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "unix-time-milliseconds", .type = ArgumentType::kUnixTime,
     .display_text = "unix-time-milliseconds"},
    {.name = "condition", .type = ArgumentType::kOneOf, .since = "7.0.0",
     .flags = Argument::kOptional, .arguments = kExpireConditionArguments}};

constexpr HistoryItem kPttlHistory[] = {
    {"2.8.0", "The reply -2."}};

constexpr std::string_view kRandomkeyTips[] = {
    "request_policy:all_shards",
    "response_policy:special",
    "nondeterministic_output"};

constexpr KeySpec kRenameKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kAccess | KeySpec::kDelete},
    {.flags = KeySpec::kOW | KeySpec::kUpdate, .index = 2}};

constexpr Argument kRenameArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "newkey", .type = ArgumentType::kKey, .display_text = "newkey",
     .key_spec_index = 1}};

constexpr KeySpec kRenamenxKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kAccess | KeySpec::kDelete},
    {.flags = KeySpec::kOW | KeySpec::kInsert, .index = 2}};

constexpr HistoryItem kRenamenxHistory[] = {
    {"3.2.0", "Equal names are no error any more."}};

constexpr KeySpec kRestoreKeys[] = {
    {.flags = KeySpec::kOW | KeySpec::kUpdate}};

constexpr HistoryItem kRestoreHistory[] = {
    {"3.0.0", "The option REPLACE."},
    {"5.0.0", "The option ABSTTL."},
    {"5.0.0", "The options IDLETIME and FREQ."}};

constexpr Argument kRestoreArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "ttl", .type = ArgumentType::kInteger, .display_text = "ttl"},
    {.name = "serialized-value", .display_text = "serialized-value"},
    {.name = "replace", .type = ArgumentType::kPureToken, .token = "REPLACE",
     .display_text = "replace", .since = "3.0.0", .flags = Argument::kOptional},
    {.name = "absttl", .type = ArgumentType::kPureToken, .token = "ABSTTL",
     .display_text = "absttl", .since = "5.0.0", .flags = Argument::kOptional},
    {.name = "seconds", .type = ArgumentType::kInteger, .token = "IDLETIME",
     .display_text = "seconds", .since = "5.0.0", .flags = Argument::kOptional},
    {.name = "frequency", .type = ArgumentType::kInteger, .token = "FREQ",
     .display_text = "frequency", .since = "5.0.0", .flags = Argument::kOptional}};

constexpr HistoryItem kScanHistory[] = {
    {"6.0.0", "The option TYPE."}};

constexpr std::string_view kScanTips[] = {
    "nondeterministic_output",
    "request_policy:special",
    "response_policy:special"};

constexpr Argument kScanArguments[] = {
    {.name = "cursor", .type = ArgumentType::kInteger, .display_text = "cursor"},
    {.name = "pattern", .type = ArgumentType::kPattern, .token = "MATCH",
     .display_text = "pattern", .flags = Argument::kOptional},
    {.name = "count", .type = ArgumentType::kInteger, .token = "COUNT",
     .display_text = "count", .flags = Argument::kOptional},
    {.name = "type", .token = "TYPE", .display_text = "type", .since = "6.0.0",
     .flags = Argument::kOptional}};

constexpr KeySpec kTypeKeys[] = {
    {.flags = KeySpec::kRO}};

constexpr CommandSpec kGenericRows[] = {
    {.name = "copy", .arity = -3,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kGate,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kSlow, .key_specs = kCopyKeys,
     .group = "generic", .since = "6.2.0",
     .summary = "Copies a key with its expiry to another name or database.",
     .complexity = "O(N) with N the elements of the value; O(1) for strings.",
     .arguments = kCopyArguments, .handler = &commands::Copy},
    {.name = "del", .arity = -2, .flags = 0u | CommandFlag::kWrite,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kSlow, .key_specs = kDelKeys,
     .group = "generic", .since = "1.0.0", .summary = "Deletes keys.",
     .complexity = "O(N) with N the keys, plus the elements of aggregate values.",
     .tips = kDelTips, .arguments = kDelArguments, .handler = &commands::Del},
    {.name = "dump", .arity = 2, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kSlow, .key_specs = kDumpKeys,
     .group = "generic", .since = "2.6.0",
     .summary = "Returns a value in the serialised form that RESTORE reads.",
     .complexity = "O(N) with N the elements and bytes of the value.", .tips = kDumpTips,
     .arguments = kDumpArguments, .handler = &commands::Dump},
    {.name = "exists", .arity = -2, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kFast, .key_specs = kExistsKeys,
     .group = "generic", .since = "1.0.0",
     .summary = "Counts which of the named keys exist, repeated names again.",
     .complexity = "O(N) with N the keys named.", .history = kExistsHistory,
     .tips = kDelTips, .arguments = kDelArguments, .handler = &commands::Exists},
    {.name = "expire", .arity = -3, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kFast, .key_specs = kExpireKeys,
     .group = "generic", .since = "1.0.0",
     .summary = "Sets the expiry of a key, in seconds from now.", .complexity = "O(1)",
     .history = kExpireHistory, .arguments = kExpireArguments,
     .handler = &commands::Expire},
    {.name = "expireat", .arity = -3, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kFast, .key_specs = kExpireKeys,
     .group = "generic", .since = "1.2.0",
     .summary = "Sets the expiry of a key to a Unix time in seconds.",
     .complexity = "O(1)", .history = kExpireHistory, .arguments = kExpireatArguments,
     .handler = &commands::Expireat},
    {.name = "expiretime", .arity = 2,
     .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kFast, .key_specs = kDumpKeys,
     .group = "generic", .since = "7.0.0",
     .summary = "Returns when a key expires, as a Unix time in seconds.",
     .complexity = "O(1)", .arguments = kDumpArguments, .handler = &commands::Expiretime},
    {.name = "keys", .arity = 2, .flags = CommandFlag::kReadOnly | CommandFlag::kGate,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kSlow | Acl::kDangerous,
     .group = "generic", .since = "1.0.0",
     .summary = "Lists all keys whose names match a pattern.",
     .complexity = "O(N) with N the keys of the database.", .tips = kKeysTips,
     .arguments = kKeysArguments, .handler = &commands::Keys},
    {.name = "move", .arity = 3,
     .flags = CommandFlag::kWrite | CommandFlag::kFast | CommandFlag::kGate,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kFast, .key_specs = kMoveKeys,
     .group = "generic", .since = "1.0.0", .summary = "Moves a key to another database.",
     .complexity = "O(1)", .arguments = kMoveArguments, .handler = &commands::Move},
    {.name = "object", .arity = -2, .acl = 0u | Acl::kSlow, .group = "generic",
     .since = "2.2.3", .summary = "Groups the commands that look inside a value.",
     .complexity = "Depends on the subcommand.", .subcommands = kObjectSubcommands},
    {.name = "persist", .arity = 2, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kFast, .key_specs = kExpireKeys,
     .group = "generic", .since = "2.2.0", .summary = "Removes the expiry of a key.",
     .complexity = "O(1)", .arguments = kDumpArguments, .handler = &commands::Persist},
    {.name = "pexpire", .arity = -3, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kFast, .key_specs = kExpireKeys,
     .group = "generic", .since = "2.6.0",
     .summary = "Sets the expiry of a key, in milliseconds from now.",
     .complexity = "O(1)", .history = kExpireHistory, .arguments = kPexpireArguments,
     .handler = &commands::Pexpire},
    {.name = "pexpireat", .arity = -3, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kFast, .key_specs = kExpireKeys,
     .group = "generic", .since = "2.6.0",
     .summary = "Sets the expiry of a key to a Unix time in milliseconds.",
     .complexity = "O(1)", .history = kExpireHistory, .arguments = kPexpireatArguments,
     .handler = &commands::Pexpireat},
    {.name = "pexpiretime", .arity = 2,
     .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kFast, .key_specs = kDumpKeys,
     .group = "generic", .since = "7.0.0",
     .summary = "Returns when a key expires, as a Unix time in milliseconds.",
     .complexity = "O(1)", .arguments = kDumpArguments,
     .handler = &commands::Pexpiretime},
    {.name = "pttl", .arity = 2, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kFast, .key_specs = kDumpKeys,
     .group = "generic", .since = "2.6.0",
     .summary = "Returns the time a key has left, in milliseconds.",
     .complexity = "O(1)", .history = kPttlHistory, .tips = kDumpTips,
     .arguments = kDumpArguments, .handler = &commands::Pttl},
    {.name = "randomkey", .arity = 1, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kSlow, .group = "generic",
     .since = "1.0.0", .summary = "Picks a key of the database at random.",
     .complexity = "O(1)", .tips = kRandomkeyTips, .handler = &commands::Randomkey},
    {.name = "rename", .arity = 3, .flags = 0u | CommandFlag::kWrite,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kSlow, .key_specs = kRenameKeys,
     .group = "generic", .since = "1.0.0",
     .summary = "Gives a key another name, replacing what was there.",
     .complexity = "O(1), plus the elements of a replaced value.",
     .arguments = kRenameArguments, .handler = &commands::Rename},
    {.name = "renamenx", .arity = 3, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kFast, .key_specs = kRenamenxKeys,
     .group = "generic", .since = "1.0.0",
     .summary = "Gives a key another name if that name is free.", .complexity = "O(1)",
     .history = kRenamenxHistory, .arguments = kRenameArguments,
     .handler = &commands::Renamenx},
    {.name = "restore", .arity = -4,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kSlow | Acl::kDangerous,
     .key_specs = kRestoreKeys, .group = "generic", .since = "2.6.0",
     .summary = "Makes a key from the serialised form that DUMP returned.",
     .complexity = "O(N) with N the elements and bytes of the value.",
     .history = kRestoreHistory, .arguments = kRestoreArguments,
     .handler = &commands::Restore},
    {.name = "scan", .arity = -2, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kSlow, .group = "generic",
     .since = "2.8.0", .summary = "Walks through the keys of the database in steps.",
     .complexity = "O(1) a call, O(N) for a whole walk over N keys.",
     .history = kScanHistory, .tips = kScanTips, .arguments = kScanArguments,
     .handler = &commands::Scan},
    {.name = "touch", .arity = -2, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kFast, .key_specs = kExistsKeys,
     .group = "generic", .since = "3.2.1",
     .summary = "Counts which of the named keys exist and marks them as used now.",
     .complexity = "O(N) with N the keys named.", .tips = kDelTips,
     .arguments = kDelArguments, .handler = &commands::Touch},
    {.name = "ttl", .arity = 2, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kFast, .key_specs = kDumpKeys,
     .group = "generic", .since = "1.0.0",
     .summary = "Returns the time a key has left, in seconds.", .complexity = "O(1)",
     .history = kPttlHistory, .tips = kDumpTips, .arguments = kDumpArguments,
     .handler = &commands::Ttl},
    {.name = "type", .arity = 2, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kRead | Acl::kFast, .key_specs = kTypeKeys,
     .group = "generic", .since = "1.0.0",
     .summary = "Names the type of the value at a key.", .complexity = "O(1)",
     .arguments = kDumpArguments, .handler = &commands::Type},
    {.name = "unlink", .arity = -2, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kKeyspace | Acl::kWrite | Acl::kFast, .key_specs = kDelKeys,
     .group = "generic", .since = "4.0.0",
     .summary = "Deletes keys at once and frees their memory in the background.",
     .complexity = "O(1) for each key; the memory is freed elsewhere.", .tips = kDelTips,
     .arguments = kDelArguments, .handler = &commands::Unlink}};
// clang-format on

}  // namespace

std::span<const CommandSpec> GenericCommands() {
  return kGenericRows;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Data: the rows of the commands for strings, at the level of Valkey 9.1.
#include "commands/families.h"
#include "commands/string.h"

namespace skarn {
namespace {

// Packed by hand.
// clang-format off
constexpr KeySpec kAppendKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kInsert}};

constexpr Argument kAppendArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "value", .display_text = "value"}};

constexpr KeySpec kDecrKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kAccess | KeySpec::kUpdate}};

constexpr Argument kDecrArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0}};

constexpr Argument kDecrbyArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "decrement", .type = ArgumentType::kInteger, .display_text = "decrement"}};

constexpr KeySpec kDelifeqKeys[] = {
    {.flags = KeySpec::kRM | KeySpec::kDelete}};

constexpr KeySpec kGetKeys[] = {
    {.flags = KeySpec::kRO | KeySpec::kAccess}};

constexpr KeySpec kGetdelKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kAccess | KeySpec::kDelete}};

constexpr KeySpec kGetexKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kAccess | KeySpec::kUpdate,
     .notes = "Update, as the expiry changes."}};

constexpr Argument kGetexExpirationArguments[] = {
    {.name = "seconds", .type = ArgumentType::kInteger, .token = "EX",
     .display_text = "seconds"},
    {.name = "milliseconds", .type = ArgumentType::kInteger, .token = "PX",
     .display_text = "milliseconds"},
    {.name = "unix-time-seconds", .type = ArgumentType::kUnixTime, .token = "EXAT",
     .display_text = "unix-time-seconds"},
    {.name = "unix-time-milliseconds", .type = ArgumentType::kUnixTime, .token = "PXAT",
     .display_text = "unix-time-milliseconds"},
    {.name = "persist", .type = ArgumentType::kPureToken, .token = "PERSIST",
     .display_text = "persist"}};

constexpr Argument kGetexArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "expiration", .type = ArgumentType::kOneOf, .flags = Argument::kOptional,
     .arguments = kGetexExpirationArguments}};

constexpr Argument kGetrangeArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "start", .type = ArgumentType::kInteger, .display_text = "start"},
    {.name = "end", .type = ArgumentType::kInteger, .display_text = "end"}};

constexpr Argument kIncrbyArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "increment", .type = ArgumentType::kInteger, .display_text = "increment"}};

constexpr Argument kIncrbyfloatArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "increment", .type = ArgumentType::kDouble, .display_text = "increment"}};

constexpr KeySpec kLcsKeys[] = {
    {.flags = KeySpec::kRO | KeySpec::kAccess, .last_key = 1}};

constexpr Argument kLcsArguments[] = {
    {.name = "key1", .type = ArgumentType::kKey, .display_text = "key1",
     .key_spec_index = 0},
    {.name = "key2", .type = ArgumentType::kKey, .display_text = "key2",
     .key_spec_index = 0},
    {.name = "len", .type = ArgumentType::kPureToken, .token = "LEN",
     .display_text = "len", .flags = Argument::kOptional},
    {.name = "idx", .type = ArgumentType::kPureToken, .token = "IDX",
     .display_text = "idx", .flags = Argument::kOptional},
    {.name = "min-match-len", .type = ArgumentType::kInteger, .token = "MINMATCHLEN",
     .display_text = "min-match-len", .flags = Argument::kOptional},
    {.name = "withmatchlen", .type = ArgumentType::kPureToken, .token = "WITHMATCHLEN",
     .display_text = "withmatchlen", .flags = Argument::kOptional}};

constexpr KeySpec kMgetKeys[] = {
    {.flags = KeySpec::kRO | KeySpec::kAccess, .last_key = -1}};

constexpr std::string_view kMgetTips[] = {
    "request_policy:multi_shard"};

constexpr Argument kMgetArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0, .flags = Argument::kMultiple}};

constexpr KeySpec kMsetKeys[] = {
    {.flags = KeySpec::kOW | KeySpec::kUpdate, .last_key = -1, .step = 2}};

constexpr std::string_view kMsetTips[] = {
    "request_policy:multi_shard",
    "response_policy:all_succeeded"};

constexpr Argument kMsetArguments[] = {
    {.name = "data", .type = ArgumentType::kBlock, .flags = Argument::kMultiple,
     .arguments = kAppendArguments}};

constexpr KeySpec kMsetexKeys[] = {
    {.flags = KeySpec::kOW | KeySpec::kUpdate, .find = KeySpec::Find::kKeyCount,
     .step = 2, .first_key = 1}};

constexpr Argument kMsetexConditionArguments[] = {
    {.name = "nx", .type = ArgumentType::kPureToken, .token = "NX", .display_text = "nx"},
    {.name = "xx", .type = ArgumentType::kPureToken, .token = "XX", .display_text = "xx"}};

constexpr Argument kMsetexExpirationArguments[] = {
    {.name = "seconds", .type = ArgumentType::kInteger, .token = "EX",
     .display_text = "seconds"},
    {.name = "milliseconds", .type = ArgumentType::kInteger, .token = "PX",
     .display_text = "milliseconds"},
    {.name = "unix-time-seconds", .type = ArgumentType::kUnixTime, .token = "EXAT",
     .display_text = "unix-time-seconds"},
    {.name = "unix-time-milliseconds", .type = ArgumentType::kUnixTime, .token = "PXAT",
     .display_text = "unix-time-milliseconds"},
    {.name = "keepttl", .type = ArgumentType::kPureToken, .token = "KEEPTTL",
     .display_text = "keepttl"}};

constexpr Argument kMsetexArguments[] = {
    {.name = "numkeys", .type = ArgumentType::kInteger, .display_text = "numkeys"},
    {.name = "data", .type = ArgumentType::kBlock, .flags = Argument::kMultiple,
     .arguments = kAppendArguments},
    {.name = "condition", .type = ArgumentType::kOneOf, .flags = Argument::kOptional,
     .arguments = kMsetexConditionArguments},
    {.name = "expiration", .type = ArgumentType::kOneOf, .flags = Argument::kOptional,
     .arguments = kMsetexExpirationArguments}};

constexpr KeySpec kMsetnxKeys[] = {
    {.flags = KeySpec::kOW | KeySpec::kInsert, .last_key = -1, .step = 2}};

constexpr KeySpec kPsetexKeys[] = {
    {.flags = KeySpec::kOW | KeySpec::kUpdate}};

constexpr Argument kPsetexArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "milliseconds", .type = ArgumentType::kInteger,
     .display_text = "milliseconds"},
    {.name = "value", .display_text = "value"}};

constexpr KeySpec kSetKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kAccess | KeySpec::kUpdate |
         KeySpec::kVariableFlags, .notes = "Access, for the option GET."}};

constexpr HistoryItem kSetHistory[] = {
    {"2.6.12", "The options EX, PX, NX and XX."},
    {"6.0.0", "The option KEEPTTL."},
    {"6.2.0", "The options GET, EXAT and PXAT."},
    {"7.0.0", "NX and GET may go together."},
    {"8.1.0", "The condition IFEQ."}};

constexpr Argument kSetConditionArguments[] = {
    {.name = "nx", .type = ArgumentType::kPureToken, .token = "NX", .display_text = "nx",
     .since = "2.6.12"},
    {.name = "xx", .type = ArgumentType::kPureToken, .token = "XX", .display_text = "xx",
     .since = "2.6.12"},
    {.name = "comparison-value", .token = "IFEQ", .display_text = "comparison-value",
     .summary = "Writes only if the string at the key equals this one.",
     .since = "8.1.0"}};

constexpr Argument kSetExpirationArguments[] = {
    {.name = "seconds", .type = ArgumentType::kInteger, .token = "EX",
     .display_text = "seconds", .since = "2.6.12"},
    {.name = "milliseconds", .type = ArgumentType::kInteger, .token = "PX",
     .display_text = "milliseconds", .since = "2.6.12"},
    {.name = "unix-time-seconds", .type = ArgumentType::kUnixTime, .token = "EXAT",
     .display_text = "unix-time-seconds", .since = "6.2.0"},
    {.name = "unix-time-milliseconds", .type = ArgumentType::kUnixTime, .token = "PXAT",
     .display_text = "unix-time-milliseconds", .since = "6.2.0"},
    {.name = "keepttl", .type = ArgumentType::kPureToken, .token = "KEEPTTL",
     .display_text = "keepttl", .since = "6.0.0"}};

constexpr Argument kSetArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "value", .display_text = "value"},
    {.name = "condition", .type = ArgumentType::kOneOf, .flags = Argument::kOptional,
     .arguments = kSetConditionArguments},
    {.name = "get", .type = ArgumentType::kPureToken, .token = "GET",
     .display_text = "get", .since = "6.2.0", .flags = Argument::kOptional},
    {.name = "expiration", .type = ArgumentType::kOneOf, .flags = Argument::kOptional,
     .arguments = kSetExpirationArguments}};

constexpr Argument kSetexArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "seconds", .type = ArgumentType::kInteger, .display_text = "seconds"},
    {.name = "value", .display_text = "value"}};

constexpr KeySpec kSetnxKeys[] = {
    {.flags = KeySpec::kOW | KeySpec::kInsert}};

constexpr KeySpec kSetrangeKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kUpdate}};

constexpr Argument kSetrangeArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "offset", .type = ArgumentType::kInteger, .display_text = "offset"},
    {.name = "value", .display_text = "value"}};

constexpr KeySpec kStrlenKeys[] = {
    {.flags = KeySpec::kRO}};

constexpr CommandSpec kStringRows[] = {
    {.name = "append", .arity = 3,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kString | Acl::kFast, .key_specs = kAppendKeys,
     .group = "string", .since = "2.0.0",
     .summary = "Adds bytes to the end of a string, making the key if needed.",
     .complexity = "O(1) amortised, as room is reserved ahead.",
     .arguments = kAppendArguments, .handler = &commands::Append},
    {.name = "decr", .arity = 2,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kString | Acl::kFast, .key_specs = kDecrKeys,
     .group = "string", .since = "1.0.0",
     .summary = "Takes one from the integer at a key, which counts as 0 when missing.",
     .complexity = "O(1)", .arguments = kDecrArguments, .handler = &commands::Decr},
    {.name = "decrby", .arity = 3,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kString | Acl::kFast, .key_specs = kDecrKeys,
     .group = "string", .since = "1.0.0",
     .summary = "Takes a number from the integer at a key, which counts as 0 when missing.",
     .complexity = "O(1)", .arguments = kDecrbyArguments, .handler = &commands::Decrby},
    {.name = "delifeq", .arity = 3, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kString | Acl::kFast, .key_specs = kDelifeqKeys,
     .group = "string", .since = "9.0.0",
     .summary = "Deletes a key if its string equals the given one.",
     .complexity = "O(1)", .arguments = kAppendArguments, .handler = &commands::Delifeq},
    {.name = "get", .arity = 2, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kString | Acl::kFast, .key_specs = kGetKeys,
     .group = "string", .since = "1.0.0", .summary = "Reads a string.",
     .complexity = "O(1)", .arguments = kDecrArguments, .handler = &commands::Get},
    {.name = "getdel", .arity = 2, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kString | Acl::kFast, .key_specs = kGetdelKeys,
     .group = "string", .since = "6.2.0",
     .summary = "Reads a string and deletes its key.", .complexity = "O(1)",
     .arguments = kDecrArguments, .handler = &commands::Getdel},
    {.name = "getex", .arity = -2, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kString | Acl::kFast, .key_specs = kGetexKeys,
     .group = "string", .since = "6.2.0",
     .summary = "Reads a string and sets or removes the expiry of its key.",
     .complexity = "O(1)", .arguments = kGetexArguments, .handler = &commands::Getex},
    {.name = "getrange", .arity = 4, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kRead | Acl::kString | Acl::kSlow, .key_specs = kGetKeys,
     .group = "string", .since = "2.4.0",
     .summary = "Reads the bytes of a string between two offsets.",
     .complexity = "O(N) with N the bytes returned.", .arguments = kGetrangeArguments,
     .handler = &commands::Getrange},
    {.name = "getset", .arity = 3,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kString | Acl::kFast, .key_specs = kDecrKeys,
     .group = "string", .since = "1.0.0",
     .summary = "Replaces a string and returns the former one.", .complexity = "O(1)",
     .arguments = kAppendArguments, .handler = &commands::Getset},
    {.name = "incr", .arity = 2,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kString | Acl::kFast, .key_specs = kDecrKeys,
     .group = "string", .since = "1.0.0",
     .summary = "Adds one to the integer at a key, which counts as 0 when missing.",
     .complexity = "O(1)", .arguments = kDecrArguments, .handler = &commands::Incr},
    {.name = "incrby", .arity = 3,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kString | Acl::kFast, .key_specs = kDecrKeys,
     .group = "string", .since = "1.0.0",
     .summary = "Adds a number to the integer at a key, which counts as 0 when missing.",
     .complexity = "O(1)", .arguments = kIncrbyArguments, .handler = &commands::Incrby},
    {.name = "incrbyfloat", .arity = 3,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kString | Acl::kFast, .key_specs = kDecrKeys,
     .group = "string", .since = "2.6.0",
     .summary = "Adds a decimal number to the number at a key, which counts as 0 when missing.",
     .complexity = "O(1)", .arguments = kIncrbyfloatArguments,
     .handler = &commands::Incrbyfloat},
    {.name = "lcs", .arity = -3, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kRead | Acl::kString | Acl::kSlow, .key_specs = kLcsKeys,
     .group = "string", .since = "7.0.0",
     .summary = "Finds the longest subsequence two strings share.",
     .complexity = "O(N*M) with the lengths of the two strings.",
     .arguments = kLcsArguments, .handler = &commands::Lcs},
    {.name = "mget", .arity = -2, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kString | Acl::kFast, .key_specs = kMgetKeys,
     .group = "string", .since = "1.0.0",
     .summary = "Reads the strings of several keys in one step.",
     .complexity = "O(N) with N the keys asked for.", .tips = kMgetTips,
     .arguments = kMgetArguments, .handler = &commands::Mget},
    {.name = "mset", .arity = -3, .flags = CommandFlag::kWrite | CommandFlag::kDenyOom,
     .acl = Acl::kWrite | Acl::kString | Acl::kSlow, .key_specs = kMsetKeys,
     .group = "string", .since = "1.0.1",
     .summary = "Writes the strings of several keys in one step.",
     .complexity = "O(N) with N the keys written.", .tips = kMsetTips,
     .arguments = kMsetArguments, .handler = &commands::Mset},
    {.name = "msetex", .arity = -4,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kMovableKeys,
     .acl = Acl::kWrite | Acl::kString | Acl::kSlow, .key_specs = kMsetexKeys,
     .group = "string", .since = "9.1.0",
     .summary = "Writes several strings with one common expiry, under a condition if given.",
     .complexity = "O(N) with N the keys written.", .tips = kMsetTips,
     .arguments = kMsetexArguments, .handler = &commands::Msetex},
    {.name = "msetnx", .arity = -3, .flags = CommandFlag::kWrite | CommandFlag::kDenyOom,
     .acl = Acl::kWrite | Acl::kString | Acl::kSlow, .key_specs = kMsetnxKeys,
     .group = "string", .since = "1.0.1",
     .summary = "Writes several strings only if none of the keys exists.",
     .complexity = "O(N) with N the keys written.", .arguments = kMsetArguments,
     .handler = &commands::Msetnx},
    {.name = "psetex", .arity = 4, .flags = CommandFlag::kWrite | CommandFlag::kDenyOom,
     .acl = Acl::kWrite | Acl::kString | Acl::kSlow, .key_specs = kPsetexKeys,
     .group = "string", .since = "2.6.0",
     .summary = "Writes a string and its expiry in milliseconds.", .complexity = "O(1)",
     .arguments = kPsetexArguments, .handler = &commands::Psetex},
    {.name = "set", .arity = -3, .flags = CommandFlag::kWrite | CommandFlag::kDenyOom,
     .acl = Acl::kWrite | Acl::kString | Acl::kSlow, .key_specs = kSetKeys,
     .group = "string", .since = "1.0.0",
     .summary = "Writes a string, replacing whatever the key held.",
     .complexity = "O(1)", .history = kSetHistory, .arguments = kSetArguments,
     .handler = &commands::Set},
    {.name = "setex", .arity = 4, .flags = CommandFlag::kWrite | CommandFlag::kDenyOom,
     .acl = Acl::kWrite | Acl::kString | Acl::kSlow, .key_specs = kPsetexKeys,
     .group = "string", .since = "2.0.0",
     .summary = "Writes a string and its expiry in seconds.", .complexity = "O(1)",
     .arguments = kSetexArguments, .handler = &commands::Setex},
    {.name = "setnx", .arity = 3,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kString | Acl::kFast, .key_specs = kSetnxKeys,
     .group = "string", .since = "1.0.0",
     .summary = "Writes a string only if the key does not exist.", .complexity = "O(1)",
     .arguments = kAppendArguments, .handler = &commands::Setnx},
    {.name = "setrange", .arity = 4,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom,
     .acl = Acl::kWrite | Acl::kString | Acl::kSlow, .key_specs = kSetrangeKeys,
     .group = "string", .since = "2.2.0",
     .summary = "Overwrites a part of a string from an offset on, padding with zero bytes.",
     .complexity = "O(M) with M the bytes written; O(1) amortised for short ones.",
     .arguments = kSetrangeArguments, .handler = &commands::Setrange},
    {.name = "strlen", .arity = 2, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kString | Acl::kFast, .key_specs = kStrlenKeys,
     .group = "string", .since = "2.2.0",
     .summary = "Returns the length of a string in bytes.", .complexity = "O(1)",
     .arguments = kDecrArguments, .handler = &commands::Strlen},
    {.name = "substr", .arity = 4, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kRead | Acl::kString | Acl::kSlow, .key_specs = kGetKeys,
     .group = "string", .since = "1.0.0",
     .summary = "Reads the bytes of a string between two offsets; the old name of GETRANGE.",
     .complexity = "O(N) with N the bytes returned.", .arguments = kGetrangeArguments,
     .handler = &commands::Substr}};
// clang-format on

}  // namespace

std::span<const CommandSpec> StringCommands() {
  return kStringRows;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Data: the rows of the commands for hashes, at the level of Valkey 9.1.
#include "commands/families.h"
#include "commands/hash.h"

namespace skarn {
namespace {

// Packed by hand.
// clang-format off
constexpr KeySpec kHdelKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kDelete}};

constexpr HistoryItem kHdelHistory[] = {
    {"2.4.0", "Several fields."}};

constexpr Argument kHdelArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "field", .display_text = "field", .flags = Argument::kMultiple}};

constexpr KeySpec kHexistsKeys[] = {
    {.flags = KeySpec::kRO}};

constexpr Argument kHexistsArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "field", .display_text = "field"}};

constexpr KeySpec kHexpireKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kUpdate}};

constexpr Argument kHexpireConditionArguments[] = {
    {.name = "nx", .type = ArgumentType::kPureToken, .token = "NX", .display_text = "nx"},
    {.name = "xx", .type = ArgumentType::kPureToken, .token = "XX", .display_text = "xx"},
    {.name = "gt", .type = ArgumentType::kPureToken, .token = "GT", .display_text = "gt"},
    {.name = "lt", .type = ArgumentType::kPureToken, .token = "LT", .display_text = "lt"}};

constexpr Argument kHexpireFieldsArguments[] = {
    {.name = "numfields", .type = ArgumentType::kInteger, .display_text = "numfields"},
    {.name = "field", .display_text = "field", .flags = Argument::kMultiple}};

constexpr Argument kHexpireArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "seconds", .type = ArgumentType::kInteger, .display_text = "seconds"},
    {.name = "condition", .type = ArgumentType::kOneOf, .flags = Argument::kOptional,
     .arguments = kHexpireConditionArguments},
    {.name = "fields", .type = ArgumentType::kBlock, .token = "FIELDS",
     .arguments = kHexpireFieldsArguments}};

constexpr Argument kHexpireatFieldsArguments[] = {
    {.name = "numfields", .type = ArgumentType::kInteger, .display_text = "numfields",
     .key_spec_index = 0},
    {.name = "field", .display_text = "field", .flags = Argument::kMultiple}};

constexpr Argument kHexpireatArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "unix-time-seconds", .type = ArgumentType::kInteger,
     .display_text = "unix-time-seconds"},
    {.name = "condition", .type = ArgumentType::kOneOf, .since = "9.0.0",
     .flags = Argument::kOptional, .arguments = kHexpireConditionArguments},
    {.name = "fields", .type = ArgumentType::kBlock, .token = "FIELDS",
     .arguments = kHexpireatFieldsArguments}};

constexpr KeySpec kHexpiretimeKeys[] = {
    {.flags = KeySpec::kRO | KeySpec::kAccess}};

constexpr Argument kHexpiretimeArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "fields", .type = ArgumentType::kBlock, .token = "FIELDS",
     .arguments = kHexpireatFieldsArguments}};

constexpr std::string_view kHgetallTips[] = {
    "nondeterministic_output_order"};

constexpr Argument kHgetallArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0}};

constexpr KeySpec kHgetdelKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kAccess | KeySpec::kDelete}};

constexpr KeySpec kHgetexKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kAccess | KeySpec::kUpdate}};

constexpr Argument kHgetexExpirationArguments[] = {
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

constexpr Argument kHgetexArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "expiration", .type = ArgumentType::kOneOf, .flags = Argument::kOptional,
     .arguments = kHgetexExpirationArguments},
    {.name = "fields", .type = ArgumentType::kBlock, .token = "FIELDS",
     .arguments = kHexpireatFieldsArguments}};

constexpr Argument kHincrbyArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "field", .display_text = "field"},
    {.name = "increment", .type = ArgumentType::kInteger, .display_text = "increment"}};

constexpr Argument kHincrbyfloatArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "field", .display_text = "field"},
    {.name = "increment", .type = ArgumentType::kDouble, .display_text = "increment"}};

constexpr Argument kHmsetDataArguments[] = {
    {.name = "field", .display_text = "field"},
    {.name = "value", .display_text = "value"}};

constexpr Argument kHmsetArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "data", .type = ArgumentType::kBlock, .flags = Argument::kMultiple,
     .arguments = kHmsetDataArguments}};

constexpr Argument kHpexpireArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "milliseconds", .type = ArgumentType::kInteger,
     .display_text = "milliseconds"},
    {.name = "condition", .type = ArgumentType::kOneOf, .since = "9.0.0",
     .flags = Argument::kOptional, .arguments = kHexpireConditionArguments},
    {.name = "fields", .type = ArgumentType::kBlock, .token = "FIELDS",
     .arguments = kHexpireatFieldsArguments}};

constexpr Argument kHpexpireatArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "unix-time-milliseconds", .type = ArgumentType::kInteger,
     .display_text = "unix-time-milliseconds"},
    {.name = "condition", .type = ArgumentType::kOneOf, .since = "9.0.0",
     .flags = Argument::kOptional, .arguments = kHexpireConditionArguments},
    {.name = "fields", .type = ArgumentType::kBlock, .token = "FIELDS",
     .arguments = kHexpireatFieldsArguments}};

constexpr std::string_view kHrandfieldTips[] = {
    "nondeterministic_output"};

constexpr Argument kHrandfieldOptionsArguments[] = {
    {.name = "count", .type = ArgumentType::kInteger, .display_text = "count"},
    {.name = "withvalues", .type = ArgumentType::kPureToken, .token = "WITHVALUES",
     .display_text = "withvalues", .flags = Argument::kOptional}};

constexpr Argument kHrandfieldArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "options", .type = ArgumentType::kBlock, .flags = Argument::kOptional,
     .arguments = kHrandfieldOptionsArguments}};

constexpr Argument kHscanArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "cursor", .type = ArgumentType::kInteger, .display_text = "cursor"},
    {.name = "pattern", .type = ArgumentType::kPattern, .token = "MATCH",
     .display_text = "pattern", .flags = Argument::kOptional},
    {.name = "count", .type = ArgumentType::kInteger, .token = "COUNT",
     .display_text = "count", .flags = Argument::kOptional},
    {.name = "novalues", .type = ArgumentType::kPureToken, .token = "NOVALUES",
     .display_text = "novalues", .flags = Argument::kOptional}};

constexpr HistoryItem kHsetHistory[] = {
    {"4.0.0", "Several fields."}};

constexpr KeySpec kHsetexKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kInsert}};

constexpr Argument kHsetexKeyConditionArguments[] = {
    {.name = "nx", .type = ArgumentType::kPureToken, .token = "NX", .display_text = "nx"},
    {.name = "xx", .type = ArgumentType::kPureToken, .token = "XX", .display_text = "xx"}};

constexpr Argument kHsetexFieldsConditionArguments[] = {
    {.name = "fnx", .type = ArgumentType::kPureToken, .token = "FNX",
     .display_text = "fnx"},
    {.name = "fxx", .type = ArgumentType::kPureToken, .token = "FXX",
     .display_text = "fxx"}};

constexpr Argument kHsetexExpirationArguments[] = {
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

constexpr Argument kHsetexFieldsArguments[] = {
    {.name = "numfields", .type = ArgumentType::kInteger, .display_text = "numfields",
     .key_spec_index = 0},
    {.name = "data", .type = ArgumentType::kBlock, .flags = Argument::kMultiple,
     .arguments = kHmsetDataArguments}};

constexpr Argument kHsetexArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "key-condition", .type = ArgumentType::kOneOf, .flags = Argument::kOptional,
     .arguments = kHsetexKeyConditionArguments},
    {.name = "fields-condition", .type = ArgumentType::kOneOf,
     .flags = Argument::kOptional, .arguments = kHsetexFieldsConditionArguments},
    {.name = "expiration", .type = ArgumentType::kOneOf, .flags = Argument::kOptional,
     .arguments = kHsetexExpirationArguments},
    {.name = "fields", .type = ArgumentType::kBlock, .token = "FIELDS",
     .arguments = kHsetexFieldsArguments}};

constexpr Argument kHsetnxArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "field", .display_text = "field"},
    {.name = "value", .display_text = "value"}};

constexpr CommandSpec kHashRows[] = {
    {.name = "hdel", .arity = -3, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHdelKeys,
     .group = "hash", .since = "2.0.0",
     .summary = "Deletes fields of a hash, and the key with the last of them.",
     .complexity = "O(N) with N the fields named.", .history = kHdelHistory,
     .arguments = kHdelArguments, .handler = &commands::Hdel,
     .first_member = 2, .member_step = 1},
    {.name = "hexists", .arity = 3, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kHash | Acl::kFast, .key_specs = kHexistsKeys,
     .group = "hash", .since = "2.0.0", .summary = "Tells whether a hash has a field.",
     .complexity = "O(1)", .arguments = kHexistsArguments, .handler = &commands::Hexists,
     .first_member = 2},
    {.name = "hexpire", .arity = -6, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHexpireKeys,
     .group = "hash", .since = "9.0.0",
     .summary = "Sets the expiry of hash fields, in seconds from now.",
     .complexity = "O(N) with N the fields named.", .arguments = kHexpireArguments,
     .handler = &commands::Hexpire},
    {.name = "hexpireat", .arity = -6, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHexpireKeys,
     .group = "hash", .since = "9.0.0",
     .summary = "Sets the expiry of hash fields to a Unix time in seconds.",
     .complexity = "O(N) with N the fields named.", .arguments = kHexpireatArguments,
     .handler = &commands::Hexpireat},
    {.name = "hexpiretime", .arity = -5,
     .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kHash | Acl::kFast, .key_specs = kHexpiretimeKeys,
     .group = "hash", .since = "9.0.0",
     .summary = "Returns when hash fields expire, as Unix times in seconds.",
     .complexity = "O(N) with N the fields named.", .arguments = kHexpiretimeArguments,
     .handler = &commands::Hexpiretime},
    {.name = "hget", .arity = 3, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kHash | Acl::kFast, .key_specs = kHexpiretimeKeys,
     .group = "hash", .since = "2.0.0", .summary = "Reads one field of a hash.",
     .complexity = "O(1)", .arguments = kHexistsArguments, .handler = &commands::Hget,
     .first_member = 2},
    {.name = "hgetall", .arity = 2, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kRead | Acl::kHash | Acl::kSlow, .key_specs = kHexpiretimeKeys,
     .group = "hash", .since = "2.0.0",
     .summary = "Reads all fields of a hash with their values.",
     .complexity = "O(N) with N the fields of the hash.", .tips = kHgetallTips,
     .arguments = kHgetallArguments, .handler = &commands::Hgetall},
    {.name = "hgetdel", .arity = -5, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHgetdelKeys,
     .group = "hash", .since = "9.1.0",
     .summary = "Reads fields of a hash and deletes them, and the key with the last of them.",
     .complexity = "O(N) with N the fields named.", .arguments = kHexpiretimeArguments,
     .handler = &commands::Hgetdel},
    {.name = "hgetex", .arity = -5, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHgetexKeys,
     .group = "hash", .since = "9.0.0",
     .summary = "Reads fields of a hash and sets or removes their expiry.",
     .complexity = "O(N) with N the fields named.", .arguments = kHgetexArguments,
     .handler = &commands::Hgetex},
    {.name = "hincrby", .arity = 4,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHgetexKeys,
     .group = "hash", .since = "2.0.0",
     .summary = "Adds a number to the integer in a hash field, which counts as 0 when missing.",
     .complexity = "O(1)", .arguments = kHincrbyArguments, .handler = &commands::Hincrby,
     .first_member = 2},
    {.name = "hincrbyfloat", .arity = 4,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHgetexKeys,
     .group = "hash", .since = "2.6.0",
     .summary = "Adds a decimal number to the number in a hash field, which counts as 0 when missing.",
     .complexity = "O(1)", .arguments = kHincrbyfloatArguments,
     .handler = &commands::Hincrbyfloat,
     .first_member = 2},
    {.name = "hkeys", .arity = 2, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kRead | Acl::kHash | Acl::kSlow, .key_specs = kHexpiretimeKeys,
     .group = "hash", .since = "2.0.0", .summary = "Lists the field names of a hash.",
     .complexity = "O(N) with N the fields of the hash.", .tips = kHgetallTips,
     .arguments = kHgetallArguments, .handler = &commands::Hkeys},
    {.name = "hlen", .arity = 2, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kHash | Acl::kFast, .key_specs = kHexistsKeys,
     .group = "hash", .since = "2.0.0", .summary = "Counts the fields of a hash.",
     .complexity = "O(1)", .arguments = kHgetallArguments, .handler = &commands::Hlen},
    {.name = "hmget", .arity = -3, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kHash | Acl::kFast, .key_specs = kHexpiretimeKeys,
     .group = "hash", .since = "2.0.0", .summary = "Reads several fields of a hash.",
     .complexity = "O(N) with N the fields named.", .arguments = kHdelArguments,
     .handler = &commands::Hmget,
     .first_member = 2, .member_step = 1},
    {.name = "hmset", .arity = -4,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHexpireKeys,
     .group = "hash", .since = "2.0.0",
     .summary = "Writes several fields of a hash; HSET does the same.",
     .complexity = "O(N) with N the fields written.", .arguments = kHmsetArguments,
     .handler = &commands::Hmset,
     .first_member = 2, .member_step = 2},
    {.name = "hpersist", .arity = -5, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHexpireKeys,
     .group = "hash", .since = "9.0.0", .summary = "Removes the expiry of hash fields.",
     .complexity = "O(N) with N the fields named.", .arguments = kHexpiretimeArguments,
     .handler = &commands::Hpersist},
    {.name = "hpexpire", .arity = -6, .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHexpireKeys,
     .group = "hash", .since = "9.0.0",
     .summary = "Sets the expiry of hash fields, in milliseconds from now.",
     .complexity = "O(N) with N the fields named.", .arguments = kHpexpireArguments,
     .handler = &commands::Hpexpire},
    {.name = "hpexpireat", .arity = -6,
     .flags = CommandFlag::kWrite | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHexpireKeys,
     .group = "hash", .since = "9.0.0",
     .summary = "Sets the expiry of hash fields to a Unix time in milliseconds.",
     .complexity = "O(N) with N the fields named.", .arguments = kHpexpireatArguments,
     .handler = &commands::Hpexpireat},
    {.name = "hpexpiretime", .arity = -5,
     .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kHash | Acl::kFast, .key_specs = kHexpiretimeKeys,
     .group = "hash", .since = "9.0.0",
     .summary = "Returns when hash fields expire, as Unix times in milliseconds.",
     .complexity = "O(N) with N the fields named.", .arguments = kHexpiretimeArguments,
     .handler = &commands::Hpexpiretime},
    {.name = "hpttl", .arity = -5, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kHash | Acl::kFast, .key_specs = kHexpiretimeKeys,
     .group = "hash", .since = "9.0.0",
     .summary = "Returns the time hash fields have left, in milliseconds.",
     .complexity = "O(N) with N the fields named.", .arguments = kHexpiretimeArguments,
     .handler = &commands::Hpttl},
    {.name = "hrandfield", .arity = -2, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kRead | Acl::kHash | Acl::kSlow, .key_specs = kHexpiretimeKeys,
     .group = "hash", .since = "6.2.0", .summary = "Picks fields of a hash at random.",
     .complexity = "O(N) with N the fields returned.", .tips = kHrandfieldTips,
     .arguments = kHrandfieldArguments, .handler = &commands::Hrandfield},
    {.name = "hscan", .arity = -3, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kRead | Acl::kHash | Acl::kSlow, .key_specs = kHexpiretimeKeys,
     .group = "hash", .since = "2.8.0",
     .summary = "Walks through the fields of a hash in steps.",
     .complexity = "O(1) a call, O(N) for a whole walk over N fields.",
     .tips = kHrandfieldTips, .arguments = kHscanArguments, .handler = &commands::Hscan},
    {.name = "hset", .arity = -4,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHexpireKeys,
     .group = "hash", .since = "2.0.0",
     .summary = "Writes fields of a hash, making the key if needed.",
     .complexity = "O(N) with N the fields written.", .history = kHsetHistory,
     .arguments = kHmsetArguments, .handler = &commands::Hset,
     .first_member = 2, .member_step = 2},
    {.name = "hsetex", .arity = -6,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHsetexKeys,
     .group = "hash", .since = "9.0.0",
     .summary = "Writes fields of a hash with a common expiry, under a condition if given.",
     .complexity = "O(N) with N the fields written.", .arguments = kHsetexArguments,
     .handler = &commands::Hsetex},
    {.name = "hsetnx", .arity = 4,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom | CommandFlag::kFast,
     .acl = Acl::kWrite | Acl::kHash | Acl::kFast, .key_specs = kHsetexKeys,
     .group = "hash", .since = "2.0.0",
     .summary = "Writes a field of a hash only if the field does not exist.",
     .complexity = "O(1)", .arguments = kHsetnxArguments, .handler = &commands::Hsetnx,
     .first_member = 2},
    {.name = "hstrlen", .arity = 3, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kHash | Acl::kFast, .key_specs = kHexistsKeys,
     .group = "hash", .since = "3.2.0",
     .summary = "Returns the length of the value in a hash field.", .complexity = "O(1)",
     .arguments = kHexistsArguments, .handler = &commands::Hstrlen,
     .first_member = 2},
    {.name = "httl", .arity = -5, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kHash | Acl::kFast, .key_specs = kHexpiretimeKeys,
     .group = "hash", .since = "9.0.0",
     .summary = "Returns the time hash fields have left, in seconds.",
     .complexity = "O(N) with N the fields named.", .arguments = kHexpiretimeArguments,
     .handler = &commands::Httl},
    {.name = "hvals", .arity = 2, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kRead | Acl::kHash | Acl::kSlow, .key_specs = kHexpiretimeKeys,
     .group = "hash", .since = "2.0.0", .summary = "Lists the values of a hash.",
     .complexity = "O(N) with N the fields of the hash.", .tips = kHgetallTips,
     .arguments = kHgetallArguments, .handler = &commands::Hvals}};
// clang-format on

}  // namespace

std::span<const CommandSpec> HashCommands() {
  return kHashRows;
}

}  // namespace skarn

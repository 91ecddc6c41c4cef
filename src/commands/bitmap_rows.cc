// SPDX-License-Identifier: BSD-3-Clause
//
// Data: the rows of the commands for strings as arrays of bits, at the level of
// Valkey 9.1.
#include "commands/bitmap.h"
#include "commands/families.h"

namespace skarn {
namespace {

// Packed by hand.
// clang-format off
constexpr KeySpec kBitcountKeys[] = {
    {.flags = KeySpec::kRO | KeySpec::kAccess}};

constexpr HistoryItem kBitcountHistory[] = {
    {"7.0.0", "The option BYTE or BIT."},
    {"8.0.0", "The end became optional."}};

constexpr Argument kBitcountRangeEndUnitBlockUnitArguments[] = {
    {.name = "byte", .type = ArgumentType::kPureToken, .token = "BYTE",
     .display_text = "byte"},
    {.name = "bit", .type = ArgumentType::kPureToken, .token = "BIT",
     .display_text = "bit"}};

constexpr Argument kBitcountRangeEndUnitBlockArguments[] = {
    {.name = "end", .type = ArgumentType::kInteger, .display_text = "end"},
    {.name = "unit", .type = ArgumentType::kOneOf, .since = "7.0.0",
     .flags = Argument::kOptional, .arguments = kBitcountRangeEndUnitBlockUnitArguments}};

constexpr Argument kBitcountRangeArguments[] = {
    {.name = "start", .type = ArgumentType::kInteger, .display_text = "start"},
    {.name = "end-unit-block", .type = ArgumentType::kBlock,
     .flags = Argument::kOptional, .arguments = kBitcountRangeEndUnitBlockArguments}};

constexpr Argument kBitcountArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "range", .type = ArgumentType::kBlock, .flags = Argument::kOptional,
     .arguments = kBitcountRangeArguments}};

constexpr KeySpec kBitfieldKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kAccess | KeySpec::kUpdate |
         KeySpec::kVariableFlags, .notes = "Some operations read, some write."}};

constexpr Argument kBitfieldOperationGetBlockArguments[] = {
    {.name = "encoding", .display_text = "encoding"},
    {.name = "offset", .type = ArgumentType::kInteger, .display_text = "offset"}};

constexpr Argument kBitfieldOperationWriteOverflowBlockArguments[] = {
    {.name = "wrap", .type = ArgumentType::kPureToken, .token = "WRAP",
     .display_text = "wrap"},
    {.name = "sat", .type = ArgumentType::kPureToken, .token = "SAT",
     .display_text = "sat"},
    {.name = "fail", .type = ArgumentType::kPureToken, .token = "FAIL",
     .display_text = "fail"}};

constexpr Argument kBitfieldOperationWriteWriteOperationSetBlockArguments[] = {
    {.name = "encoding", .display_text = "encoding"},
    {.name = "offset", .type = ArgumentType::kInteger, .display_text = "offset"},
    {.name = "value", .type = ArgumentType::kInteger, .display_text = "value"}};

constexpr Argument kBitfieldOperationWriteWriteOperationIncrbyBlockArguments[] = {
    {.name = "encoding", .display_text = "encoding"},
    {.name = "offset", .type = ArgumentType::kInteger, .display_text = "offset"},
    {.name = "increment", .type = ArgumentType::kInteger, .display_text = "increment"}};

constexpr Argument kBitfieldOperationWriteWriteOperationArguments[] = {
    {.name = "set-block", .type = ArgumentType::kBlock, .token = "SET",
     .arguments = kBitfieldOperationWriteWriteOperationSetBlockArguments},
    {.name = "incrby-block", .type = ArgumentType::kBlock, .token = "INCRBY",
     .arguments = kBitfieldOperationWriteWriteOperationIncrbyBlockArguments}};

constexpr Argument kBitfieldOperationWriteArguments[] = {
    {.name = "overflow-block", .type = ArgumentType::kOneOf, .token = "OVERFLOW",
     .flags = Argument::kOptional,
     .arguments = kBitfieldOperationWriteOverflowBlockArguments},
    {.name = "write-operation", .type = ArgumentType::kOneOf,
     .arguments = kBitfieldOperationWriteWriteOperationArguments}};

constexpr Argument kBitfieldOperationArguments[] = {
    {.name = "get-block", .type = ArgumentType::kBlock, .token = "GET",
     .arguments = kBitfieldOperationGetBlockArguments},
    {.name = "write", .type = ArgumentType::kBlock,
     .arguments = kBitfieldOperationWriteArguments}};

constexpr Argument kBitfieldArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "operation", .type = ArgumentType::kOneOf,
     .flags = Argument::kOptional | Argument::kMultiple,
     .arguments = kBitfieldOperationArguments}};

constexpr Argument kBitfieldRoArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "get-block", .type = ArgumentType::kBlock, .token = "GET",
     .flags = Argument::kOptional | Argument::kMultiple | Argument::kMultipleToken,
     .arguments = kBitfieldOperationGetBlockArguments}};

constexpr KeySpec kBitopKeys[] = {
    {.flags = KeySpec::kOW | KeySpec::kUpdate, .index = 2},
    {.flags = KeySpec::kRO | KeySpec::kAccess, .index = 3, .last_key = -1}};

constexpr Argument kBitopOperationArguments[] = {
    {.name = "and", .type = ArgumentType::kPureToken, .token = "AND",
     .display_text = "and"},
    {.name = "or", .type = ArgumentType::kPureToken, .token = "OR", .display_text = "or"},
    {.name = "xor", .type = ArgumentType::kPureToken, .token = "XOR",
     .display_text = "xor"},
    {.name = "not", .type = ArgumentType::kPureToken, .token = "NOT",
     .display_text = "not"}};

constexpr Argument kBitopArguments[] = {
    {.name = "operation", .type = ArgumentType::kOneOf,
     .arguments = kBitopOperationArguments},
    {.name = "destkey", .type = ArgumentType::kKey, .display_text = "destkey",
     .key_spec_index = 0},
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 1, .flags = Argument::kMultiple}};

constexpr HistoryItem kBitposHistory[] = {
    {"7.0.0", "The option BYTE or BIT."}};

constexpr Argument kBitposArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "bit", .type = ArgumentType::kInteger, .display_text = "bit"},
    {.name = "range", .type = ArgumentType::kBlock, .flags = Argument::kOptional,
     .arguments = kBitcountRangeArguments}};

constexpr Argument kGetbitArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "offset", .type = ArgumentType::kInteger, .display_text = "offset"}};

constexpr KeySpec kSetbitKeys[] = {
    {.flags = KeySpec::kRW | KeySpec::kAccess | KeySpec::kUpdate}};

constexpr Argument kSetbitArguments[] = {
    {.name = "key", .type = ArgumentType::kKey, .display_text = "key",
     .key_spec_index = 0},
    {.name = "offset", .type = ArgumentType::kInteger, .display_text = "offset"},
    {.name = "value", .type = ArgumentType::kInteger, .display_text = "value"}};

constexpr CommandSpec kBitmapRows[] = {
    {.name = "bitcount", .arity = -2, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kRead | Acl::kBitmap | Acl::kSlow, .key_specs = kBitcountKeys,
     .group = "bitmap", .since = "2.6.0",
     .summary = "Counts the bits set in a string or in a part of it.",
     .complexity = "O(N) with N the bytes looked at.", .history = kBitcountHistory,
     .arguments = kBitcountArguments, .handler = &commands::Bitcount},
    {.name = "bitfield", .arity = -2,
     .flags = CommandFlag::kWrite | CommandFlag::kDenyOom,
     .acl = Acl::kWrite | Acl::kBitmap | Acl::kSlow, .key_specs = kBitfieldKeys,
     .group = "bitmap", .since = "3.2.0",
     .summary = "Reads, writes and increments integers of any width inside a string.",
     .complexity = "O(1) for each of the operations.", .arguments = kBitfieldArguments,
     .handler = &commands::Bitfield},
    {.name = "bitfield_ro", .arity = -2,
     .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kBitmap | Acl::kFast, .key_specs = kBitcountKeys,
     .group = "bitmap", .since = "6.0.0",
     .summary = "Reads integers of any width inside a string.",
     .complexity = "O(1) for each of the operations.", .arguments = kBitfieldRoArguments,
     .handler = &commands::BitfieldRo},
    {.name = "bitop", .arity = -4, .flags = CommandFlag::kWrite | CommandFlag::kDenyOom,
     .acl = Acl::kWrite | Acl::kBitmap | Acl::kSlow, .key_specs = kBitopKeys,
     .group = "bitmap", .since = "2.6.0",
     .summary = "Combines strings bit by bit and stores the result.",
     .complexity = "O(N) with N the bytes of the longest string.",
     .arguments = kBitopArguments, .handler = &commands::Bitop},
    {.name = "bitpos", .arity = -3, .flags = 0u | CommandFlag::kReadOnly,
     .acl = Acl::kRead | Acl::kBitmap | Acl::kSlow, .key_specs = kBitcountKeys,
     .group = "bitmap", .since = "2.8.7",
     .summary = "Finds the first bit of a string that is set or clear.",
     .complexity = "O(N) with N the bytes looked at.", .history = kBitposHistory,
     .arguments = kBitposArguments, .handler = &commands::Bitpos},
    {.name = "getbit", .arity = 3, .flags = CommandFlag::kReadOnly | CommandFlag::kFast,
     .acl = Acl::kRead | Acl::kBitmap | Acl::kFast, .key_specs = kBitcountKeys,
     .group = "bitmap", .since = "2.2.0", .summary = "Reads one bit of a string.",
     .complexity = "O(1)", .arguments = kGetbitArguments, .handler = &commands::Getbit},
    {.name = "setbit", .arity = 4, .flags = CommandFlag::kWrite | CommandFlag::kDenyOom,
     .acl = Acl::kWrite | Acl::kBitmap | Acl::kSlow, .key_specs = kSetbitKeys,
     .group = "bitmap", .since = "2.2.0",
     .summary = "Writes one bit of a string, extending it if needed, and returns the former bit.",
     .complexity = "O(1)", .arguments = kSetbitArguments, .handler = &commands::Setbit}};
// clang-format on

}  // namespace

std::span<const CommandSpec> BitmapCommands() {
  return kBitmapRows;
}

}  // namespace skarn

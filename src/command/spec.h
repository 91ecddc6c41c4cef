// SPDX-License-Identifier: BSD-3-Clause
//
// CommandSpec: one row of the command table, all there is to know about a command besides
// what it does. COMMAND, the admission checks, key locking and the tests read it.
// Threads: constant data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "resp/args.h"

namespace skarn {

struct CommandContext;
class ReplyWriter;

// Some flags are named as the error replies of reply_errors.h are, which GCC 12 calls
// shadowing.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"

// What a command does; the name of the flag on the wire stands beside it where it has
// one.
enum class CommandFlag : uint32_t {
  kWrite = 1u << 0,             // write
  kReadOnly = 1u << 1,          // readonly
  kDenyOom = 1u << 2,           // denyoom
  kAdmin = 1u << 3,             // admin
  kPubSub = 1u << 4,            // pubsub
  kNoScript = 1u << 5,          // noscript
  kBlocking = 1u << 6,          // blocking
  kLoading = 1u << 7,           // loading: allowed while the dataset loads
  kStale = 1u << 8,             // stale
  kSkipMonitor = 1u << 9,       // skip_monitor
  kSkipCommandLog = 1u << 10,   // skip_commandlog
  kAsking = 1u << 11,           // asking
  kFast = 1u << 12,             // fast
  kNoAuth = 1u << 13,           // no_auth
  kNoMandatoryKeys = 1u << 14,  // no_mandatory_keys
  kNoAsyncLoading = 1u << 15,   // no_async_loading
  kNoMulti = 1u << 16,          // no_multi
  kAllowBusy = 1u << 17,        // allow_busy
  kMovableKeys = 1u << 18,      // movablekeys
  kProtected = 1u << 19,        // DEBUG, MODULE: only where the configuration lets it
  // Ours, not on the wire.
  kGate = 1u << 24,  // Runs while every other worker stands still; may touch anything.
  kSentinel = 1u << 25,
};
#pragma GCC diagnostic pop
constexpr uint32_t operator|(CommandFlag a, CommandFlag b) {
  return static_cast<uint32_t>(a) | static_cast<uint32_t>(b);
}
constexpr uint32_t operator|(uint32_t a, CommandFlag b) {
  return a | static_cast<uint32_t>(b);
}

enum class Acl : uint32_t {
  kKeyspace = 1u << 0,
  kRead = 1u << 1,
  kWrite = 1u << 2,
  kSet = 1u << 3,
  kSortedSet = 1u << 4,
  kList = 1u << 5,
  kHash = 1u << 6,
  kString = 1u << 7,
  kBitmap = 1u << 8,
  kHyperLogLog = 1u << 9,
  kGeo = 1u << 10,
  kStream = 1u << 11,
  kPubSub = 1u << 12,
  kAdmin = 1u << 13,
  kFast = 1u << 14,
  kSlow = 1u << 15,
  kBlocking = 1u << 16,
  kDangerous = 1u << 17,
  kConnection = 1u << 18,
  kTransaction = 1u << 19,
  kScripting = 1u << 20,
};
constexpr uint32_t operator|(Acl a, Acl b) {
  return static_cast<uint32_t>(a) | static_cast<uint32_t>(b);
}
constexpr uint32_t operator|(uint32_t a, Acl b) {
  return a | static_cast<uint32_t>(b);
}

// Where the keys of a command stand among its arguments, and what it does with them.
struct KeySpec {
  enum Flag : uint32_t {
    kRO = 1,
    kRW = 2,
    kOW = 4,
    kRM = 8,
    kAccess = 16,
    kUpdate = 32,
    kInsert = 64,
    kDelete = 128,
    kNotKey = 256,
    kIncomplete = 512,
    kVariableFlags = 1024,
  };
  enum class Begin : uint8_t { kIndex, kKeyword, kUnknown };
  enum class Find : uint8_t { kRange, kKeyCount, kUnknown };

  uint32_t flags = 0;
  Begin begin = Begin::kIndex;
  int index = 1;  // kIndex: the argument; kKeyword: where to start looking.
  std::string_view keyword = {};
  Find find = Find::kRange;
  int last_key = 0;  // kRange: relative to the first; negative: from the end.
  int step = 1;
  int limit = 0;
  int count_index = 0;  // kKeyCount: relative to the beginning.
  int first_key = 0;
  std::string_view notes = {};  // For people; COMMAND INFO shows it.
};

enum class ArgumentType : uint8_t {
  kString,
  kInteger,
  kDouble,
  kKey,
  kPattern,
  kUnixTime,
  kPureToken,
  kOneOf,
  kBlock,
};

// One argument as COMMAND DOCS shows it.
struct Argument {
  enum Flag : uint8_t { kOptional = 1, kMultiple = 2, kMultipleToken = 4 };

  std::string_view name;
  ArgumentType type = ArgumentType::kString;
  std::string_view token = {};
  std::string_view display_text = {};
  std::string_view summary = {};
  std::string_view since = {};
  std::string_view deprecated_since = {};
  int key_spec_index = -1;
  uint8_t flags = 0;
  std::span<const Argument> arguments = {};
};

// What a version changed, as COMMAND DOCS shows it.
struct HistoryItem {
  std::string_view version;
  std::string_view change;
};

using CommandHandler = void (*)(CommandContext& context, const Args& args,
                                ReplyWriter& reply);

struct CommandSpec {
  std::string_view name;  // Lower case; "config|get" for a subcommand.
  // Number of words including the name; negative: at least that many.
  int arity = 1;
  uint32_t flags = 0;  // CommandFlag bits.
  uint32_t acl = 0;    // Acl bits.
  std::span<const KeySpec> key_specs = {};
  std::string_view group = {};  // "string", "generic", ...
  std::string_view since = {};
  std::string_view summary = {};
  std::string_view complexity = {};
  std::string_view deprecated_since = {};
  std::string_view replaced_by = {};
  std::span<const HistoryItem> history = {};
  std::span<const std::string_view> doc_flags = {};
  std::span<const std::string_view> tips = {};
  std::span<const Argument> arguments = {};
  std::span<const CommandSpec> subcommands = {};
  CommandHandler handler = nullptr;  // Null for a container of subcommands.
  // The words that name members of the key's aggregate (fields of a hash), as a hint for
  // fetching them ahead: from the first on, every step-th; step 0: only that one.
  int first_member = 0;
  int member_step = 0;

  constexpr bool Has(CommandFlag flag) const {
    return (flags & static_cast<uint32_t>(flag)) != 0;
  }
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// DEBUG: what tests and developers ask of a server. With the gate closed, unless it
// sleeps.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "base/shared_store.h"
#include "command/context.h"
#include "command/executor.h"
#include "command/help.h"
#include "commands/generic.h"
#include "persistence/loader.h"
#include "persistence/rdb_value.h"
#include "server/access.h"
#include "server/admin.h"
#include "server/config_rewrite.h"
#include "server/config_values.h"
#include "server/digest.h"
#include "server/flush.h"
#include "server/server.h"
#include "types/hash_table.h"

namespace skarn::commands {
namespace {

constexpr ErrorText kNotAllowed =
    "-ERR DEBUG command not allowed. If the enable-debug-command option is set to "
    "\"local\", "
    "you can run it from a local connection, otherwise you need to set this option in "
    "the "
    "configuration file, and then restart the server.";
constexpr ErrorText kNoSuchKey = "-ERR no such key";

constexpr std::string_view kHelp[] = {
    "CONFIG-REWRITE-FORCE-ALL",
    "    Like CONFIG REWRITE, with a line for every directive.",
    "DIGEST",
    "    A signature of all databases, the same for the same data.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    Signatures of values.",
    "ERROR <string>",
    "    Answer with this error.",
    "HTSTATS <dbid> [full]",
    "    Statistics of the tables of a database.",
    "HTSTATS-KEY <key> [full]",
    "    Statistics of the table of a value.",
    "LISTPACK <key>",
    "    Show the listpack of a value in the log.",
    "LOG <message>",
    "    Write a line into the log.",
    "OBJECT <key> [fast]",
    "    Show how a value is kept; fast leaves out what takes time.",
    "POPULATE <count> [<prefix>] [<size>]",
    "    Create string keys named <prefix>:<number>.",
    "PROTOCOL <type>",
    "    Answer with a value of a type: string|integer|double|bignum|null|array|set|map|",
    "    attrib|push|verbatim|true|false",
    "RELOAD [option ...]",
    "    Save and load the data. Options: MERGE, NOFLUSH, NOSAVE.",
    "REPLYBUFFER PEAK-RESET-TIME <NEVER|RESET|time> | RESIZING <0|1>",
    "    Tune how reply buffers shrink.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Stop or go on erasing expired keys that nobody touches.",
#ifndef NDEBUG
    "SHARED-STORES",
    "    Stores to lines that workers share, since the last call.",
#endif
    "SLEEP <seconds>",
    "    Stop the server for that long.",
    "STRUCTSIZE",
    "    Sizes of some structures.",
};

void ReplyUnknown(const Args& args, ReplyWriter& reply) {
  reply.Error(ReplyError(fmt::format(
      "-ERR unknown subcommand or wrong number of arguments for '{}'. Try DEBUG HELP.",
      args[1].substr(0, 128))));
}

// ---- one key
// -----------------------------------------------------------------------------------

// The bytes that a value takes in a snapshot file, without its type.
size_t SerializedBytes(const Entry& entry) {
  RdbWriter writer;
  WriteRdbValue(writer, entry);
  return writer.size_bytes();
}

// The answer of OBJECT `handler` for a key: a bulk string or an integer, as text.
std::string AskObject(CommandContext& context, CommandHandler handler, const Key& key) {
  OutputBuffer buffer;
  ReplyWriter writer(buffer, 2);
  CommandContext inner{.client = context.client,
                       .command = context.command,
                       .keys = {&key, 1},
                       .keyspace = context.keyspace,
                       .settings = context.settings,
                       .executor = context.executor,
                       .server = context.server};
  const Bytes words[] = {"OBJECT", "?", key.bytes};
  const uint64_t hits = context.keyspace.stats().hits;
  handler(inner, Args(words, 3), writer);
  context.keyspace.stats().hits = hits;  // Nobody has used the key.
  Bytes text = buffer.contiguous();
  if (text.starts_with('$')) text.remove_prefix(text.find('\n') + 1);
  if (text.starts_with(':')) text.remove_prefix(1);
  return std::string(text.substr(0, text.find('\r')));
}

void DebugObject(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Key key = MakeKey(args[2]);
  const Entry* entry = context.keyspace.Peek(key);
  if (entry == nullptr) return reply.Error(kNoSuchKey);
  const std::string encoding = AskObject(context, &ObjectEncoding, key);
  const bool is_lfu = IsLfu(context.server.keyspace.policy);
  const std::string idle = is_lfu ? "0" : AskObject(context, &ObjectIdletime, key);
  std::string text =
      fmt::format("Value at:{} refcount:1 encoding:{}", fmt::ptr(entry), encoding);
  if (!args.Is(3, "fast"))
    text += fmt::format(" serializedlength:{}", SerializedBytes(*entry));
  text += fmt::format(" lru:{} lru_seconds_idle:{}", entry->access(), idle);
  if (is_lfu) {
    text += fmt::format(" freq:{}", AskObject(context, &ObjectFreq, key));
  }
  reply.SimpleString(text);
}

void DebugListpack(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Entry* entry = context.keyspace.Peek(MakeKey(args[2]));
  if (entry == nullptr) return reply.Error(kNoSuchKey);
  if (entry->type() == ValueType::kString || entry->encoding() == Encoding::kTable) {
    return reply.Error("-ERR Not a listpack encoded object.");
  }
  Log(LogLevel::kNotice, "DEBUG LISTPACK: {} bytes", entry->value().size());
  reply.SimpleString("Listpack structure printed on stdout");
}

void DebugDigestValue(CommandContext& context, const Args& args, ReplyWriter& reply) {
  reply.ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) {
    const Entry* entry = context.keyspace.Peek(MakeKey(args[i]));
    reply.SimpleString(entry == nullptr ? Digest().Hex() : DigestOfValue(*entry).Hex());
  }
}

// Lists are not there yet, but their sizes are looked at.
void DebugQuicklistPackedThreshold(CommandContext&, const Args& args,
                                   ReplyWriter& reply) {
  const auto bytes = args[2].empty() ? 0 : ParseMemorySize(args[2]);
  if (!bytes || *bytes >= uint64_t{4} << 30) {
    return reply.Error(
        "-ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  }
  reply.Ok();
}

// ---- tables
// ------------------------------------------------------------------------------------

// A table in the words of the reference. `slots` are places for entries.
std::string TableText(size_t slots, size_t entries, bool is_full) {
  if (entries == 0) return "";
  std::string text = fmt::format(
      "Hash table 0 stats (main hash table):\n table size: {}\n number of entries: {}\n"
      " rehashing index: -1\n",
      slots, entries);
  if (is_full)
    text += fmt::format(" slots per entry: {:.2f}\n", double(slots) / double(entries));
  return text;
}

size_t SlotsOf(size_t table_bytes) {
  constexpr size_t kBucketBytes = 64, kBucketSlots = 7;
  return table_bytes / kBucketBytes * kBucketSlots;
}

void DebugHtstats(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto db = args.Integer(2);
  if (!db) return reply.Error(db.error());
  const Keyspace& keyspace = context.server.keyspace;
  if (*db < 0 || *db >= keyspace.database_count())
    return reply.Error("-ERR Out of range database");
  const bool is_full = args.Is(3, "full");
  const Database* database = keyspace.FindDatabase(static_cast<unsigned>(*db));
  std::string text = "[Dictionary HT]\n";
  if (database != nullptr) {
    const size_t slots = SlotsOf(database->TableBytes() - sizeof(Database));
    text += TableText(slots, database->KeyCount(), is_full);
    text += "[Expires HT]\n";
    // Expiries stand in the entries: there is no table of them.
    text += TableText(database->ExpiryCount(), database->ExpiryCount(), is_full);
  } else {
    text += "[Expires HT]\n";
  }
  reply.Verbatim("txt", text);
}

void DebugHtstatsKey(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Entry* entry = context.keyspace.Peek(MakeKey(args[2]));
  if (entry == nullptr) return reply.Error(kNoSuchKey);
  if (entry->encoding() != Encoding::kTable) {
    return reply.Error(
        "-ERR The value stored at the specified key is not represented using an hash "
        "table");
  }
  const HashTable& table = *entry->table();
  reply.Verbatim("txt",
                 TableText(SlotsOf(table.SizeBytes()), table.size(), args.Is(3, "full")));
}

// ---- the whole keyspace
// ------------------------------------------------------------------------

void DebugReload(CommandContext& context, const Args& args, ReplyWriter& reply) {
  bool saves = true, flushes = true, merges = false;
  for (size_t i = 2; i < args.size(); ++i) {
    if (args.Is(i, "NOSAVE")) {
      saves = false;
    } else if (args.Is(i, "NOFLUSH")) {
      flushes = false;
    } else if (args.Is(i, "MERGE")) {
      merges = true;
    } else {
      return reply.Error(
          "-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    }
  }
  Server& server = ServerOf(context);
  Keyspace& keyspace = context.server.keyspace;
  // What is loaded was not there at the cut: no lane may be there, or the snapshot has
  // keys twice.
  server.saves().CancelAndWait();
  if (saves && !server.saves().SaveNow()) return reply.Error("-ERR");
  if (flushes) FlushAllDatabases(keyspace, context.now(), /*lazily=*/false);
  LoadProgress progress;
  Loader loader(keyspace, context.settings, progress);
  loader.set_replaces(merges);
  const Result<bool> loaded = loader.Load(context.settings.dbfilename, nullptr, nullptr);
  if (!loaded) {
    Log(LogLevel::kWarning, "DEBUG RELOAD: {}", loaded.error().text);
    return reply.Error("-ERR Error trying to load the RDB dump, check server logs.");
  }
  Log(LogLevel::kWarning, "DB reloaded by DEBUG RELOAD");
  reply.Ok();
}

void DebugPopulate(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto count = args.IntegerBetween(2, 0, INT64_MAX, kNotPositive);
  if (!count) return reply.Error(count.error());
  const Bytes prefix = args.size() > 3 ? args[3] : Bytes("key");
  int64_t size = 0;
  if (args.size() > 4) {
    const auto given =
        args.IntegerBetween(4, 0, context.settings.proto_max_bulk_bytes, kNotPositive);
    if (!given) return reply.Error(given.error());
    size = *given;
  }
  for (int64_t i = 0; i < *count; ++i) {
    const std::string name = fmt::format("{}:{}", prefix, i);
    const Key key = MakeKey(name);
    Found found = context.keyspace.FindForWrite(key);
    if (found) continue;
    std::string value = fmt::format("value:{}", i);
    if (size > 0) value.resize(static_cast<size_t>(size), '\0');
    context.keyspace.PutString(key, found, value, kNoExpiry);
    context.keyspace.Changed(key, EventKind::kNone, "");
  }
  reply.Ok();
}

// ---- replies
// -----------------------------------------------------------------------------------

void WriteMap(ReplyWriter& reply) {
  reply.MapHeader(3);
  for (int i = 0; i < 3; ++i) {
    reply.Integer(i);
    reply.Boolean(i == 1);
  }
}

void WriteNumbers(ReplyWriter& reply) {
  for (int i = 0; i < 3; ++i) reply.Integer(i);
}

void WriteAttribute(ReplyWriter& reply) {
  if (reply.AttributeHeader(1)) {
    reply.Bulk("key-popularity");
    reply.ArrayHeader(2);
    reply.Bulk("key:123");
    reply.Integer(90);
  }
  reply.Bulk("Some real reply following the attribute");
}

void WritePush(ReplyWriter& reply) {
  if (reply.protocol() == 2)
    return reply.Error("-ERR RESP2 is not supported by this command");
  reply.Bulk("Some real reply following the push reply");
  reply.PushHeader(2);
  reply.Bulk("server-cpu-usage");
  reply.Integer(42);
}

void DebugProtocol(CommandContext&, const Args& args, ReplyWriter& reply) {
  struct Row {
    Bytes name;
    void (*write)(ReplyWriter&);
  };
  static constexpr Row kRows[] = {
      {"string", [](ReplyWriter& out) { out.Bulk("Hello World"); }},
      {"integer", [](ReplyWriter& out) { out.Integer(12345); }},
      {"double", [](ReplyWriter& out) { out.Double(3.141); }},
      {"bignum",
       [](ReplyWriter& out) { out.BigNumber("1234567999999999999999999999999999999"); }},
      {"null", [](ReplyWriter& out) { out.Null(); }},
      {"array", [](ReplyWriter& out) { out.ArrayHeader(3), WriteNumbers(out); }},
      {"set", [](ReplyWriter& out) { out.SetHeader(3), WriteNumbers(out); }},
      {"map", &WriteMap},
      {"attrib", &WriteAttribute},
      {"push", &WritePush},
      {"verbatim",
       [](ReplyWriter& out) { out.Verbatim("txt", "This is a verbatim\nstring"); }},
      {"true", [](ReplyWriter& out) { out.Boolean(true); }},
      {"false", [](ReplyWriter& out) { out.Boolean(false); }},
  };
  for (const Row& row : kRows) {
    if (args.Is(2, row.name)) return row.write(reply);
  }
  reply.Error(
      "-ERR Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

// ---- switches
// ----------------------------------------------------------------------------------

void DebugSleep(CommandContext&, const Args& args, ReplyWriter& reply) {
  const double seconds = std::strtod(std::string(args[2]).c_str(), nullptr);
  if (seconds > 0) usleep(static_cast<useconds_t>(std::min(seconds, 3600.0) * 1e6));
  reply.Ok();
}

void DebugSetActiveExpire(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const bool is_on = std::atoi(std::string(args[2]).c_str()) != 0;
  context.server.is_active_expiry_on.store(is_on, std::memory_order_relaxed);
  reply.Ok();
}

void DebugPauseCron(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (std::atoi(std::string(args[2]).c_str()) != 0) {
    context.server.is_cron_paused = true;
  } else {
    ServerOf(context).ResumeCron();
  }
  reply.Ok();
}

void DebugReplyBuffer(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (args.Is(2, "peak-reset-time")) {
    int64_t& reset_ms = context.server.reply_peak_reset_ms;
    if (args.Is(3, "never")) {
      reset_ms = -1;
    } else if (args.Is(3, "reset")) {
      reset_ms = kReplyPeakResetMs;
    } else {
      const auto given = args.Integer(3);
      if (!given) return reply.Error(given.error());
      reset_ms = *given;
    }
    return reply.Ok();
  }
  if (args.Is(2, "resizing")) {
    context.server.is_reply_resizing_on = std::atoi(std::string(args[3]).c_str()) != 0;
    return reply.Ok();
  }
  ReplyUnknown(args, reply);
}

// Accepted: what they switch in the reference has no counterpart here.
void DebugAccept(CommandContext&, const Args&, ReplyWriter& reply) {
  reply.Ok();
}

void DebugClientEviction(CommandContext& context, const Args&, ReplyWriter& reply) {
  if (context.settings.maxmemory_clients == 0) {
    return reply.Error("-ERR maxmemory-clients is disabled.");
  }
  reply.Bulk("");
}

void DebugRewriteAll(CommandContext& context, const Args&, ReplyWriter& reply) {
  const Result<> written = RewriteConfigFile(
      context.server.config_file, ServerOf(context).config(), RewriteScope::kEverything);
  if (!written) {
    return reply.Error(
        ReplyError("-ERR CONFIG-REWRITE-FORCE-ALL failed: " + written.error().text));
  }
  reply.Ok();
}

void DebugError(CommandContext&, const Args& args, ReplyWriter& reply) {
  reply.RawError(args[2]);
}

void DebugLog(CommandContext&, const Args& args, ReplyWriter& reply) {
  Log(LogLevel::kWarning, "DEBUG LOG: {}", args[2]);
  reply.Ok();
}

void DebugStructsize(CommandContext&, const Args&, ReplyWriter& reply) {
  reply.Bulk(
      fmt::format("bits:{} entry-head:{} shard:{} segment:{} bucket:{} blob-head:{} ",
                  sizeof(void*) * 8, sizeof(Entry), sizeof(Shard), sizeof(Segment), 64,
                  sizeof(Blob)));
}

void DebugDigest(CommandContext& context, const Args&, ReplyWriter& reply) {
  reply.SimpleString(DigestOfKeyspace(context.server.keyspace, context.now()).Hex());
}

void DebugLoadAof(CommandContext&, const Args&, ReplyWriter& reply) {
  reply.Error("-ERR Error trying to load the AOF files, check server logs.");
}

[[noreturn]] void DebugCrash(CommandContext&, const Args& args, ReplyWriter&) {
  Log(LogLevel::kWarning, "DEBUG {} asked for the end of the process", args[1]);
  std::abort();
}

#ifndef NDEBUG
void DebugSharedStores(CommandContext&, const Args&, ReplyWriter& reply) {
  const SharedStoreCounts counts = TakeSharedStores();
  reply.MapHeader(counts.size());
  for (size_t i = 0; i < counts.size(); ++i) {
    reply.Bulk(kSharedLineNames[i]);
    reply.Integer(static_cast<int64_t>(counts[i]));
  }
}
#endif

struct Subcommand {
  Bytes name;
  size_t words_min, words_max;
  CommandHandler handler;
};

constexpr size_t kAnyWords = static_cast<size_t>(-1);
constexpr Subcommand kSubcommands[] = {
    {"ASSERT", 2, 2, &DebugCrash},
    {"CHANGE-REPL-ID", 2, 2, &DebugAccept},
    {"CLIENT-EVICTION", 2, 2, &DebugClientEviction},
    {"CLIENT-ENFORCE-REPLY-LIST", 3, 3, &DebugAccept},
    {"CONFIG-REWRITE-FORCE-ALL", 2, 2, &DebugRewriteAll},
    {"DELAY-RDB-CLIENT-FREE-SECONDS", 3, 3, &DebugAccept},
    {"DICT-RESIZING", 3, 3, &DebugAccept},
    {"DIGEST", 2, 2, &DebugDigest},
    {"DIGEST-VALUE", 2, kAnyWords, &DebugDigestValue},
    {"DISABLE-CLUSTER-RANDOM-PING", 3, 3, &DebugAccept},
    {"ERROR", 3, 3, &DebugError},
    {"HTSTATS", 3, 4, &DebugHtstats},
    {"HTSTATS-KEY", 3, 4, &DebugHtstatsKey},
    {"LISTPACK", 3, 3, &DebugListpack},
    {"LOADAOF", 2, 2, &DebugLoadAof},
    {"LOG", 3, 3, &DebugLog},
    {"OBJECT", 3, 4, &DebugObject},
    {"PANIC", 2, 2, &DebugCrash},
    {"PAUSE-CRON", 3, 3, &DebugPauseCron},
    {"POPULATE", 3, 5, &DebugPopulate},
    {"PROTOCOL", 3, 3, &DebugProtocol},
    {"QUICKLIST-PACKED-THRESHOLD", 3, 3, &DebugQuicklistPackedThreshold},
    {"RELOAD", 2, kAnyWords, &DebugReload},
    {"REPLYBUFFER", 4, 4, &DebugReplyBuffer},
    {"SEGFAULT", 2, 2, &DebugCrash},
    {"SET-ACTIVE-EXPIRE", 3, 3, &DebugSetActiveExpire},
    {"SET-DISABLE-DENY-SCRIPTS", 3, 3, &DebugAccept},
#ifndef NDEBUG
    {"SHARED-STORES", 2, 2, &DebugSharedStores},
#endif
    {"SLEEP", 3, 3, &DebugSleep},
    {"STRUCTSIZE", 2, 2, &DebugStructsize},
};

}  // namespace

void Debug(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (!Allows(ServerOf(context).config(), ConfigKey::kEnableDebugCommand,
              context.client)) {
    return reply.Error(kNotAllowed);
  }
  if (args.Is(1, "HELP") && args.size() == 2) return ReplyHelp(reply, "DEBUG", kHelp);
  for (const Subcommand& row : kSubcommands) {
    if (!args.Is(1, row.name)) continue;
    if (args.size() < row.words_min || args.size() > row.words_max) break;
    return row.handler(context, args, reply);
  }
  ReplyUnknown(args, reply);
}

}  // namespace skarn::commands

// SPDX-License-Identifier: BSD-3-Clause
//
// DUMP and RESTORE: values in the form that servers exchange.
#include <limits>
#include <optional>

#include "command/context.h"
#include "commands/generic.h"
#include "persistence/dump_payload.h"
#include "persistence/rdb_value.h"

namespace skarn::commands {
namespace {

constexpr ErrorText kBadIdleTime = "-ERR Invalid IDLETIME value, must be >= 0";
constexpr ErrorText kBadFrequency = "-ERR Invalid FREQ value, must be >= 0 and <= 255";
constexpr ErrorText kBadTtl = "-ERR Invalid TTL value, must be >= 0";

struct RestoreOptions {
  bool replaces = false;
  bool is_absolute = false;  // ABSTTL
  std::optional<int64_t> idle_seconds;
  std::optional<int64_t> frequency;
};

Parsed<RestoreOptions> ReadRestoreOptions(const Args& args) {
  RestoreOptions options;
  for (size_t i = 4; i < args.size(); ++i) {
    const bool has_value = i + 1 < args.size();
    if (args.Is(i, "REPLACE")) {
      options.replaces = true;
    } else if (args.Is(i, "ABSTTL")) {
      options.is_absolute = true;
    } else if (args.Is(i, "IDLETIME") && has_value && !options.frequency) {
      const Parsed<int64_t> seconds = args.Integer(++i);
      if (!seconds) return std::unexpected(seconds.error());
      if (*seconds < 0) return std::unexpected(ReplyError(kBadIdleTime));
      options.idle_seconds = *seconds;
    } else if (args.Is(i, "FREQ") && has_value && !options.idle_seconds) {
      const Parsed<int64_t> frequency = args.Integer(++i);
      if (!frequency) return std::unexpected(frequency.error());
      if (*frequency < 0 || *frequency > 255) {
        return std::unexpected(ReplyError(kBadFrequency));
      }
      options.frequency = *frequency;
    } else {
      return std::unexpected(ReplyError(kSyntaxError));
    }
  }
  return options;
}

// kNoExpiry for 0. One beyond the end of time wraps round into the past, as in the
// reference.
Parsed<ExpiryMillis> ReadRestoreExpiry(const CommandContext& context, const Args& args,
                                       bool is_absolute) {
  const Parsed<int64_t> ttl = args.Integer(2);
  if (!ttl) return std::unexpected(ttl.error());
  if (*ttl < 0) return std::unexpected(ReplyError(kBadTtl));
  if (*ttl == 0) return kNoExpiry;
  ExpiryMillis expiry = *ttl;
  if (!is_absolute && __builtin_add_overflow(expiry, context.now(), &expiry)) return 0;
  return expiry;
}

Parsed<RdbValue> ReadPayload(const CommandContext& context, Bytes bytes) {
  const Settings& settings = context.settings;
  const auto check =
      settings.rdb_version_relaxed ? RdbVersionCheck::kRelaxed : RdbVersionCheck::kStrict;
  const std::optional<DumpPayload> payload = OpenDumpPayload(bytes, check);
  if (!payload) return std::unexpected(ReplyError(kBadDumpPayload));
  const ReplyError bad_format(kBadDataFormat);
  if (!IsRdbValueKnown(payload->type, payload->dialect)) {
    return std::unexpected(bad_format);
  }
  // What follows the value is let pass.
  RdbReader reader(payload->value, payload->dialect);
  Result<RdbValue> value =
      ReadRdbValue(reader, payload->type,
                   {.hash_listpack_entries = settings.hash_max_listpack_entries,
                    .hash_listpack_value_bytes = settings.hash_max_listpack_value});
  if (!value) return std::unexpected(bad_format);
  return *std::move(value);
}

void SetAccess(const CommandContext& context, const RestoreOptions& options,
               Entry* entry) {
  // Idle times that overflow in the reference's milliseconds count as none there.
  constexpr int64_t kIdleSecondsMax = std::numeric_limits<int64_t>::max() / 1000;
  const KeyspaceView& keyspace = context.keyspace;
  const bool is_lfu = IsLfu(context.keyspace.keyspace().policy);
  if (is_lfu && options.frequency) {
    entry->set_access(
        keyspace.AccessOfUseCount(static_cast<uint8_t>(*options.frequency)));
  } else if (!is_lfu && options.idle_seconds &&
             *options.idle_seconds <= kIdleSecondsMax) {
    entry->set_access(
        keyspace.AccessOfIdle(static_cast<uint64_t>(*options.idle_seconds)));
  }
}

}  // namespace

void Dump(CommandContext& context, const Args&, ReplyWriter& reply) {
  const Entry* entry = context.keyspace.Find(context.key());
  if (entry == nullptr) return reply.Null();
  RdbWriter writer({.compresses = context.settings.rdb_compression});
  const uint8_t type = RdbTypeOf(*entry);
  writer.Byte(type);
  WriteRdbValue(writer, *entry);
  std::string payload = writer.Take();
  AppendDumpFooter(payload, RdbVersionOf(type));
  reply.Bulk(payload);
}

void Restore(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<RestoreOptions> options = ReadRestoreOptions(args);
  if (!options) return reply.Error(options.error());
  const Key& key = context.key();
  KeyspaceView& keyspace = context.keyspace;
  Found found = keyspace.FindForWrite(key);
  if (found && !options->replaces) return reply.Error(kBusyKey);
  const Parsed<ExpiryMillis> expiry =
      ReadRestoreExpiry(context, args, options->is_absolute);
  if (!expiry) return reply.Error(expiry.error());
  Parsed<RdbValue> value = ReadPayload(context, args[3]);
  if (!value) return reply.Error(value.error());

  const bool replaces = static_cast<bool>(found);
  if (replaces) keyspace.Erase(key, found, context.settings.lazyfree_lazy_server_del);
  if (*expiry != kNoExpiry && *expiry <= context.now()) {
    if (replaces) keyspace.Changed(key, EventKind::kGeneric, "del");
    return reply.Ok();
  }
  found = keyspace.FindForWrite(key);
  if (value->table != nullptr) {
    keyspace.PutTable(key, found, value->table.release(), *expiry);
  } else {
    keyspace.PutBytes(key, found, value->bytes, *expiry, value->type);
  }
  SetAccess(context, *options, found.entry);
  keyspace.Changed(key, EventKind::kGeneric, "restore");
  reply.Ok();
}

}  // namespace skarn::commands

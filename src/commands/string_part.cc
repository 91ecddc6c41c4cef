// SPDX-License-Identifier: BSD-3-Clause
//
// Parts of strings: reading a range, and changing a value in place at its end or in its
// middle.
#include <algorithm>

#include "commands/string.h"
#include "commands/string_value.h"

namespace skarn::commands {
namespace {

// Sub-ranges of at least this size are sent from where they are.
constexpr size_t kReferenceMin = 16384;

// True when a value of `size` bytes and `added` more is within the limit of one bulk.
bool FitsBulk(const CommandContext& context, uint64_t size, uint64_t added) {
  const uint64_t limit = static_cast<uint64_t>(context.settings.proto_max_bulk_bytes);
  return added <= limit && size <= limit - added;
}

void ReplyRange(ReplyWriter& reply, const Entry& entry, size_t first, size_t size) {
  const Bytes part = entry.value().substr(first, size);
  if (entry.IsEmbedded() || part.size() < kReferenceMin) return reply.Bulk(part);
  entry.blob()->Reference();
  reply.BulkReference(part, &ReleaseBlob, entry.blob());
}

}  // namespace

void Getrange(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<int64_t> start = args.Integer(2);
  if (!start) return reply.Error(start.error());
  const Parsed<int64_t> end = args.Integer(3);
  if (!end) return reply.Error(end.error());
  const Entry* entry;
  if (!ReadString(context, context.key(), reply, &entry)) return;
  if (entry == nullptr) return reply.Bulk("");
  const auto range =
      ResolveRange(*start, *end, static_cast<int64_t>(entry->value().size()));
  if (range.count == 0) return reply.Bulk("");
  ReplyRange(reply, *entry, static_cast<size_t>(range.first),
             static_cast<size_t>(range.count));
}

void Substr(CommandContext& context, const Args& args, ReplyWriter& reply) {
  Getrange(context, args, reply);
}

void Append(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Key& key = context.key();
  const Bytes added = args[2];
  Found found;
  if (!FindStringForWrite(context, key, reply, &found)) return;
  size_t size = added.size();
  if (!found) {
    context.keyspace.PutString(key, found, added, kNoExpiry);
  } else {
    const size_t old_size = found.entry->value().size();
    if (!FitsBulk(context, old_size, added.size())) return reply.Error(kStringTooLong);
    size += old_size;
    char* data = context.keyspace.EditBytes(key, found, size, Encoding::kRawBytes);
    if (data == nullptr) return reply.Error(kOom);
    std::copy(added.begin(), added.end(), data + old_size);
  }
  context.keyspace.Changed(key, EventKind::kString, "append");
  reply.Integer(static_cast<int64_t>(size));
}

void Setrange(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<int64_t> offset = args.Integer(2);
  if (!offset) return reply.Error(offset.error());
  if (*offset < 0) return reply.Error(kOffsetOutOfRange);

  const Key& key = context.key();
  const Bytes part = args[3];
  Found found;
  if (!FindStringForWrite(context, key, reply, &found)) return;
  const size_t old_size = found ? found.entry->value().size() : 0;
  if (part.empty()) return reply.Integer(static_cast<int64_t>(old_size));
  const size_t first = static_cast<size_t>(*offset);
  if (!FitsBulk(context, first, part.size())) return reply.Error(kStringTooLong);

  const size_t size = std::max(old_size, first + part.size());
  char* data = EditString(context, key, found, size);
  if (data == nullptr) return reply.Error(kOom);
  std::copy(part.begin(), part.end(), data + first);
  context.keyspace.Changed(key, EventKind::kString, "setrange");
  reply.Integer(static_cast<int64_t>(size));
}

}  // namespace skarn::commands

// SPDX-License-Identifier: BSD-3-Clause
//
// OBJECT: how a value is kept and how it is used.
#include <algorithm>

#include "base/numbers.h"
#include "command/context.h"
#include "commands/generic.h"

namespace skarn::commands {
namespace {

constexpr ErrorText kNotLfu =
    "-ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please "
    "note that when switching between policies at runtime LRU and LFU data will take "
    "some time to adjust.";
constexpr ErrorText kNotLru =
    "-ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that "
    "when switching between policies at runtime LRU and LFU data will take some time to "
    "adjust.";

Bytes StringEncodingName(const Entry& entry) {
  if (entry.IsRawInReference()) return "raw";
  return entry.encoding() == Encoding::kBytes && IsCanonicalInt64(entry.value())
             ? "int"
             : "embstr";
}

Bytes EncodingName(const Entry& entry) {
  if (entry.type() == ValueType::kString) return StringEncodingName(entry);
  return entry.encoding() == Encoding::kTable ? "hashtable" : "listpack";
}

// The entry asked about; null after the reply for an absent key.
const Entry* FindObject(CommandContext& context, ReplyWriter& reply) {
  const Entry* entry = context.keyspace.Inspect(context.key(), /*is_quiet=*/true);
  if (entry == nullptr) reply.Null();
  return entry;
}

}  // namespace

void ObjectEncoding(CommandContext& context, const Args&, ReplyWriter& reply) {
  const Entry* entry = FindObject(context, reply);
  if (entry != nullptr) reply.Bulk(EncodingName(*entry));
}

void ObjectFreq(CommandContext& context, const Args&, ReplyWriter& reply) {
  const Entry* entry = FindObject(context, reply);
  if (entry == nullptr) return;
  if (!IsLfu(context.keyspace.keyspace().policy)) return reply.Error(kNotLfu);
  reply.Integer(context.keyspace.UseCount(*entry));
}

void ObjectIdletime(CommandContext& context, const Args&, ReplyWriter& reply) {
  const Entry* entry = FindObject(context, reply);
  if (entry == nullptr) return;
  if (IsLfu(context.keyspace.keyspace().policy)) return reply.Error(kNotLru);
  reply.Integer(context.keyspace.IdleSeconds(*entry));
}

void ObjectRefcount(CommandContext& context, const Args&, ReplyWriter& reply) {
  if (FindObject(context, reply) != nullptr) reply.Integer(1);
}

void ObjectHelp(CommandContext&, const Args&, ReplyWriter& reply) {
  // The words of the reference: clients show them, tests compare them.
  static constexpr Bytes kLines[] = {
      "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "ENCODING <key>",
      "    Return the kind of internal representation used in order to store the value",
      "    associated with a <key>.",
      "FREQ <key>",
      "    Return the access frequency index of the <key>. The returned integer is",
      "    proportional to the logarithm of the recent access frequency of the key.",
      "IDLETIME <key>",
      "    Return the idle time of the <key>, that is the approximated number of",
      "    seconds elapsed since the last access to the key.",
      "REFCOUNT <key>",
      "    Return the number of references of the value associated with the specified",
      "    <key>.",
      "HELP",
      "    Print this help.",
  };
  reply.ArrayHeader(std::size(kLines));
  for (const Bytes line : kLines) reply.SimpleString(line);
}

}  // namespace skarn::commands

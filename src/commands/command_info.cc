// SPDX-License-Identifier: BSD-3-Clause
#include "commands/command_info.h"

#include <span>
#include <string_view>

namespace skarn {
namespace {

struct Word {
  uint32_t bit;
  std::string_view text;
};

// In the order of the bits, which is the order on the wire.
constexpr Word kFlagWords[] = {
    {0u | CommandFlag::kWrite, "write"},
    {0u | CommandFlag::kReadOnly, "readonly"},
    {0u | CommandFlag::kDenyOom, "denyoom"},
    {0u | CommandFlag::kAdmin, "admin"},
    {0u | CommandFlag::kPubSub, "pubsub"},
    {0u | CommandFlag::kNoScript, "noscript"},
    {0u | CommandFlag::kBlocking, "blocking"},
    {0u | CommandFlag::kLoading, "loading"},
    {0u | CommandFlag::kStale, "stale"},
    {0u | CommandFlag::kSkipMonitor, "skip_monitor"},
    {0u | CommandFlag::kSkipCommandLog, "skip_commandlog"},
    {0u | CommandFlag::kAsking, "asking"},
    {0u | CommandFlag::kFast, "fast"},
    {0u | CommandFlag::kNoAuth, "no_auth"},
    {0u | CommandFlag::kNoMandatoryKeys, "no_mandatory_keys"},
    {0u | CommandFlag::kNoAsyncLoading, "no_async_loading"},
    {0u | CommandFlag::kNoMulti, "no_multi"},
    {0u | CommandFlag::kAllowBusy, "allow_busy"},
    {0u | CommandFlag::kMovableKeys, "movablekeys"},
};

constexpr Word kAclWords[] = {
    {0u | Acl::kKeyspace, "@keyspace"},
    {0u | Acl::kRead, "@read"},
    {0u | Acl::kWrite, "@write"},
    {0u | Acl::kSet, "@set"},
    {0u | Acl::kSortedSet, "@sortedset"},
    {0u | Acl::kList, "@list"},
    {0u | Acl::kHash, "@hash"},
    {0u | Acl::kString, "@string"},
    {0u | Acl::kBitmap, "@bitmap"},
    {0u | Acl::kHyperLogLog, "@hyperloglog"},
    {0u | Acl::kGeo, "@geo"},
    {0u | Acl::kStream, "@stream"},
    {0u | Acl::kPubSub, "@pubsub"},
    {0u | Acl::kAdmin, "@admin"},
    {0u | Acl::kFast, "@fast"},
    {0u | Acl::kSlow, "@slow"},
    {0u | Acl::kBlocking, "@blocking"},
    {0u | Acl::kDangerous, "@dangerous"},
    {0u | Acl::kConnection, "@connection"},
    {0u | Acl::kTransaction, "@transaction"},
    {0u | Acl::kScripting, "@scripting"},
};

constexpr Word kKeyUseWords[] = {
    {KeySpec::kRO, "RO"},         {KeySpec::kRW, "RW"},
    {KeySpec::kOW, "OW"},         {KeySpec::kRM, "RM"},
    {KeySpec::kAccess, "access"}, {KeySpec::kUpdate, "update"},
    {KeySpec::kInsert, "insert"}, {KeySpec::kDelete, "delete"},
};
constexpr Word kKeySpecWords[] = {
    {KeySpec::kRO, "RO"},
    {KeySpec::kRW, "RW"},
    {KeySpec::kOW, "OW"},
    {KeySpec::kRM, "RM"},
    {KeySpec::kAccess, "access"},
    {KeySpec::kUpdate, "update"},
    {KeySpec::kInsert, "insert"},
    {KeySpec::kDelete, "delete"},
    {KeySpec::kNotKey, "not_key"},
    {KeySpec::kIncomplete, "incomplete"},
    {KeySpec::kVariableFlags, "variable_flags"},
};

void WriteWords(std::span<const Word> words, uint32_t bits, ReplyWriter& reply) {
  size_t count = 0;
  for (const Word& word : words) count += (bits & word.bit) != 0;
  reply.SetHeader(count);
  for (const Word& word : words) {
    if ((bits & word.bit) != 0) reply.SimpleString(word.text);
  }
}

void WriteNumber(std::string_view name, int value, ReplyWriter& reply) {
  reply.Bulk(name);
  reply.Integer(value);
}

// The pair of a kind and its details with which both halves of a key spec begin.
void WriteKind(std::string_view half, std::string_view kind, ReplyWriter& reply) {
  reply.Bulk(half);
  reply.MapHeader(2);
  reply.Bulk("type");
  reply.Bulk(kind);
  reply.Bulk("spec");
}

void WriteBeginSearch(const KeySpec& spec, ReplyWriter& reply) {
  switch (spec.begin) {
    case KeySpec::Begin::kIndex:
      WriteKind("begin_search", "index", reply);
      reply.MapHeader(1);
      return WriteNumber("index", spec.index, reply);
    case KeySpec::Begin::kKeyword:
      WriteKind("begin_search", "keyword", reply);
      reply.MapHeader(2);
      reply.Bulk("keyword");
      reply.Bulk(spec.keyword);
      return WriteNumber("startfrom", spec.index, reply);
    case KeySpec::Begin::kUnknown:
      WriteKind("begin_search", "unknown", reply);
      return reply.MapHeader(0);
  }
}

void WriteFindKeys(const KeySpec& spec, ReplyWriter& reply) {
  switch (spec.find) {
    case KeySpec::Find::kRange:
      WriteKind("find_keys", "range", reply);
      reply.MapHeader(3);
      WriteNumber("lastkey", spec.last_key, reply);
      WriteNumber("keystep", spec.step, reply);
      return WriteNumber("limit", spec.limit, reply);
    case KeySpec::Find::kKeyCount:
      WriteKind("find_keys", "keynum", reply);
      reply.MapHeader(3);
      WriteNumber("keynumidx", spec.count_index, reply);
      WriteNumber("firstkey", spec.first_key, reply);
      return WriteNumber("keystep", spec.step, reply);
    case KeySpec::Find::kUnknown:
      WriteKind("find_keys", "unknown", reply);
      return reply.MapHeader(0);
  }
}

void WriteKeySpec(const KeySpec& spec, ReplyWriter& reply) {
  reply.MapHeader(spec.notes.empty() ? 3 : 4);
  if (!spec.notes.empty()) {
    reply.Bulk("notes");
    reply.Bulk(spec.notes);
  }
  reply.Bulk("flags");
  WriteWords(kKeySpecWords, spec.flags, reply);
  WriteBeginSearch(spec, reply);
  WriteFindKeys(spec, reply);
}

}  // namespace

void WriteCommandInfo(const Command& command, ReplyWriter& reply) {
  const CommandSpec& spec = *command.spec;
  reply.ArrayHeader(10);
  reply.Bulk(command.full_name);
  reply.Integer(command.arity);
  WriteWords(kFlagWords, command.flags, reply);
  reply.Integer(command.first_key);
  reply.Integer(command.last_key);
  reply.Integer(command.key_step);
  WriteWords(kAclWords, spec.acl, reply);
  reply.SetHeader(spec.tips.size());
  for (const std::string_view tip : spec.tips) reply.Bulk(tip);
  reply.SetHeader(spec.key_specs.size());
  for (const KeySpec& keys : spec.key_specs) WriteKeySpec(keys, reply);
  reply.ArrayHeader(command.subcommands.size());
  for (const auto& subcommand : command.subcommands) WriteCommandInfo(*subcommand, reply);
}

void WriteKeyFlags(uint32_t flags, ReplyWriter& reply) {
  WriteWords(kKeyUseWords, flags, reply);
}

uint32_t AclCategoryOf(Bytes name) {
  for (const Word& word : kAclWords) {
    if (EqualsIgnoreCase(word.text.substr(1), name)) return word.bit;
  }
  return 0;
}

}  // namespace skarn

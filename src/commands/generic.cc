// SPDX-License-Identifier: BSD-3-Clause
//
// Keys of any type: whether they are there, what they are, deleting, renaming, moving and
// copying them.
#include "commands/generic.h"

#include <memory>
#include <optional>

#include "command/context.h"
#include "commands/database_index.h"
#include "commands/value_type_name.h"
#include "types/hash_table.h"

namespace skarn::commands {
namespace {

// Selects another database for a scope.
class DatabaseScope {
 public:
  DatabaseScope(KeyspaceView& keyspace, unsigned db)
      : keyspace_(keyspace), db_(keyspace.db()) {
    keyspace_.SelectDatabase(db);
  }
  ~DatabaseScope() { keyspace_.SelectDatabase(db_); }
  DatabaseScope(const DatabaseScope&) = delete;
  DatabaseScope& operator=(const DatabaseScope&) = delete;

 private:
  KeyspaceView& keyspace_;
  const unsigned db_;
};

void Delete(CommandContext& context, ReplyWriter& reply, bool lazily) {
  int64_t deleted = 0;
  for (const Key& key : context.keys) {
    Found found = context.keyspace.FindForWrite(key);
    if (!found) continue;
    context.keyspace.Erase(key, found, lazily);
    context.keyspace.Changed(key, EventKind::kGeneric, "del");
    ++deleted;
  }
  reply.Integer(deleted);
}

// RENAME and RENAMENX. The number of keys renamed, or none when there is no such key.
std::optional<int64_t> MoveName(CommandContext& context, bool replaces) {
  KeyspaceView& keyspace = context.keyspace;
  const Key& from = context.key(0);
  const Key& to = context.key(1);
  if (!keyspace.FindForWrite(from)) return std::nullopt;
  if (from.bytes == to.bytes) return replaces ? 1 : 0;
  Found replaced = keyspace.FindForWrite(to);
  if (replaced) {
    if (!replaces) return 0;
    keyspace.Erase(to, replaced, context.settings.lazyfree_lazy_server_del);
  }
  Found moved = keyspace.FindForWrite(from);
  Entry* const value = keyspace.Extract(from, moved);
  Found found = keyspace.FindForWrite(to);
  keyspace.Adopt(to, found, value);
  keyspace.Changed(from, EventKind::kGeneric, "rename_from", 0);
  keyspace.Changed(to, EventKind::kGeneric, "rename_to");
  return 1;
}

// Stores a copy of `source`, which stands elsewhere, under a key that is absent.
void PutCopy(KeyspaceView& keyspace, const Key& key, const Entry& source) {
  Found found = keyspace.FindForWrite(key);
  if (source.encoding() != Encoding::kTable) {
    const bool is_raw = source.IsRawInReference();
    return keyspace.PutBytes(key, found, source.value(), source.expiry(), source.type(),
                             is_raw ? Encoding::kRawBytes : source.encoding());
  }
  auto table = std::make_unique<HashTable>();
  table->Reserve(source.table()->size());
  source.table()->ForEach([&](const Field& field) {
    if (!field.IsExpired(keyspace.now())) {
      table->Set(field.name(), field.value(), field.expiry());
    }
  });
  if (table->size() == 0) return;
  keyspace.PutTable(key, found, table.release(), source.expiry());
}

}  // namespace

void Del(CommandContext& context, const Args&, ReplyWriter& reply) {
  Delete(context, reply, context.settings.lazyfree_user_del);
}

void Unlink(CommandContext& context, const Args&, ReplyWriter& reply) {
  Delete(context, reply, /*lazily=*/true);
}

void Exists(CommandContext& context, const Args&, ReplyWriter& reply) {
  int64_t count = 0;
  for (const Key& key : context.keys) count += context.keyspace.Inspect(key) != nullptr;
  reply.Integer(count);
}

void Touch(CommandContext& context, const Args&, ReplyWriter& reply) {
  context.keyspace.SetNoTouch(false);  // It refreshes whatever CLIENT NO-TOUCH says.
  int64_t count = 0;
  for (const Key& key : context.keys) count += context.keyspace.Find(key) != nullptr;
  reply.Integer(count);
}

void Type(CommandContext& context, const Args&, ReplyWriter& reply) {
  const Entry* entry = context.keyspace.Inspect(context.key());
  reply.SimpleString(entry == nullptr ? "none" : ValueTypeName(entry->type()));
}

void Rename(CommandContext& context, const Args&, ReplyWriter& reply) {
  if (!MoveName(context, /*replaces=*/true)) return reply.Error(kNoSuchKey);
  reply.Ok();
}

void Renamenx(CommandContext& context, const Args&, ReplyWriter& reply) {
  const auto renamed = MoveName(context, /*replaces=*/false);
  if (!renamed) return reply.Error(kNoSuchKey);
  reply.Integer(*renamed);
}

void Copy(CommandContext& context, const Args& args, ReplyWriter& reply) {
  KeyspaceView& keyspace = context.keyspace;
  unsigned db = keyspace.db();
  bool replaces = false;
  for (size_t i = 3; i < args.size(); ++i) {
    if (args.Is(i, "REPLACE")) {
      replaces = true;
    } else if (args.Is(i, "DB") && i + 1 < args.size()) {
      const Parsed<unsigned> number = ReadDatabaseIndex(context, args, ++i);
      if (!number) return reply.Error(number.error());
      db = *number;
    } else {
      return reply.Error(kSyntaxError);
    }
  }
  const Key& from = context.key(0);
  const Key& to = context.key(1);
  if (db == keyspace.db() && from.bytes == to.bytes) return reply.Error(kSameObject);

  const Found source = keyspace.FindForUpdate(from);
  if (!source) return reply.Integer(0);
  // The block of the source stays where it is, whatever its shard's table does.
  const Entry& value = *source.entry;
  const DatabaseScope scope(keyspace, db);
  Found replaced = keyspace.FindForWrite(to);
  if (replaced) {
    if (!replaces) return reply.Integer(0);
    keyspace.Erase(to, replaced, context.settings.lazyfree_lazy_server_del);
  }
  PutCopy(keyspace, to, value);
  keyspace.Changed(to, EventKind::kGeneric, "copy_to");
  reply.Integer(1);
}

void Move(CommandContext& context, const Args& args, ReplyWriter& reply) {
  KeyspaceView& keyspace = context.keyspace;
  const Key& key = context.key();
  const Parsed<unsigned> db = ReadDatabaseIndex(context, args, 2);
  if (!db) return reply.Error(db.error());
  if (*db == keyspace.db()) return reply.Error(kSameObject);
  Found source = keyspace.FindForWrite(key);
  if (!source) return reply.Integer(0);
  {
    const DatabaseScope scope(keyspace, *db);
    if (keyspace.FindForWrite(key)) return reply.Integer(0);
  }
  Entry* const value = keyspace.Extract(key, source);
  {
    const DatabaseScope scope(keyspace, *db);
    Found found = keyspace.FindForWrite(key);
    keyspace.Adopt(key, found, value);
  }
  keyspace.Changed(key, EventKind::kGeneric, "move_from", 0);
  const DatabaseScope scope(keyspace, *db);
  keyspace.Changed(key, EventKind::kGeneric, "move_to");
  reply.Integer(1);
}

}  // namespace skarn::commands

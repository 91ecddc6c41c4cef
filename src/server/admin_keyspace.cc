// SPDX-License-Identifier: BSD-3-Clause
//
// Commands on whole databases: FLUSHALL, FLUSHDB, SWAPDB, DBSIZE. All with the gate
// closed.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "command/context.h"
#include "command/executor.h"
#include "keyspace/background_free.h"
#include "server/access.h"
#include "server/admin.h"
#include "server/flush.h"
#include "server/server.h"

namespace skarn {
namespace {

enum class Presence : uint8_t { kAbsent, kStale, kLive };

Presence PresenceOf(const Database* database, size_t shard_index, Bytes key,
                    ExpiryMillis now) {
  if (database == nullptr) return Presence::kAbsent;
  const Place place = database->shards[shard_index].Find(MakeKey(key));
  if (!place) return Presence::kAbsent;
  return EntryAt(place)->IsExpired(now) ? Presence::kStale : Presence::kLive;
}

// Watches of keys that are in either database see a change. A stale key that comes with
// the other one was never there for the watcher.
void MarkWatches(Database& database, const Database* other, ExpiryMillis now) {
  for (size_t i = 0; i < kShardCount; ++i) {
    if (database.shards[i].watches == nullptr) continue;
    database.shards[i].watches->MarkIf([&](Bytes key, bool* was_expired) {
      const Presence after = PresenceOf(other, i, key, now);
      *was_expired = after == Presence::kStale;
      return after == Presence::kLive ||
             PresenceOf(&database, i, key, now) == Presence::kLive;
    });
  }
}

// Watches belong to the number of a database, not to its content.
void MoveWatches(Database& from, Keyspace& keyspace, unsigned db) {
  for (size_t i = 0; i < kShardCount; ++i) {
    if (from.shards[i].watches == nullptr || from.shards[i].watches->empty()) continue;
    keyspace.GetDatabase(db).shards[i].watches = std::move(from.shards[i].watches);
  }
}

void SwapWatches(Database* a, Database* b) {
  for (size_t i = 0; i < kShardCount; ++i)
    std::swap(a->shards[i].watches, b->shards[i].watches);
}

bool HasWatches(const Database* database) {
  if (database == nullptr) return false;
  for (const Shard& shard : database->shards) {
    if (shard.watches != nullptr && !shard.watches->empty()) return true;
  }
  return false;
}

void Dispose(Keyspace& keyspace, std::unique_ptr<Database> database, bool lazily) {
  SnapshotLane* const lane = keyspace.lane();
  if (lane != nullptr && lane->Needs(database.get()))
    return lane->Keep(std::move(database));
  if (!lazily) return FreeDatabase(std::move(database));
  BackgroundFree::Submit(
      [raw = database.release()] { FreeDatabase(std::unique_ptr<Database>(raw)); });
}

}  // namespace

uint64_t FlushDatabase(Keyspace& keyspace, unsigned db, ExpiryMillis now, bool lazily) {
  Database* const database = keyspace.FindDatabase(db);
  if (database == nullptr) return 0;
  const uint64_t key_count = database->KeyCount();
  if (key_count == 0) return 0;
  MarkWatches(*database, nullptr, now);
  std::unique_ptr<Database> detached = keyspace.Detach(db);
  MoveWatches(*detached, keyspace, db);
  Dispose(keyspace, std::move(detached), lazily);
  return key_count;
}

uint64_t FlushAllDatabases(Keyspace& keyspace, ExpiryMillis now, bool lazily) {
  uint64_t count = 0;
  for (unsigned db = 0; db < keyspace.database_count(); ++db) {
    count += FlushDatabase(keyspace, db, now, lazily);
  }
  return count;
}

namespace commands {
namespace {

// [ASYNC|SYNC]; without either as lazyfree-lazy-user-flush says.
bool ReadLazily(CommandContext& context, const Args& args, ReplyWriter& reply,
                bool* lazily) {
  *lazily = context.settings.lazyfree_user_flush;
  if (args.size() == 1) return true;
  if (args.size() == 2 && (args.Is(1, "ASYNC") || args.Is(1, "SYNC"))) {
    *lazily = args.Is(1, "ASYNC");
    return true;
  }
  reply.Error(kSyntaxError);
  return false;
}

// The client goes on in its database: the empty shards are made now, not by its first
// key, which would seem to cost as much.
void KeepShards(CommandContext& context) {
  context.server.keyspace.GetDatabase(context.client.db);
}

bool ReadInt(const Args& args, size_t index, int* number) {
  int64_t parsed;
  if (!ParseInt64(args[index], &parsed) || parsed != static_cast<int>(parsed)) {
    return false;
  }
  *number = static_cast<int>(parsed);
  return true;
}

}  // namespace

void Dbsize(CommandContext& context, const Args&, ReplyWriter& reply) {
  const Database* database = context.server.keyspace.FindDatabase(context.client.db);
  reply.Integer(database == nullptr ? 0 : static_cast<int64_t>(database->KeyCount()));
}

void Flushdb(CommandContext& context, const Args& args, ReplyWriter& reply) {
  bool lazily;
  if (!ReadLazily(context, args, reply, &lazily)) return;
  const uint64_t count =
      FlushDatabase(context.server.keyspace, context.client.db, context.now(), lazily);
  KeepShards(context);
  context.keyspace.AddChanges(count);
  reply.Ok();
}

void Flushall(CommandContext& context, const Args& args, ReplyWriter& reply) {
  bool lazily;
  if (!ReadLazily(context, args, reply, &lazily)) return;
  const uint64_t count =
      FlushAllDatabases(context.server.keyspace, context.now(), lazily);
  KeepShards(context);
  context.keyspace.AddChanges(count);
  // A snapshot of what is gone is of no use any more.
  SaveService& saves = ServerOf(context).saves();
  const bool was_saving = saves.IsRunning();
  if (was_saving) saves.Cancel();
  if (saves.HasSavePoints()) {
    if (was_saving) {
      saves.Schedule();  // The cancelled one ends first.
    } else {
      (void)saves.SaveNow();  // It logs its own failure; the flush has happened.
    }
  }
  reply.Ok();
}

void Swapdb(CommandContext& context, const Args& args, ReplyWriter& reply) {
  int first_number, second_number;
  if (!ReadInt(args, 1, &first_number)) return reply.Error("-ERR invalid first DB index");
  if (!ReadInt(args, 2, &second_number)) {
    return reply.Error("-ERR invalid second DB index");
  }
  const int count = static_cast<int>(context.server.keyspace.database_count());
  if (std::min(first_number, second_number) < 0 ||
      std::max(first_number, second_number) >= count) {
    return reply.Error(kDbIndexOutOfRange);
  }
  const unsigned first = static_cast<unsigned>(first_number);
  const unsigned second = static_cast<unsigned>(second_number);
  if (first != second) {
    Keyspace& keyspace = context.server.keyspace;
    Database* const a = keyspace.FindDatabase(first);
    Database* const b = keyspace.FindDatabase(second);
    const bool is_watched = HasWatches(a) || HasWatches(b);
    if (a != nullptr) MarkWatches(*a, b, context.now());
    if (b != nullptr) MarkWatches(*b, a, context.now());
    if (is_watched)
      SwapWatches(&keyspace.GetDatabase(first), &keyspace.GetDatabase(second));
    keyspace.SwapDatabases(first, second);
  }
  context.keyspace.AddChanges(1);
  reply.Ok();
}

}  // namespace commands
}  // namespace skarn

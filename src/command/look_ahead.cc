// SPDX-License-Identifier: BSD-3-Clause
//
// What a group of commands will touch is fetched into the cache while others are still on
// the way: shards, buckets and entries, then the fields of big hashes. Each pass finds in
// the cache what the one before has asked for. Nothing here decides anything.
#include "arch/prefetch.h"
#include "base/key_hash.h"
#include "command/executor.h"
#include "types/hash_table.h"

namespace skarn {
namespace {

// Members of one command that are worth fetching ahead, and of one group.
constexpr size_t kMembersPerCommand = 8;
constexpr size_t kMembersMax = 32;

// Without the lock: spares taking it for what is no table. A sanitized build, where each
// block is malloc's, looks under the lock only.
#ifdef SKARN_SANITIZED
bool MayBeTable(const Shard&, uint64_t) {
  return true;
}
#else
bool MayBeTable(const Shard& shard, uint64_t hash) {
  const uint64_t mark = shard.lock.WriterMark();
  const void* guess = shard.table.GuessBlock(hash);
  return guess != nullptr && shard.lock.IsUnwritten(mark) &&
         static_cast<const Entry*>(guess)->encoding() == Encoding::kTable;
}
#endif

}  // namespace

// The database is that of the group's first client; others merely miss their hint.
void Executor::LookAhead(size_t first_key, size_t last_key, unsigned db) {
  Database& database = server_.keyspace.GetDatabase(db);
  for (size_t i = first_key; i < last_key; ++i) {
    PrefetchWrite(&database.shards[keys_[i].ShardIndex()]);
  }
  for (size_t i = first_key; i < last_key; ++i) {
    database.shards[keys_[i].ShardIndex()].table.PrefetchBucket(keys_[i].hash);
  }
  guesses_.clear();
  for (size_t i = first_key; i < last_key; ++i) {
    const Key& key = keys_[i];
    const Shard& shard = database.shards[key.ShardIndex()];
    const uint64_t mark = shard.lock.WriterMark();
    const void* guess = shard.table.GuessBlock(key.hash);
    if (guess == nullptr) continue;
    PrefetchWrite(guess);
    PrefetchRead(static_cast<const char*>(guess) + 64);
    if (shard.lock.IsUnwritten(mark)) {
      guesses_.push_back(static_cast<const Entry*>(guess));
    }
  }
  for (const Entry* entry : guesses_) entry->PrefetchRest();
}

// Several shards are held together here, but only by trying and in shared mode: whoever
// waits for one waits for these few prefetches.
bool Executor::LockForLookAhead(Shard& shard) {
  if (!server_.keyspace.is_concurrent() || is_gate_held_) return true;
  if (!held_.empty() && held_.back() == &shard) return true;
  if (!shard.lock.TryLockShared()) return false;
  held_.push_back(&shard);
  return true;
}

// The pointer from an entry to its table may be followed only under the shard's lock:
// what a stale guess leads to is no entry any more.
void Executor::LookAheadInTables(size_t first, size_t last) {
  members_.clear();
  for (size_t i = first; i < last && members_.size() < kMembersMax; ++i) {
    const Pending& pending = pending_[i];
    if (pending.command == nullptr || pending.command->first_member == 0 ||
        pending.key_count != 1) {
      continue;
    }
    const Key& key = keys_[pending.first_key];
    Shard& shard =
        server_.keyspace.GetDatabase(pending.client->db).shards[key.ShardIndex()];
    if (!MayBeTable(shard, key.hash) || !LockForLookAhead(shard)) continue;
    const Place place = shard.Find(key);
    if (!place || EntryAt(place)->encoding() != Encoding::kTable) continue;
    const HashTable* const table = EntryAt(place)->table();
    const size_t step = static_cast<size_t>(pending.command->member_step);
    size_t word = static_cast<size_t>(pending.command->first_member);
    for (size_t n = 0; n < kMembersPerCommand && word < pending.word_count; ++n) {
      const uint64_t hash = HashField(words_[pending.first_word + word]);
      table->PrefetchPlace(hash);
      members_.push_back({table, hash});
      if (step == 0) break;
      word += step;
    }
  }
  for (const Member& member : members_) member.table->PrefetchField(member.hash);
  for (Shard* shard : held_) {
    if (shard->lock.UnlockShared()) OnShardFree(*shard);
  }
  held_.clear();
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// A shard is one slice of one database: its lock, its table of entries, and what else
// belongs to these keys (watches, the number of expiries). Two cache lines: the first is
// all that a command on one key needs before it goes to the bucket.
//
// Threads: any, holding `lock`; the prefetch calls of the table need none. Owner:
// Database.
#pragma once

#include <limits>
#include <memory>

#include "keyspace/entry.h"
#include "keyspace/key.h"
#include "keyspace/shard_lock.h"
#include "keyspace/watch.h"
#include "types/leaf_table.h"

namespace skarn {

using ShardTable = LeafTable<kShardBits, &Entry::HashOf>;

struct alignas(128) Shard {
  ShardLock lock;
  ShardTable table;
  uint64_t expiry_count = 0;  // Entries with an expiry.
  // No entry expires before this; too early is allowed. Lowered by writers, raised by a
  // full walk.
  ExpiryMillis next_expiry = std::numeric_limits<ExpiryMillis>::max();

  std::unique_ptr<WatchList> watches;
  uint64_t field_expiry_count = 0;  // Hashes with fields that expire.
  ExpiryMillis next_field_expiry = std::numeric_limits<ExpiryMillis>::max();

  Place Find(const Key& key) const {
    return table.Find(key.hash, [&](const void* block) {
      return static_cast<const Entry*>(block)->KeyIs(key.bytes);
    });
  }
};
static_assert(sizeof(Shard) == 128);

inline Entry* EntryAt(const Place& place) {
  return static_cast<Entry*>(place.Block());
}

}  // namespace skarn

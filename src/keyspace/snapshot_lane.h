// SPDX-License-Identifier: BSD-3-Clause
//
// SnapshotLane: where writers leave what a running snapshot still needs. Between the cut
// and the end of the save every slot is "saved" or not (Bucket::lane_saved); whoever is
// about to change or drop an entry that is not, first
//   - hands the old block over, when the block would be freed anyway: no copy;
//   - hands a copy over, when a small block changes in place;
//   - captures a table (the list of its segments), whose writers then clone a segment
//   before they
//     change it.
//
// Threads: writers under the shard's lock; the savers take from the other end. Owner: the
// saver.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "keyspace/entry.h"
#include "types/hash_table.h"

namespace skarn {

struct Database;

class SnapshotLane {
 public:
  struct Orphan {
    unsigned db = 0;
    Entry* entry = nullptr;  // Owned, value included.
  };

  struct CapturedTable {
    unsigned db = 0;
    std::string key;
    ExpiryMillis expiry = kNoExpiry;
    std::unique_ptr<TableCapture> capture;
  };

  explicit SnapshotLane(uint16_t epoch);
  ~SnapshotLane();

  uint16_t epoch() const { return epoch_; }

  // The entry as it was at the cut, now the lane's.
  void HandOver(unsigned db, Entry* entry);
  // The table of an entry as it is now; its writers leave the captured segments alone
  // from here on.
  void Capture(unsigned db, const Entry& entry);
  // A value that the snapshot may be reading: freed when the lane ends.
  void KeepUntilEnd(HashTable* table);
  void KeepUntilEnd(std::unique_ptr<Database> database);

  // Takes all orphans so far; the saver writes and frees them.
  std::vector<Orphan> TakeOrphans();
  bool HasOrphans() const { return orphan_count_.load(std::memory_order_relaxed) > 0; }
  // Takes all captures so far. The caller keeps them until the end of the lane, when it
  // calls HashTable::EndCapture of each with the gate closed: a writer may be adding to
  // them.
  std::vector<CapturedTable> TakeCaptures();
  // Memory kept alive for the snapshot alone.
  int64_t held_bytes() const { return held_bytes_.load(std::memory_order_relaxed); }
  void AddHeld(int64_t bytes) { held_bytes_.fetch_add(bytes, std::memory_order_relaxed); }

 private:
  const uint16_t epoch_;
  Mutex mutex_{LockRank::kSnapshot};
  std::vector<Orphan> orphans_ SKARN_GUARDED_BY(mutex_);
  std::vector<CapturedTable> captures_ SKARN_GUARDED_BY(mutex_);
  std::vector<HashTable*> kept_ SKARN_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Database>> kept_databases_ SKARN_GUARDED_BY(mutex_);
  std::atomic<size_t> orphan_count_{0};
  std::atomic<int64_t> held_bytes_{0};
};

}  // namespace skarn

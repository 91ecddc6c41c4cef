// SPDX-License-Identifier: BSD-3-Clause
//
// SnapshotLane: where writers leave what a running snapshot still needs. Between the cut
// and the end of the save every slot is "saved" or not (Bucket::lane_saved); whoever is
// about to change or drop an entry that is not, first
//   - hands the old block over, when the block would be freed anyway: no copy;
//   - hands a copy over, when a small block changes in place;
//   - captures a table (the list of its segments), whose writers then clone a segment
//     before they change it.
//
// All that is kept for the snapshot alone is counted: it is memory in use that eviction
// cannot bring back, and writers wait when it grows large. What is added is noted beside
// its owner and taken off as it was added, so the count is 0 when all is freed.
//
// Threads: writers under the shard's exclusive lock; the savers take from the other end;
// what says so, with the gate closed. Owner: the saver.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
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
    int64_t held_bytes = 0;  // What it counts for; a blob counts by itself.
  };

  struct CapturedTable {
    unsigned db = 0;
    std::string key;
    ExpiryMillis expiry = kNoExpiry;
    uint32_t access = 0;
    std::unique_ptr<TableCapture> capture;
  };

  // What nobody needs any more: freed with it, by any thread, before the lane goes.
  class Refuse {
   public:
    explicit Refuse(SnapshotLane& lane) : lane_(lane) {}
    ~Refuse();
    Refuse(const Refuse&) = delete;
    Refuse& operator=(const Refuse&) = delete;

   private:
    friend class SnapshotLane;
    SnapshotLane& lane_;
    std::vector<CapturedTable> captures_;
    std::vector<HashTable*> tables_;
    int64_t table_bytes_ = 0;
  };

  explicit SnapshotLane(uint16_t epoch);
  // Frees all that is left. With the gate closed, or after EndCaptures on any thread.
  ~SnapshotLane();
  SnapshotLane(const SnapshotLane&) = delete;
  SnapshotLane& operator=(const SnapshotLane&) = delete;

  uint16_t epoch() const { return epoch_; }

  // The entry as it was at the cut, now the lane's: out of the keyspace.
  void HandOver(unsigned db, Entry* entry);
  // A copy of the entry, which is not a table and stays in the keyspace.
  void HandOverCopy(unsigned db, const Entry& entry);
  // The table of an entry as it is now; its writers leave the captured segments alone
  // from here on. A saver may call it under the shared lock: it alone captures then.
  void Capture(unsigned db, const Entry& entry);
  // A captured table that has left the keyspace: freed when its capture has ended.
  void Keep(HashTable* table);

  // The savers walk it. At the cut with the gate closed; and when a captured table moves
  // to another database, under the lock of its shard.
  void Need(const Database* database);
  // Of a database that has left the keyspace, with the gate closed: true when the
  // snapshot may be reading it. Then Keep it to the end.
  bool Needs(const Database* database) const;
  void Keep(std::unique_ptr<Database> database);

  // Takes all orphans so far; the saver writes them, then frees each.
  std::vector<Orphan> TakeOrphans();
  void Free(const Orphan& orphan);
  // True when there may be something to take.
  bool HasLeft() const { return left_count_.load(std::memory_order_relaxed) > 0; }
  // Takes all captures so far. The saver gives them back when they are written.
  std::vector<CapturedTable> TakeCaptures();
  void GiveBack(CapturedTable captured);
  size_t written_count() const { return written_count_.load(std::memory_order_relaxed); }
  // With the gate closed: ends the captures that are written.
  void EndWritten(Refuse* refuse);
  // With the gate closed, at the end of the lane: ends all captures.
  void EndCaptures();

  // Memory kept alive for the snapshot alone, without blobs (Blob::HeldBytes). From any
  // thread.
  int64_t held_bytes() const { return held_bytes_.load(std::memory_order_relaxed); }
  // The part of it that goes as the savers get on. The rest are databases.
  int64_t passing_bytes() const {
    return held_bytes() - database_bytes_.load(std::memory_order_relaxed);
  }

  // A copy of an entry that is not a table, for the snapshot; its blob is shared.
  static Entry* Copy(const Entry& entry);
  // Frees such a copy, or an orphan.
  static void FreeCopy(Entry* entry);

 private:
  struct KeptTable {
    HashTable* table;
    int64_t held_bytes;
  };
  struct KeptDatabase;

  void AddHeld(int64_t bytes) { held_bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  void AddOrphan(Orphan orphan);

  const uint16_t epoch_;
  mutable Mutex mutex_{LockRank::kSnapshot};
  std::vector<Orphan> orphans_ SKARN_GUARDED_BY(mutex_);
  std::vector<CapturedTable> captures_ SKARN_GUARDED_BY(mutex_);
  std::vector<CapturedTable> written_ SKARN_GUARDED_BY(mutex_);
  std::vector<CapturedTable> ended_ SKARN_GUARDED_BY(mutex_);
  std::vector<KeptTable> kept_ SKARN_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<KeptDatabase>> kept_databases_ SKARN_GUARDED_BY(mutex_);
  std::unordered_set<const Database*> needed_ SKARN_GUARDED_BY(mutex_);
  // Relaxed, both: hints; what they are about is under the mutex.
  std::atomic<size_t> left_count_{0};
  std::atomic<size_t> written_count_{0};
  // Relaxed: a sum. Writers add under the shard's lock (entries, clones, tables) or with
  // the gate closed (databases); whoever frees takes off, under no lock.
  std::atomic<int64_t> held_bytes_{0};
  // Databases among them. Changed with the gate closed and by the destructor.
  std::atomic<int64_t> database_bytes_{0};
};

}  // namespace skarn

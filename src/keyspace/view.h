// SPDX-License-Identifier: BSD-3-Clause
//
// KeyspaceView: what handlers do with keys. It is the one way to read and change entries,
// and keeps together what every change owes: expiry, the access clock, the pre-image for
// a running snapshot, counts, watches and events.
//
// Threads: one per worker, used by that worker only, under the locks of the shards of the
// keys it is given (shared for the const-entry calls, exclusive for the rest). Owner: the
// worker's executor.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "keyspace/events.h"
#include "keyspace/keyspace.h"

namespace skarn {

// A key's entry for changing. `entry` is null when the key is absent; calls of the view
// that move the entry update the handle.
struct Found {
  Shard* shard = nullptr;
  Place place;
  Entry* entry = nullptr;

  explicit operator bool() const { return entry != nullptr; }
};

struct KeyspaceStats {
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t expired_keys = 0;
  uint64_t expired_fields = 0;
  uint64_t evicted_keys = 0;
  uint64_t changes = 0;  // "dirty": counted by Changed and AddChanges.
};

class KeyspaceView {
 public:
  KeyspaceView(Keyspace& keyspace, KeyEventListener& listener)
      : keyspace_(keyspace), listener_(listener) {}

  // ---- set by the executor before a command
  // -------------------------------------------------
  void SelectDatabase(unsigned db) { db_ = db; }
  void SetNow(ExpiryMillis now);
  // With the locks of a command, before it: others may have held them at a later time.
  void CatchUp() {
    if (keyspace_.clock() > now_) [[unlikely]]
      SetNow(keyspace_.clock());
  }
  void SetNoTouch(bool no_touch) { no_touch_ = no_touch; }
  void SetEventMask(uint32_t mask) { event_mask_ = mask; }
  // Values of the next commands that stand in blobs already: the entries that get them
  // share these instead of copying. They are the caller's, who changes them no more and
  // takes the offer back (with an empty one) before they go.
  void OfferBlobs(std::span<Blob* const> blobs) {
    offered_ = blobs;
    next_offered_ = 0;
  }

  unsigned db() const { return db_; }
  ExpiryMillis now() const { return now_; }
  Keyspace& keyspace() { return keyspace_; }
  KeyspaceStats& stats() { return stats_; }

  // ---- reading (shared lock is enough)
  // ------------------------------------------------------ The live entry of `key`, or
  // null. Counts a hit or miss and refreshes the access clock. Valid until the locks of
  // the command go.
  const Entry* Find(const Key& key);
  // The same without refreshing the access clock (TTL, OBJECT, TYPE, EXISTS). A miss is
  // an event unless `is_quiet`.
  const Entry* Inspect(const Key& key, bool is_quiet = false);
  // The same without counting either.
  const Entry* Peek(const Key& key);

  // ---- changing (exclusive lock)
  // ------------------------------------------------------------ The entry for changing.
  // An expired one is erased first, with its event. Refreshes the access clock; counts no
  // hits.
  Found FindForWrite(const Key& key);
  // The entry as it is, expired or not; nothing else happens.
  Found FindRaw(const Key& key);
  // The same, counting hit or miss (commands that read and write: GETDEL, GETEX,
  // INCR...).
  Found FindForUpdate(const Key& key);

  // Stores `value` as a string under `key`, replacing whatever `found` (of FindForWrite)
  // was. `value` must not point into the entry it replaces unless the entry stays (same
  // view call).
  void PutString(const Key& key, Found& found, Bytes value, ExpiryMillis expiry);
  // Stores bytes of another type or encoding (a hash's listpack).
  void PutBytes(const Key& key, Found& found, Bytes value, ExpiryMillis expiry,
                ValueType type, Encoding encoding = Encoding::kBytes);
  // Stores a table; the entry owns it from now on.
  void PutTable(const Key& key, Found& found, HashTable* table, ExpiryMillis expiry);

  // Makes the bytes of the value changeable in place with a new size: what was there
  // stays up to the smaller size, what is new is zero. Returns where they are, until the
  // next view call. Encoding becomes `encoding`. Null when the machine has no memory for
  // it.
  char* EditBytes(const Key& key, Found& found, size_t new_size, Encoding encoding);
  // Before the first change of a table in this command: leaves a running snapshot its
  // state. Returns the lane that clones must go to, or null.
  SnapshotLane* PrepareTableChange(Found& found);
  // After changes of a hash's table that may touch the expiries of fields: keeps the
  // shard's counts of them right. `had_expiry`: some field had one before.
  void NoteFieldExpiry(Found& found, bool had_expiry);

  // kNoExpiry removes it. True when something changed.
  bool SetExpiry(const Key& key, Found& found, ExpiryMillis expiry);
  // Erases the entry; its value is freed, in the background when it is large.
  void Erase(const Key& key, Found& found, bool lazily = true);
  // Takes the value out: the entry block is the caller's (RENAME moves values), no event.
  Entry* Extract(const Key& key, Found& found);
  // Stores the value, expiry and access clock of an extracted entry under `key`, which is
  // absent. The extracted block is gone afterwards.
  void Adopt(const Key& key, Found& found, Entry* extracted);

  // Says that `key` changed: marks watches, counts a change, raises the event (empty:
  // none).
  void Changed(const Key& key, EventKind kind, Bytes event, uint64_t changes = 1);
  // Raises an event only.
  void Notify(EventKind kind, Bytes event, const Key& key);
  void AddChanges(uint64_t changes) { stats_.changes += changes; }

  // ---- expired entries that readers met
  // ------------------------------------------------------ After the command: erases
  // those whose shard is free at the moment. `is_held`: all of them are, exclusively or
  // with the gate closed.
  bool HasExpired() const { return !expired_.empty(); }
  void EraseExpired(bool is_held = false);

  // Erases a due entry under its shard's exclusive lock (active expiry, eviction use it
  // too).
  void Expire(const Key& key, Found& found);
  void Evict(const Key& key, Found& found);

  // Access words for new entries, and the refreshed word for old ones.
  uint32_t InitialAccess() const;
  uint32_t RefreshedAccess(uint32_t access) const;
  // Under an LRU policy: how long nobody has used the entry, up to 2^24 seconds; and the
  // access word of an entry that is idle that long.
  uint32_t IdleSeconds(const Entry& entry) const;
  uint32_t AccessOfIdle(uint64_t idle_seconds) const;
  // Under an LFU policy: the logarithmic use count, and the access word of one.
  uint32_t UseCount(const Entry& entry) const;
  uint32_t AccessOfUseCount(uint8_t use_count) const;

 private:
  struct ExpiredKey {
    unsigned db;
    std::string key;
    bool is_miss = false;  // To be told as one, too.
  };

  const Entry* PeekHere(const Key& key);
  const Entry* InspectHere(const Key& key, bool is_quiet);
  void NoteExpired(const Key& key);
  void TellMiss(const Key& key);
  // A reference to the offered blob that `value` is, or else to a copy.
  Blob* BlobOf(Bytes value);
  // Replaces the block of the slot by `entry`; the old block is handed over or freed (its
  // value too, unless the new block carries the same root).
  void Replace(Found& found, Entry* entry, bool root_moves);
  void InsertNew(const Key& key, Found& found, Entry* entry);
  void Release(Found& found, bool lazily);
  void Dispose(Entry* entry, bool lazily);
  void HandOver(Entry* entry);
  // Leaves a running snapshot a copy of the entry, when it still needs one.
  void KeepPreImage(Found& found);
  bool NeedsPreImage(const Found& found) const;
  void NoteExpiry(Shard& shard, ExpiryMillis expiry);
  uint32_t DecayedUseCount(uint32_t access) const;
  // An entry comes into the shard or leaves it.
  void CountExpiries(Shard& shard, const Entry& entry);
  void UncountExpiries(Shard& shard, const Entry& entry);

  Keyspace& keyspace_;
  KeyEventListener& listener_;
  unsigned db_ = 0;
  bool no_touch_ = false;
  uint32_t event_mask_ = 0;
  uint32_t lru_seconds_ = 0;  // 24 bits.
  uint32_t lfu_minutes_ = 0;  // 16 bits.
  ExpiryMillis now_ = 0;
  KeyspaceStats stats_;
  std::vector<ExpiredKey> expired_;
  std::span<Blob* const> offered_;
  size_t next_offered_ = 0;  // Where the search begins: commands take them in order.
};

}  // namespace skarn

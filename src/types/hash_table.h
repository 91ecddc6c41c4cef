// SPDX-License-Identifier: BSD-3-Clause
//
// HashTable: a hash too big for a listpack, or one whose fields expire. A LeafTable of
// blocks, each holding field, value and perhaps an expiry.
//
// A snapshot captures it as the list of its segments. While it is captured, a writer
// clones a segment before its first change, and replaced fields are kept with the
// capture: what the snapshot reads never changes, and it reads without a lock.
//
// Each segment knows when the first of its fields may be due (Segment::next_due), so that
// erasing the due ones looks only where there are some.
//
// Threads: under the shard's lock; a capture's `segments` may be read by the saver
// without it. Owner: an entry.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/key_hash.h"
#include "types/leaf_table.h"

namespace skarn {

// One field and its value in a block of its own:
//   u8 flags | u8 or u32 field size | u8 or u32 value size | i64 expiry, if any | field |
//   value
class Field {
 public:
  static constexpr int64_t kNoExpiry = -1;

  static Field* Create(Bytes name, Bytes value, int64_t expiry);
  static void Free(Field* field) { memory::Free(field, field->SizeBytes()); }
  static uint64_t HashOf(const void* field);

  Bytes name() const;
  Bytes value() const;
  bool HasExpiry() const { return (flags_ & kHasExpiry) != 0; }
  int64_t expiry() const;
  bool IsExpired(int64_t now) const { return HasExpiry() && expiry() < now; }
  size_t SizeBytes() const;
  // Overwrites in place when the value has the same size and there is an expiry before
  // and after, or neither. `value` may be the field's own.
  bool TryOverwrite(Bytes value, int64_t expiry);

 private:
  static constexpr uint8_t kHasExpiry = 1, kWideName = 2, kWideValue = 4;
  struct Parts {
    size_t expiry, name, name_size, value, value_size;
  };
  Parts Locate() const;

  uint8_t flags_;
};

class HashTable;

// Where all fields of a table are. Made under the shard's lock, valid until a change.
struct TableImage {
  explicit TableImage(const HashTable& table);

  size_t field_count;
  size_t expiry_count;
  std::vector<const Segment*> segments;
};

// What a snapshot holds of a table. Made under the shard's lock. Writers add what they
// drop under that lock, and to `held_bytes`, when given, what it takes; the destructor
// frees it and takes that off again, when the capture has ended.
struct TableCapture : TableImage {
  explicit TableCapture(HashTable& captured, std::atomic<int64_t>* held_bytes = nullptr);
  ~TableCapture();
  TableCapture(const TableCapture&) = delete;
  TableCapture& operator=(const TableCapture&) = delete;

  void Keep(Segment* segment);
  void Keep(Field* field);

  HashTable* table;
  uint64_t stamp;  // Marks the segments that are cloned already.
  std::vector<Segment*> dropped_segments;
  std::vector<Field*> dropped_fields;

 private:
  void AddHeld(size_t size_bytes);

  std::atomic<int64_t>* const held_bytes_;
  int64_t dropped_bytes_ = 0;
};

class HashTable {
 public:
  HashTable() = default;
  ~HashTable();
  HashTable(const HashTable&) = delete;
  HashTable& operator=(const HashTable&) = delete;

  size_t size() const { return fields_.size(); }
  // Fields that have an expiry, and a time before which none expires.
  size_t expiry_count() const { return expiry_count_; }
  int64_t next_expiry() const { return next_expiry_; }
  // All memory of the table, fields included.
  size_t SizeBytes() const {
    return sizeof(HashTable) + fields_.SizeBytes() + field_bytes_;
  }

  // Valid until the next change. Expired fields are found too: the caller looks at
  // IsExpired. `hash` is HashField(name) here and below.
  const Field* Find(Bytes name) const { return Find(name, HashField(name)); }
  const Field* Find(Bytes name, uint64_t hash) const;

  // Fetches where the field of `hash` is, then what GuessBlock finds there.
  void PrefetchPlace(uint64_t hash) const { fields_.PrefetchBucket(hash); }
  void PrefetchField(uint64_t hash) const {
    const void* field = fields_.GuessBlock(hash);
    if (field != nullptr) PrefetchWrite(field);
  }

  struct SetResult {
    bool is_new = false;
    int64_t old_expiry = Field::kNoExpiry;  // Of a field that was there.
  };
  // Sets a field. `value` may lie in the field it replaces.
  SetResult Set(Bytes name, uint64_t hash, Bytes value, int64_t expiry);
  bool Set(Bytes name, Bytes value, int64_t expiry = Field::kNoExpiry) {
    return Set(name, HashField(name), value, expiry).is_new;
  }
  // False when there is no such field.
  bool SetExpiry(Bytes name, uint64_t hash, int64_t expiry);
  bool Erase(Bytes name, uint64_t hash);
  bool Erase(Bytes name) { return Erase(name, HashField(name)); }
  // Makes room in a table still empty.
  void Reserve(size_t count) { fields_.Reserve(count); }

  // visit(const Field&), in hash order.
  template <class Visit>
  void ForEach(Visit&& visit) const {
    fields_.ForEach([&](const Place& place) { visit(*At(place)); });
  }
  // Fields from cursor position on, one home bucket at a time; returns the next position,
  // 0 at the end. See LeafTable::VisitHome.
  template <class Visit>
  uint64_t Scan(uint64_t position, Visit&& visit) const {
    return fields_.VisitHome(position, [&](const Place& place) { visit(*At(place)); });
  }
  // An even choice; the table is not empty.
  template <class Random>
  const Field& PickRandom(Random&& random) const {
    return *At(fields_.PickRandom(random));
  }
  // Erases fields that have expired at `now`, at most `limit`, calling erased(const
  // Field&) before each. Brings next_expiry() up to date: it stays in the past when there
  // are more. Returns how many. It looks from cursor position `*position` on and sets it
  // to where it stopped, 0 at the end, so that many steps through a table are one walk.
  template <class Erased>
  size_t EraseExpired(int64_t now, size_t limit, uint64_t* position, Erased&& erased);

  // Moves fields and segments that lie in sparse slabs, from cursor position on, for a
  // bounded time. Returns the next position, 0 at the end. Nothing moves while the table
  // is captured.
  uint64_t Compact(uint64_t position, uint64_t* moved_count);

  // Blocks of the allocator that counts, as all of the keyspace.
  static void* operator new(size_t size) { return memory::Allocate(size); }
  static void operator delete(void* table, size_t size) { memory::Free(table, size); }

  TableCapture* capture() const { return capture_; }
  void EndCapture() { capture_ = nullptr; }
  static const Field* At(const Place& place) {
    return static_cast<const Field*>(place.Block());
  }

 private:
  friend struct TableCapture;
  friend struct TableImage;
  using Fields = LeafTable<0, &Field::HashOf>;

  static Field* MutableAt(const Place& place) {
    return static_cast<Field*>(place.Block());
  }
  Place FindPlace(Bytes name, uint64_t hash) const;
  // Before a change of the segment of `hash`: clones it when a snapshot still reads it.
  // True if it did: places are gone.
  bool PrepareChange(uint64_t hash);
  // Puts `field` where another one of the same name was, which goes.
  void Replace(const Place& place, Field* field);
  void Drop(Field* field);
  void Count(const Field& field);
  void Uncount(const Field& field);
  void NoteExpiry(const Place& place, int64_t expiry);
  std::vector<const Field*> FindExpired(int64_t now, size_t limit, uint64_t* position);

  Fields fields_;
  size_t field_bytes_ = 0;
  size_t expiry_count_ = 0;
  int64_t next_expiry_ = kNeverDue;
  uint64_t capture_count_ = 0;
  TableCapture* capture_ = nullptr;
};

template <class Erased>
size_t HashTable::EraseExpired(int64_t now, size_t limit, uint64_t* position,
                               Erased&& erased) {
  if (expiry_count_ == 0 || next_expiry_ >= now) return 0;
  const std::vector<const Field*> expired = FindExpired(now, limit, position);
  for (const Field* field : expired) {
    erased(*field);
    const std::string name(field->name());
    Erase(name);
  }
  return expired.size();
}

}  // namespace skarn

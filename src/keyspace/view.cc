// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/view.h"

#include <algorithm>

#include "base/check.h"
#include "base/random.h"
#include "types/hash_table.h"

namespace skarn {
namespace {

constexpr uint32_t kLruMask = 0xffffff;
constexpr size_t kExpiredKept = 1024;
constexpr uint32_t kLfuInitial = 5;

bool HasFieldExpiry(const Entry& entry) {
  return entry.encoding() == Encoding::kTable && entry.type() == ValueType::kHash &&
         entry.table()->expiry_count() > 0;
}

}  // namespace

// ---- access clock
// ------------------------------------------------------------------------------

void KeyspaceView::SetNow(ExpiryMillis now) {
  now_ = now;
  // LRU: seconds. LFU: minutes in the upper 16 bits, the logarithmic counter in the
  // lower 8. Both, since CONFIG SET may change the policy before the next call.
  lru_seconds_ = static_cast<uint32_t>(now / 1000) & kLruMask;
  lfu_minutes_ = static_cast<uint32_t>(now / 60000) & 0xffff;
}

uint32_t KeyspaceView::InitialAccess() const {
  return IsLfu(keyspace_.policy) ? lfu_minutes_ << 8 | kLfuInitial : lru_seconds_;
}

uint32_t KeyspaceView::IdleSeconds(const Entry& entry) const {
  return (lru_seconds_ - entry.access()) & kLruMask;
}

uint32_t KeyspaceView::AccessOfIdle(uint64_t idle_seconds) const {
  return static_cast<uint32_t>(lru_seconds_ - idle_seconds) & kLruMask;
}

uint32_t KeyspaceView::AccessOfUseCount(uint8_t use_count) const {
  return lfu_minutes_ << 8 | use_count;
}

uint32_t KeyspaceView::DecayedUseCount(uint32_t access) const {
  const uint32_t counter = access & 0xff;
  const uint32_t minutes = (lfu_minutes_ - (access >> 8)) & 0xffff;
  if (keyspace_.lfu_decay_minutes == 0) return counter;
  return counter - std::min(counter, minutes / keyspace_.lfu_decay_minutes);
}

uint32_t KeyspaceView::UseCount(const Entry& entry) const {
  return DecayedUseCount(entry.access());
}

uint32_t KeyspaceView::RefreshedAccess(uint32_t access) const {
  if (!IsLfu(keyspace_.policy)) return lru_seconds_;
  uint32_t counter = DecayedUseCount(access);
  if (counter < 255) {
    const double base = counter > kLfuInitial ? counter - kLfuInitial : 0;
    const double chance = 1.0 / (base * keyspace_.lfu_log_factor + 1);
    if (static_cast<double>(ThreadRandom().Next() >> 11) * 0x1p-53 < chance) ++counter;
  }
  return lfu_minutes_ << 8 | counter;
}

// ---- reading
// -----------------------------------------------------------------------------------

void KeyspaceView::NoteExpired(const Key& key) {
  expired_.push_back({.db = db_, .key = std::string(key.bytes)});
}

// The miss of an expired key is told after its expiry.
void KeyspaceView::TellMiss(const Key& key) {
  if (!expired_.empty()) {
    ExpiredKey& last = expired_.back();
    if (!last.is_miss && last.db == db_ && last.key == key.bytes) {
      last.is_miss = true;
      return;
    }
  }
  Notify(EventKind::kKeyMiss, "keymiss", key);
}

// The three ways of reading come to one function each: calls between them are dear.
__attribute__((always_inline)) inline const Entry* KeyspaceView::PeekHere(
    const Key& key) {
  const Place place = keyspace_.ShardOf(db_, key).Find(key);
  if (!place) return nullptr;
  const Entry* entry = EntryAt(place);
  if (!entry->IsExpired(now_)) [[likely]]
    return entry;
  // A reader changes nothing: the key counts as absent, and is erased after the command.
  NoteExpired(key);
  return nullptr;
}

const Entry* KeyspaceView::Peek(const Key& key) {
  return PeekHere(key);
}

__attribute__((always_inline)) inline const Entry* KeyspaceView::InspectHere(
    const Key& key, bool is_quiet) {
  const Entry* entry = PeekHere(key);
  ++(entry != nullptr ? stats_.hits : stats_.misses);
  if (entry == nullptr && !is_quiet && (event_mask_ & Bit(EventKind::kKeyMiss)) != 0)
      [[unlikely]] {
    TellMiss(key);
  }
  return entry;
}

const Entry* KeyspaceView::Inspect(const Key& key, bool is_quiet) {
  return InspectHere(key, is_quiet);
}

const Entry* KeyspaceView::Find(const Key& key) {
  const Entry* entry = InspectHere(key, false);
  if (entry != nullptr && !no_touch_) {
    const_cast<Entry*>(entry)->set_access(RefreshedAccess(entry->access()));
  }
  return entry;
}

// ---- changing
// ----------------------------------------------------------------------------------

Found KeyspaceView::FindRaw(const Key& key) {
  Shard& shard = keyspace_.ShardOf(db_, key);
  const Place place = shard.Find(key);
  return {&shard, place, place ? EntryAt(place) : nullptr};
}

Found KeyspaceView::FindForWrite(const Key& key) {
  Found found = FindRaw(key);
  if (!found) return found;
  if (found.entry->IsExpired(now_)) [[unlikely]] {
    Expire(key, found);
    return found;
  }
  if (!no_touch_) found.entry->set_access(RefreshedAccess(found.entry->access()));
  return found;
}

Found KeyspaceView::FindForUpdate(const Key& key) {
  Found found = FindForWrite(key);
  ++(found ? stats_.hits : stats_.misses);
  if (!found && (event_mask_ & Bit(EventKind::kKeyMiss)) != 0) [[unlikely]] {
    Notify(EventKind::kKeyMiss, "keymiss", key);
  }
  return found;
}

bool KeyspaceView::NeedsPreImage(const Found& found) const {
  const SnapshotLane* lane = keyspace_.lane();
  return lane != nullptr && !found.place.bucket->IsSaved(found.place.slot, lane->epoch());
}

void KeyspaceView::KeepPreImage(Found& found) {
  if (!NeedsPreImage(found)) [[likely]]
    return;
  SnapshotLane* lane = keyspace_.lane();
  if (found.entry->encoding() == Encoding::kTable) {
    lane->Capture(keyspace_.NumberAtCut(db_), *found.entry);
  } else {
    lane->HandOverCopy(keyspace_.NumberAtCut(db_), *found.entry);
  }
  found.place.bucket->MarkSaved(found.place.slot, lane->epoch());
}

void KeyspaceView::NoteExpiry(Shard& shard, ExpiryMillis expiry) {
  if (expiry != kNoExpiry) shard.next_expiry = std::min(shard.next_expiry, expiry);
}

void KeyspaceView::CountExpiries(Shard& shard, const Entry& entry) {
  shard.expiry_count += entry.HasExpiry();
  NoteExpiry(shard, entry.expiry());
  if (!HasFieldExpiry(entry)) [[likely]]
    return;
  ++shard.field_expiry_count;
  shard.next_field_expiry =
      std::min(shard.next_field_expiry, entry.table()->next_expiry());
}

void KeyspaceView::UncountExpiries(Shard& shard, const Entry& entry) {
  shard.expiry_count -= entry.HasExpiry();
  shard.field_expiry_count -= HasFieldExpiry(entry);
}

void KeyspaceView::NoteFieldExpiry(Found& found, bool had_expiry) {
  Shard& shard = *found.shard;
  const HashTable& table = *found.entry->table();
  const bool has_expiry = table.expiry_count() > 0;
  shard.field_expiry_count += has_expiry;
  shard.field_expiry_count -= had_expiry;
  if (has_expiry) {
    shard.next_field_expiry = std::min(shard.next_field_expiry, table.next_expiry());
  }
}

void KeyspaceView::Replace(Found& found, Entry* entry, bool root_moves) {
  Bucket& bucket = *found.place.bucket;
  const unsigned slot = found.place.slot;
  Entry* const old = found.entry;
  Shard& shard = *found.shard;
  UncountExpiries(shard, *old);
  CountExpiries(shard, *entry);
  const bool hand_over = NeedsPreImage(found);
  bucket.SetBlock(slot, entry);
  const uint8_t bit = static_cast<uint8_t>(1u << slot);
  bucket.has_expiry =
      static_cast<uint8_t>((bucket.has_expiry & ~bit) | (entry->HasExpiry() ? bit : 0));
  found.entry = entry;
  if (hand_over) [[unlikely]] {
    // With a moving root the caller has left a pre-image already.
    SKARN_DCHECK(!root_moves);
    HandOver(old);
    bucket.MarkSaved(slot, keyspace_.lane()->epoch());
  } else if (root_moves) {
    Entry::FreeBlock(old);
  } else {
    Dispose(old, /*lazily=*/true);
  }
}

// A snapshot may be reading the segments of a table that it has captured. Captures begin
// under the lock of the table's shard, which we hold alone, and end with the gate closed:
// the answer stays true. What is not captured here, and needs no pre-image, never will
// be.
void KeyspaceView::Dispose(Entry* entry, bool lazily) {
  if (entry->encoding() != Encoding::kTable || entry->table()->capture() == nullptr)
    return FreeEntry(entry, lazily);
  SKARN_DCHECK(keyspace_.lane() != nullptr);
  keyspace_.lane()->Keep(entry->table());
  Entry::FreeBlock(entry);
}

// The number under which the snapshot knows the database: SWAPDB may have come since the
// cut.
void KeyspaceView::HandOver(Entry* entry) {
  keyspace_.lane()->HandOver(keyspace_.NumberAtCut(db_), entry);
}

void KeyspaceView::InsertNew(const Key& key, Found& found, Entry* entry) {
  const SnapshotLane* lane = keyspace_.lane();
  found.place = found.shard->table.Insert(key.hash, entry, entry->HasExpiry(),
                                          lane == nullptr ? uint16_t{0} : lane->epoch());
  found.entry = entry;
  CountExpiries(*found.shard, *entry);
  if ((event_mask_ & Bit(EventKind::kNew)) != 0) [[unlikely]] {
    Notify(EventKind::kNew, "new", key);
  }
}

void KeyspaceView::PutString(const Key& key, Found& found, Bytes value,
                             ExpiryMillis expiry) {
  PutBytes(key, found, value, expiry, ValueType::kString);
}

Blob* KeyspaceView::BlobOf(Bytes value) {
  for (size_t i = 0; i < offered_.size(); ++i) {
    const size_t index = (next_offered_ + i) % offered_.size();
    Blob* const blob = offered_[index];
    if (blob->data() != value.data() || blob->size() != value.size()) continue;
    next_offered_ = index + 1;
    blob->Reference();
    return blob;
  }
  Blob* blob = Blob::Create(value.size(), value.size());
  std::memcpy(blob->data(), value.data(), value.size());
  return blob;
}

void KeyspaceView::PutBytes(const Key& key, Found& found, Bytes value,
                            ExpiryMillis expiry, ValueType type, Encoding encoding) {
  // The common overwrite: same block, same form. Nobody else sees the bytes under our
  // lock.
  if (found && found.entry->type() == type && found.entry->expiry() == expiry &&
      found.entry->CanResize(value.size()) && !NeedsPreImage(found)) {
    found.entry->Resize(value.size());
    found.entry->set_encoding(encoding);
    std::memmove(found.entry->EmbeddedValue(), value.data(), value.size());
    return;
  }
  Entry::Shape shape{.key = key.bytes,
                     .value_size = value.size(),
                     .expiry = expiry,
                     .type = type,
                     .encoding = encoding,
                     .access = found ? found.entry->access() : InitialAccess()};
  if (value.size() > kEmbeddedValueMax) shape.root = BlobOf(value);
  Entry* entry = Entry::Create(shape);
  if (shape.root == nullptr)
    std::memcpy(entry->EmbeddedValue(), value.data(), value.size());
  if (found) {
    Replace(found, entry, /*root_moves=*/false);
  } else {
    InsertNew(key, found, entry);
  }
}

void KeyspaceView::PutTable(const Key& key, Found& found, HashTable* table,
                            ExpiryMillis expiry) {
  Entry* entry =
      Entry::Create({.key = key.bytes,
                     .root = table,
                     .expiry = expiry,
                     .type = ValueType::kHash,
                     .encoding = Encoding::kTable,
                     .access = found ? found.entry->access() : InitialAccess()});
  if (found) {
    Replace(found, entry, /*root_moves=*/false);
  } else {
    InsertNew(key, found, entry);
  }
}

char* KeyspaceView::EditBytes(const Key& key, Found& found, size_t new_size,
                              Encoding encoding) {
  KeepPreImage(found);
  Entry* entry = found.entry;
  const size_t old_size = entry->value().size();
  char* data = nullptr;
  if (entry->CanResize(new_size)) {
    entry->Resize(new_size);
    data = entry->EmbeddedValue();
  } else if (!entry->IsEmbedded() && !entry->blob()->IsShared() &&
             new_size <= entry->blob()->capacity() && new_size > kEmbeddedValueMax) {
    entry->blob()->set_size(new_size);
    data = entry->blob()->data();
  } else {
    // A new home. A big value that grows once more gets room for a quarter.
    Entry::Shape shape = entry->shape();
    const Bytes old_value = entry->value();
    shape.root = nullptr;
    shape.value_size = new_size;
    Blob* blob = nullptr;
    if (new_size > kEmbeddedValueMax) {
      const bool grows_again = old_size != 0 && new_size > old_size;
      const size_t room = grows_again ? new_size / 4 : 0;
      blob = Blob::TryCreate(new_size, new_size + room);
      if (blob == nullptr) return nullptr;
      shape.root = blob;
    }
    Entry* moved = Entry::Create(shape);
    data = blob != nullptr ? blob->data() : moved->EmbeddedValue();
    std::memcpy(data, old_value.data(), std::min(old_size, new_size));
    Replace(found, moved, /*root_moves=*/false);
  }
  (void)key;
  found.entry->set_encoding(encoding);
  if (new_size > old_size) std::memset(data + old_size, 0, new_size - old_size);
  return data;
}

SnapshotLane* KeyspaceView::PrepareTableChange(Found& found) {
  KeepPreImage(found);
  return keyspace_.lane();
}

bool KeyspaceView::SetExpiry(const Key& key, Found& found, ExpiryMillis expiry) {
  if (found.entry->expiry() == expiry) return expiry != kNoExpiry;
  KeepPreImage(found);
  (void)key;
  // Without its expiry it may fit one block again; it does not move back.
  if (expiry == kNoExpiry && found.entry->IsRawInReference()) {
    found.entry->set_encoding(Encoding::kRawBytes);
  }
  if (found.entry->TrySetExpiry(expiry)) {
    NoteExpiry(*found.shard, expiry);
    return true;
  }
  Entry::Shape shape = found.entry->shape();
  shape.expiry = expiry;
  Entry* entry = Entry::Create(shape);
  if (shape.root == nullptr) {
    std::memcpy(entry->EmbeddedValue(), found.entry->EmbeddedValue(), shape.value_size);
  }
  Replace(found, entry, /*root_moves=*/true);
  return true;
}

void KeyspaceView::Release(Found& found, bool lazily) {
  if (NeedsPreImage(found)) {
    HandOver(found.entry);
  } else {
    Dispose(found.entry, lazily);
  }
}

void KeyspaceView::Erase(const Key& key, Found& found, bool lazily) {
  UncountExpiries(*found.shard, *found.entry);
  const Found gone = found;
  Found handle = gone;
  Release(handle, lazily);
  found.shard->table.Erase(gone.place, key.hash);
  found.entry = nullptr;
  found.place = {};
}

Entry* KeyspaceView::Extract(const Key& key, Found& found) {
  KeepPreImage(found);
  Entry* entry = found.entry;
  UncountExpiries(*found.shard, *entry);
  found.shard->table.Erase(found.place, key.hash);
  found.entry = nullptr;
  found.place = {};
  return entry;
}

void KeyspaceView::Adopt(const Key& key, Found& found, Entry* extracted) {
  SKARN_DCHECK(!found);
  Entry::Shape shape = extracted->shape();
  shape.key = key.bytes;
  if (extracted->IsRawInReference()) shape.encoding = Encoding::kRawBytes;
  if (IsLfu(keyspace_.policy)) shape.access = InitialAccess();
  Entry* entry = Entry::Create(shape);
  if (shape.root == nullptr) {
    std::memcpy(entry->EmbeddedValue(), extracted->EmbeddedValue(), shape.value_size);
  }
  Entry::FreeBlock(extracted);
  // The snapshot reads on in a captured table, wherever it moves.
  if (entry->encoding() == Encoding::kTable && entry->table()->capture() != nullptr)
    keyspace_.lane()->Need(keyspace_.FindDatabase(db_));
  InsertNew(key, found, entry);
}

void KeyspaceView::Changed(const Key& key, EventKind kind, Bytes event,
                           uint64_t changes) {
  stats_.changes += changes;
  Shard& shard = keyspace_.ShardOf(db_, key);
  if (shard.watches != nullptr) [[unlikely]]
    shard.watches->MarkKey(key.bytes);
  if (!event.empty()) Notify(kind, event, key);
}

void KeyspaceView::Notify(EventKind kind, Bytes event, const Key& key) {
  constexpr uint32_t kTargets = Bit(EventKind::kKeyspace) | Bit(EventKind::kKeyevent);
  if ((event_mask_ & Bit(kind)) == 0 || (event_mask_ & kTargets) == 0) [[likely]]
    return;
  listener_.OnKeyEvent(kind, event, db_, key.bytes);
}

// ---- expiry and eviction
// -----------------------------------------------------------------------

void KeyspaceView::Expire(const Key& key, Found& found) {
  Erase(key, found);
  ++stats_.expired_keys;
  Shard& shard = *found.shard;
  if (shard.watches != nullptr) [[unlikely]]
    shard.watches->MarkExpired(key.bytes);
  Notify(EventKind::kExpired, "expired", key);
}

void KeyspaceView::Evict(const Key& key, Found& found) {
  Erase(key, found);
  ++stats_.evicted_keys;
  Changed(key, EventKind::kEvicted, "evicted", 0);
}

void KeyspaceView::EraseExpired(bool is_held) {
  const unsigned db = db_;
  // They stay absent for readers; the savers come first.
  if (keyspace_.IsSnapshotBehind()) expired_.clear();
  for (const ExpiredKey& expired : expired_) {
    const Key key = MakeKey(expired.key);
    db_ = expired.db;
    Shard& shard = keyspace_.ShardOf(db_, key);
    const bool locks = !is_held && keyspace_.is_concurrent();
    // Busy: the next reader or the active expiry finds it.
    if (!locks || shard.lock.TryLock()) {
      Found found = FindRaw(key);
      if (found && found.entry->IsExpired(now_)) Expire(key, found);
      if (locks && shard.lock.Unlock()) listener_.OnShardFree(shard);
    }
    if (expired.is_miss) Notify(EventKind::kKeyMiss, "keymiss", key);
  }
  expired_.clear();
  if (expired_.capacity() > kExpiredKept) [[unlikely]]
    std::vector<ExpiredKey>().swap(expired_);
  db_ = db;
}

}  // namespace skarn

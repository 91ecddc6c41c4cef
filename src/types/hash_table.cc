// SPDX-License-Identifier: BSD-3-Clause
#include "types/hash_table.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/check.h"
#include "base/key_hash.h"

namespace skarn {

// ---- Field ----------------------------------------------------------------------------

Field* Field::Create(Bytes name, Bytes value, int64_t expiry) {
  uint8_t flags = 0;
  if (expiry != kNoExpiry) flags |= kHasExpiry;
  if (name.size() > 0xff) flags |= kWideName;
  if (value.size() > 0xff) flags |= kWideValue;
  const size_t name_width = (flags & kWideName) != 0 ? 4 : 1;
  const size_t value_width = (flags & kWideValue) != 0 ? 4 : 1;
  const size_t expiry_width = (flags & kHasExpiry) != 0 ? 8 : 0;
  const size_t head = 1 + name_width + value_width + expiry_width;
  char* block = static_cast<char*>(memory::Allocate(head + name.size() + value.size()));
  Field* field = new (block) Field;
  field->flags_ = flags;
  const uint32_t name_size = static_cast<uint32_t>(name.size());
  const uint32_t value_size = static_cast<uint32_t>(value.size());
  std::memcpy(block + 1, &name_size, name_width);
  std::memcpy(block + 1 + name_width, &value_size, value_width);
  if (expiry_width != 0) std::memcpy(block + 1 + name_width + value_width, &expiry, 8);
  std::memcpy(block + head, name.data(), name.size());
  std::memcpy(block + head + name.size(), value.data(), value.size());
  return field;
}

Field::Parts Field::Locate() const {
  const char* block = reinterpret_cast<const char*>(this);
  uint32_t name_size = 0, value_size = 0;
  size_t at = 1;
  const size_t name_width = (flags_ & kWideName) != 0 ? 4 : 1;
  std::memcpy(&name_size, block + at, name_width);
  at += name_width;
  const size_t value_width = (flags_ & kWideValue) != 0 ? 4 : 1;
  std::memcpy(&value_size, block + at, value_width);
  at += value_width;
  const size_t expiry = at;
  if ((flags_ & kHasExpiry) != 0) at += 8;
  return {expiry, at, name_size, at + name_size, value_size};
}

uint64_t Field::HashOf(const void* field) {
  return HashField(static_cast<const Field*>(field)->name());
}

Bytes Field::name() const {
  const Parts parts = Locate();
  return {reinterpret_cast<const char*>(this) + parts.name, parts.name_size};
}

Bytes Field::value() const {
  const Parts parts = Locate();
  return {reinterpret_cast<const char*>(this) + parts.value, parts.value_size};
}

int64_t Field::expiry() const {
  if (!HasExpiry()) return kNoExpiry;
  int64_t expiry;
  std::memcpy(&expiry, reinterpret_cast<const char*>(this) + Locate().expiry, 8);
  return expiry;
}

size_t Field::SizeBytes() const {
  const Parts parts = Locate();
  return parts.value + parts.value_size;
}

bool Field::TryOverwrite(Bytes value, int64_t expiry) {
  const Parts parts = Locate();
  if (value.size() != parts.value_size || (expiry != kNoExpiry) != HasExpiry())
    return false;
  char* block = reinterpret_cast<char*>(this);
  if (expiry != kNoExpiry) std::memcpy(block + parts.expiry, &expiry, 8);
  std::memmove(block + parts.value, value.data(), value.size());
  return true;
}

// ---- TableCapture ---------------------------------------------------------------------

TableImage::TableImage(const HashTable& table)
    : field_count(table.size()), expiry_count(table.expiry_count()) {
  table.fields_.ForEachSegment([this](Segment* segment) { segments.push_back(segment); });
}

TableCapture::TableCapture(HashTable& captured, std::atomic<int64_t>* held_bytes)
    : TableImage(captured),
      table(&captured),
      stamp(++captured.capture_count_),
      held_bytes_(held_bytes) {
  SKARN_CHECK(captured.capture_ == nullptr);
  captured.capture_ = this;
}

TableCapture::~TableCapture() {
  for (Segment* segment : dropped_segments) memory::Free(segment, segment->SizeBytes());
  for (Field* field : dropped_fields) Field::Free(field);
  if (held_bytes_ != nullptr) {
    held_bytes_->fetch_sub(dropped_bytes_, std::memory_order_relaxed);
  }
}

void TableCapture::Keep(Segment* segment) {
  AddHeld(memory::BlockSize(segment->SizeBytes()));
  dropped_segments.push_back(segment);
}

void TableCapture::Keep(Field* field) {
  AddHeld(memory::BlockSize(field->SizeBytes()));
  dropped_fields.push_back(field);
}

void TableCapture::AddHeld(size_t size_bytes) {
  dropped_bytes_ += static_cast<int64_t>(size_bytes);
  if (held_bytes_ == nullptr) return;
  held_bytes_->fetch_add(static_cast<int64_t>(size_bytes), std::memory_order_relaxed);
}

// ---- HashTable ------------------------------------------------------------------------

HashTable::~HashTable() {
  SKARN_DCHECK(capture_ == nullptr);
  ForEach([](const Field& field) { Field::Free(const_cast<Field*>(&field)); });
}

Place HashTable::FindPlace(Bytes name, uint64_t hash) const {
  return fields_.Find(hash, [&](const void* block) {
    return static_cast<const Field*>(block)->name() == name;
  });
}

const Field* HashTable::Find(Bytes name, uint64_t hash) const {
  const Place place = FindPlace(name, hash);
  return place ? At(place) : nullptr;
}

void HashTable::Count(const Field& field) {
  field_bytes_ += memory::BlockSize(field.SizeBytes());
  expiry_count_ += field.HasExpiry();
}

void HashTable::Uncount(const Field& field) {
  field_bytes_ -= memory::BlockSize(field.SizeBytes());
  expiry_count_ -= field.HasExpiry();
  if (expiry_count_ == 0) next_expiry_ = kNeverDue;
}

void HashTable::NoteExpiry(const Place& place, int64_t expiry) {
  if (expiry == Field::kNoExpiry) return;
  next_expiry_ = std::min(next_expiry_, expiry);
  place.segment->next_due = std::min(place.segment->next_due, expiry);
}

bool HashTable::PrepareChange(uint64_t hash) {
  if (capture_ == nullptr) [[likely]]
    return false;
  const Segment* segment = fields_.SegmentOf(hash);
  if (segment == nullptr || segment->stamp == capture_->stamp) return false;
  capture_->Keep(fields_.CloneSegment(hash, capture_->stamp));
  return true;
}

void HashTable::Drop(Field* field) {
  if (capture_ != nullptr) [[unlikely]] {
    capture_->Keep(field);
  } else {
    Field::Free(field);
  }
}

void HashTable::Replace(const Place& place, Field* field) {
  Field* old = MutableAt(place);
  Count(*field);
  Uncount(*old);
  place.bucket->SetBlock(place.slot, field);
  place.bucket->SetHasExpiry(place.slot, field->HasExpiry());
  NoteExpiry(place, field->expiry());
  Drop(old);
}

HashTable::SetResult HashTable::Set(Bytes name, uint64_t hash, Bytes value,
                                    int64_t expiry) {
  PrepareChange(hash);
  Place place = FindPlace(name, hash);
  if (!place) {
    Field* field = Field::Create(name, value, expiry);
    Count(*field);
    place = fields_.Insert(hash, field, field->HasExpiry(), 0);
    NoteExpiry(place, expiry);
    return {.is_new = true};
  }
  Field* old = MutableAt(place);
  const SetResult result{.is_new = false, .old_expiry = old->expiry()};
  // The snapshot reads the old block when there is one.
  if (capture_ == nullptr && old->TryOverwrite(value, expiry)) {
    NoteExpiry(place, expiry);
  } else {
    Replace(place, Field::Create(name, value, expiry));
  }
  return result;
}

bool HashTable::SetExpiry(Bytes name, uint64_t hash, int64_t expiry) {
  const Field* field = Find(name, hash);
  if (field == nullptr) return false;
  Set(name, hash, field->value(), expiry);
  return true;
}

bool HashTable::Erase(Bytes name, uint64_t hash) {
  Place place = FindPlace(name, hash);
  if (!place) return false;
  if (PrepareChange(hash)) place = FindPlace(name, hash);
  Field* field = MutableAt(place);
  Uncount(*field);
  fields_.Erase(place, hash);
  Drop(field);
  return true;
}

std::vector<const Field*> HashTable::FindExpired(int64_t now, size_t limit,
                                                 uint64_t* position) {
  std::vector<const Field*> expired;
  uint64_t next;
  do {
    Segment* segment = fields_.SegmentAt(*position, &next);
    if (segment->next_due < now) {
      if (expired.size() >= limit) return expired;
      segment->next_due = kNeverDue;
      segment->ForEachSlot([&](const Bucket& bucket, unsigned slot) {
        if (!bucket.HasExpiry(slot)) return;
        const auto* field = static_cast<const Field*>(bucket.Block(slot));
        if (field->IsExpired(now) && expired.size() < limit) {
          expired.push_back(field);
        } else {
          segment->next_due = std::min(segment->next_due, field->expiry());
        }
      });
      if (segment->next_due < now) return expired;
    }
    *position = next;
  } while (next != 0);
  next_expiry_ = kNeverDue;
  fields_.ForEachSegment([&](Segment* segment) {
    next_expiry_ = std::min(next_expiry_, segment->next_due);
  });
  return expired;
}

uint64_t HashTable::Compact(uint64_t position, uint64_t* moved_count) {
  constexpr int kHomesPerStep = 16;
  if (capture_ != nullptr) return 0;
  for (int i = 0; i < kHomesPerStep; ++i) {
    *moved_count += fields_.CompactAt(position);
    position = fields_.VisitHome(position, [&](const Place& place) {
      Field* field = MutableAt(place);
      if (!memory::MayBeInSparseSlab(field)) return;
      const size_t size = field->SizeBytes();
      if (!memory::IsInSparseSlab(field, size)) return;
      void* target = memory::AllocateDense(size);
      std::memcpy(target, static_cast<const void*>(field), size);
      place.bucket->SetBlock(place.slot, target);
      memory::FreeMoved(field, size);
      ++*moved_count;
    });
    if (position == 0) break;
  }
  return position;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// The less hot parts of LeafTable; included by types/leaf_table.h only.
#pragma once

#include <algorithm>
#include <new>
#include <vector>

#include "types/leaf_table.h"

namespace skarn {

template <unsigned P, auto H>
unsigned LeafTable<P, H>::StepAtLeast(unsigned buckets) {
  for (const uint8_t step : kSteps) {
    if (step >= buckets) return step;
  }
  return kSteps.back();
}

template <unsigned P, auto H>
Segment* LeafTable<P, H>::NewSegment(unsigned buckets, unsigned stash) {
  const size_t size = sizeof(Segment) + (buckets + stash) * sizeof(Bucket);
  void* memory = memory::Allocate(size);
  SKARN_DCHECK(reinterpret_cast<uintptr_t>(memory) % alignof(Bucket) == 0);
  std::memset(memory, 0, size);
  Segment* segment = new (memory) Segment;
  segment->bucket_count = static_cast<uint8_t>(buckets);
  segment->stash_count = static_cast<uint16_t>(stash);
  size_bytes_ += size;
  return segment;
}

template <unsigned P, auto H>
void LeafTable<P, H>::FreeSegment(Segment* segment) {
  const size_t size = segment->SizeBytes();
  size_bytes_ -= size;
  memory::Retire(segment, size);
}

template <unsigned P, auto H>
void LeafTable<P, H>::FreeSegments() {
  ForEachSegment([this](Segment* segment) { FreeSegment(segment); });
  if (directory_word_ != 0) {
    memory::Retire(Directory(), sizeof(SegmentRef) << DirectoryBits());
  }
}

template <unsigned P, auto H>
Place LeafTable<P, H>::Put(Bucket* bucket, Bucket* home, Segment* segment,
                           const Slot& slot, uint16_t epoch) {
  const unsigned index = bucket->FreeSlot();
  const uint8_t bit = static_cast<uint8_t>(1u << index);
  bucket->tags[index] = slot.tag;
  bucket->SetBlock(index, slot.block);
  NoteSharedStore(SharedLine::kTable, segment);
  bucket->present |= bit;
  bucket->SetHasExpiry(index, slot.has_expiry);
  // A mark of an older snapshot says nothing; it must not wipe those of the running one.
  if (slot.is_saved && (bucket->lane_epoch == 0 ||
                        static_cast<int16_t>(epoch - bucket->lane_epoch) >= 0)) {
    bucket->MarkSaved(index, epoch);
  } else {
    bucket->lane_saved = static_cast<uint8_t>(bucket->lane_saved & ~bit);
  }
  ++segment->count;
  return {segment, home, bucket, index};
}

// Moves one slot at home in `next` on to the bucket behind it.
template <unsigned P, auto H>
bool LeafTable<P, H>::MakeRoomBehind(SegmentRef ref, Bucket* next) {
  Bucket* const last = ref->Buckets() + ref.BucketCount() - 1;
  if (next >= last || next[1].FreeSlot() == kBucketSlots || next->NextCount() == 15)
    return false;
  for (unsigned i = 0; i < kBucketSlots; ++i) {
    if (ref->Buckets() + ref.Home(next->tags[i]) != next) continue;
    const Slot slot{next->tags[i], next->Block(i), next->HasExpiry(i),
                    (next->lane_saved >> i & 1) != 0};
    Put(next + 1, next, ref.get(), slot, next->lane_epoch);
    --ref->count;
    ++next->elsewhere;
    next->present = static_cast<uint8_t>(next->present & ~(1u << i));
    return true;
  }
  return false;
}

template <unsigned P, auto H>
Place LeafTable<P, H>::TryPlace(SegmentRef ref, const Slot& slot, uint16_t epoch) {
  Bucket* const home = ref->Buckets() + ref.Home(slot.tag);
  if (home->FreeSlot() < kBucketSlots) return Put(home, home, ref.get(), slot, epoch);
  Bucket* const next = home + 1;
  const bool has_next = next < ref->Buckets() + ref.BucketCount();
  if (has_next && home->NextCount() < 15 &&
      (next->FreeSlot() < kBucketSlots || MakeRoomBehind(ref, next))) {
    ++home->elsewhere;
    return Put(next, home, ref.get(), slot, epoch);
  }
  Bucket* stash = ref->Buckets() + ref.BucketCount();
  for (unsigned i = 0; i < ref->stash_count; ++i) {
    if (stash[i].FreeSlot() == kBucketSlots) continue;
    if (home->StashCount() < 15)
      home->elsewhere = static_cast<uint8_t>(home->elsewhere + 16);
    return Put(stash + i, home, ref.get(), slot, epoch);
  }
  return {};
}

template <unsigned P, auto H>
Place LeafTable<P, H>::Insert(uint64_t hash, void* block, bool has_expiry,
                              uint16_t lane_epoch) {
  const uint64_t rest = hash << P;
  if (!RefOf(rest)) {
    SKARN_DCHECK(directory_word_ == 0);
    SetRange(0, 0, SegmentRef(NewSegment(1), 0, 0));
  }
  for (;;) {
    const SegmentRef ref = RefOf(rest);
    const Slot slot{ref.Tag(rest), block, has_expiry, lane_epoch != 0};
    if (const Place place = TryPlace(ref, slot, lane_epoch)) {
      ++size_;
      return place;
    }
    Grow(ref, rest);
  }
}

template <unsigned P, auto H>
void LeafTable<P, H>::Erase(Place place, uint64_t hash) {
  Segment* const segment = place.segment;
  Bucket* const home = place.home;
  NoteSharedStore(SharedLine::kTable, place.bucket);
  NoteSharedStore(SharedLine::kTable, segment);
  place.bucket->present =
      static_cast<uint8_t>(place.bucket->present & ~(1u << place.slot));
  if (place.bucket != home) {
    const bool is_next = place.bucket == home + 1 &&
                         place.bucket < segment->Buckets() + segment->bucket_count;
    if (is_next) {
      --home->elsewhere;
    } else if (home->StashCount() < 15) {
      home->elsewhere = static_cast<uint8_t>(home->elsewhere - 16);
    }
  }
  --segment->count;
  --size_;
  if (size_ == 0 && directory_word_ == 0 && segment->stamp == 0) {
    // Else a keyspace that ran empty, key by key, would keep a segment in every shard.
    single_.Set({});
    return FreeSegment(segment);
  }
  // Two fifths full and below: the next smaller size still has room for a third more.
  if (segment->bucket_count > 1 &&
      segment->count * 5 < segment->LineCount() * kBucketSlots * 2) {
    Shrink(RefOf(hash << P), hash << P);
  }
  // The neighbour's header is another cache line: look now and then only.
  if (directory_word_ != 0) {
    const SegmentRef ref = RefOf(hash << P);
    if (ref->count <= kMergeMax && ref->count % 8 == 0)
      MergeWithNeighbour(ref, hash << P);
  }
}

template <unsigned P, auto H>
Segment* LeafTable<P, H>::Rebuild(SegmentRef ref, unsigned buckets, unsigned stash) {
  Segment* target = NewSegment(buckets, stash);
  target->stamp = ref->stamp;
  target->next_due = ref->next_due;
  const SegmentRef target_ref(target, ref.Window(), ref.Shift());
  bool fits = true;
  ref->ForEachSlot([&](const Bucket& from, unsigned i) {
    if (!fits) return;
    const Slot slot{from.tags[i], from.Block(i), from.HasExpiry(i),
                    (from.lane_saved >> i & 1) != 0};
    fits = static_cast<bool>(TryPlace(target_ref, slot, from.lane_epoch));
  });
  if (fits) return target;
  size_bytes_ -= target->SizeBytes();
  memory::Free(target, target->SizeBytes());
  return nullptr;
}

template <unsigned P, auto H>
void LeafTable<P, H>::Grow(SegmentRef ref, uint64_t rest) {
  Segment* target = nullptr;
  for (unsigned buckets = ref.BucketCount(); target == nullptr;) {
    if (buckets == kSteps.back()) return Split(ref, rest);
    buckets = StepAtLeast(buckets + 1);
    target = Rebuild(ref, buckets, StashFor(buckets));
  }
  SetRange(rest, ref.Depth(), SegmentRef(target, ref.Window(), ref.Shift()));
  FreeSegment(ref.get());
}

template <unsigned P, auto H>
void LeafTable<P, H>::Shrink(SegmentRef ref, uint64_t rest) {
  // Room for a quarter more than what is there.
  const unsigned wanted = StepAtLeast(ref->count * 5 / (4 * kBucketSlots) + 1);
  const unsigned buckets = std::min(wanted, ref.BucketCount());
  if (buckets == ref.BucketCount() && ref->stash_count == StashFor(buckets)) return;
  Segment* target = Rebuild(ref, buckets, StashFor(buckets));
  if (target == nullptr) return;
  SetRange(rest, ref.Depth(), SegmentRef(target, ref.Window(), ref.Shift()));
  FreeSegment(ref.get());
}

// For blocks that no split can part.
template <unsigned P, auto H>
void LeafTable<P, H>::GrowStash(SegmentRef ref, uint64_t rest) {
  const unsigned stash = ref->stash_count + std::max(2u, ref->stash_count / 4u);
  SKARN_CHECK(stash <=
              0xffff);  // 400,000 equal hashes of 64 bits: the hash function is broken.
  Segment* target = Rebuild(ref, ref.BucketCount(), stash);
  SKARN_CHECK(target != nullptr);
  line_count_max_ = std::max(line_count_max_, target->LineCount());
  SetRange(rest, ref.Depth(), SegmentRef(target, ref.Window(), ref.Shift()));
  FreeSegment(ref.get());
}

template <unsigned P, auto H>
void LeafTable<P, H>::Split(SegmentRef ref, uint64_t rest) {
  const unsigned depth = ref.Depth();
  if (depth == DirectoryBits()) {
    // A directory with more segments than the table has blocks: they all have the same
    // hash.
    if (depth == kDepthMax || uint64_t{2} << depth > size_) return GrowStash(ref, rest);
    DoubleDirectory();
  }
  // When the tags have no bits to spare the window moves on, which needs the hashes
  // themselves.
  const bool rehash = ref.Shift() == kShiftMax;
  const unsigned window = rehash ? depth + 1 : ref.Window();
  const unsigned shift = rehash ? 0 : ref.Shift() + 1;
  std::vector<SavedSlot> halves[2];
  for (auto& half : halves) half.reserve(ref->count);
  ref->ForEachSlot([&](const Bucket& from, unsigned i) {
    Slot slot{from.tags[i], from.Block(i), from.HasExpiry(i),
              (from.lane_saved >> i & 1) != 0};
    // The bit that decides is the first one behind the old depth.
    const unsigned half = slot.tag >> (15 - ref.Shift()) & 1;
    if (rehash) slot.tag = static_cast<uint16_t>(H(slot.block) << P << window >> 48);
    halves[half].push_back({slot, from.lane_epoch});
  });
  const uint64_t start = depth == 0 ? 0 : rest >> (64 - depth) << (64 - depth);
  for (unsigned half = 0; half < 2; ++half) {
    const SegmentRef target = MakeSegment(halves[half], window, shift);
    target->stamp = ref->stamp;
    target->next_due = ref->next_due;
    SetRange(start | uint64_t{half} << (63 - depth), depth + 1, target);
  }
  if (depth + 1 == DirectoryBits()) deepest_count_ += 2;
  FreeSegment(ref.get());
}

template <unsigned P, auto H>
SegmentRef LeafTable<P, H>::MakeSegment(const std::vector<SavedSlot>& slots,
                                        unsigned window, unsigned shift) {
  unsigned buckets =
      StepAtLeast(static_cast<unsigned>(slots.size() * 8 / (7 * kBucketSlots)) + 1);
  unsigned stash = StashFor(buckets);
  for (;;) {
    const SegmentRef target(NewSegment(buckets, stash), window, shift);
    const bool fits =
        std::all_of(slots.begin(), slots.end(), [&](const SavedSlot& saved) {
          return static_cast<bool>(TryPlace(target, saved.slot, saved.epoch));
        });
    if (fits) {
      line_count_max_ = std::max(line_count_max_, target->LineCount());
      return target;
    }
    FreeSegment(target.get());
    if (buckets == kSteps.back()) {
      stash += std::max(2u, stash / 4);
      SKARN_CHECK(stash <= 0xffff);
    } else {
      buckets = StepAtLeast(buckets + 1);
      stash = StashFor(buckets);
    }
  }
}

template <unsigned P, auto H>
void LeafTable<P, H>::MergeWithNeighbour(SegmentRef ref, uint64_t rest) {
  const unsigned depth = ref.Depth();
  if (depth == 0) return;
  const SegmentRef other = RefOf(rest ^ uint64_t{1} << (64 - depth));
  // Of different stamps, one may be a snapshot's.
  if (other.Depth() != depth || ref->count + other->count > kMergeMax ||
      other->stamp != ref->stamp) {
    return;
  }
  const bool keeps_tags = ref.Window() == other.Window() && ref.Shift() > 0;
  const unsigned window = keeps_tags ? ref.Window() : depth - 1;
  const unsigned shift = keeps_tags ? ref.Shift() - 1 : 0;
  std::vector<SavedSlot> slots;
  slots.reserve(kMergeMax);
  for (const SegmentRef& half : {ref, other}) {
    half->ForEachSlot([&](const Bucket& from, unsigned i) {
      Slot slot{from.tags[i], from.Block(i), from.HasExpiry(i),
                (from.lane_saved >> i & 1) != 0};
      if (!keeps_tags)
        slot.tag = static_cast<uint16_t>(H(slot.block) << P << window >> 48);
      slots.push_back({slot, from.lane_epoch});
    });
  }
  const SegmentRef target = MakeSegment(slots, window, shift);
  target->stamp = ref->stamp;
  target->next_due = std::min(ref->next_due, other->next_due);
  SetRange(rest, depth - 1, target);
  FreeSegment(ref.get());
  FreeSegment(other.get());
  if (depth != DirectoryBits()) return;
  deepest_count_ -= 2;
  while (deepest_count_ == 0 && directory_word_ != 0) HalveDirectory();
}

template <unsigned P, auto H>
void LeafTable<P, H>::DoubleDirectory() {
  const unsigned bits = DirectoryBits();
  SegmentRef* const old = Directory();
  const size_t old_size = size_t{1} << bits;
  auto* bigger =
      static_cast<SegmentRef*>(memory::Allocate(old_size * 2 * sizeof(SegmentRef)));
  for (size_t i = 0; i < old_size; ++i) {
    bigger[2 * i] = bigger[2 * i + 1] = bits == 0 ? single_ : old[i];
  }
  SetDirectoryWord(reinterpret_cast<uint64_t>(bigger) | uint64_t{bits + 1} << 48);
  deepest_count_ = 0;
  size_bytes_ += old_size * 2 * sizeof(SegmentRef);
  if (bits == 0) return;
  size_bytes_ -= old_size * sizeof(SegmentRef);
  memory::Retire(old, old_size * sizeof(SegmentRef));
}

template <unsigned P, auto H>
void LeafTable<P, H>::HalveDirectory() {
  const unsigned bits = DirectoryBits() - 1;
  SegmentRef* const old = Directory();
  const size_t size = size_t{1} << bits;
  if (bits == 0) {
    single_.Set(old[0]);
    SetDirectoryWord(0);
  } else {
    auto* smaller = static_cast<SegmentRef*>(memory::Allocate(size * sizeof(SegmentRef)));
    for (size_t i = 0; i < size; ++i) {
      smaller[i] = old[2 * i];
      deepest_count_ += smaller[i].Depth() == bits;
    }
    SetDirectoryWord(reinterpret_cast<uint64_t>(smaller) | uint64_t{bits} << 48);
    size_bytes_ += size * sizeof(SegmentRef);
  }
  size_bytes_ -= size * 2 * sizeof(SegmentRef);
  memory::Retire(old, size * 2 * sizeof(SegmentRef));
}

template <unsigned P, auto H>
void LeafTable<P, H>::SetRange(uint64_t rest, unsigned depth, SegmentRef ref) {
  Publish();
  if (directory_word_ == 0) {
    single_.Set(ref);
    return;
  }
  const uint64_t count = uint64_t{1} << (DirectoryBits() - depth);
  const uint64_t first = depth == 0 ? 0 : (rest >> (64 - depth)) * count;
  for (uint64_t i = 0; i < count; ++i) Directory()[first + i].Set(ref);
}

template <unsigned P, auto H>
Segment* LeafTable<P, H>::CopySegment(SegmentRef ref, uint64_t rest, void* to) {
  std::memcpy(to, static_cast<const void*>(ref.get()), ref->SizeBytes());
  SetRange(rest, ref.Depth(),
           SegmentRef(static_cast<Segment*>(to), ref.Window(), ref.Shift()));
  return ref.get();
}

template <unsigned P, auto H>
Segment* LeafTable<P, H>::CloneSegment(uint64_t hash, uint64_t stamp) {
  const uint64_t rest = hash << P;
  const SegmentRef ref = RefOf(rest);
  Segment* const old = CopySegment(ref, rest, memory::Allocate(ref->SizeBytes()));
  RefOf(rest)->stamp = stamp;
  return old;
}

// Others may be looking at the old segment without the lock: it is retired, not freed.
template <unsigned P, auto H>
size_t LeafTable<P, H>::CompactAt(uint64_t position) {
  const SegmentRef ref = RefOf(position);
  if (!ref) return 0;
  const size_t size = ref->SizeBytes();
  if (!memory::MayBeInSparseSlab(ref.get())) return 0;
  if (!memory::IsInSparseSlab(ref.get(), size)) return 0;
  memory::Retire(CopySegment(ref, position, memory::AllocateDense(size)), size);
  return 1;
}

template <unsigned P, auto H>
template <class Visit>
uint64_t LeafTable<P, H>::VisitHome(uint64_t position, Visit&& visit) const {
  const SegmentRef ref = RefOf(position);
  if (!ref) return 0;
  const unsigned depth = ref.Depth();
  const unsigned count = ref.BucketCount();
  const unsigned home_index = ref.Home(ref.Tag(position));
  Bucket* const home = ref->Buckets() + home_index;
  const auto visit_line = [&](Bucket* line) {
    for (unsigned present = line->present; present != 0; present &= present - 1) {
      const unsigned i = static_cast<unsigned>(std::countr_zero(present));
      if (ref.Home(line->tags[i]) != home_index) continue;
      visit(Place{ref.get(), home, line, i});
    }
  };
  const unsigned next_count = home->NextCount(), stash_count = home->StashCount();
  visit_line(home);
  if (next_count != 0) visit_line(home + 1);
  if (stash_count != 0) {
    for (unsigned i = 0; i < ref->stash_count; ++i)
      visit_line(ref->Buckets() + count + i);
  }
  const uint64_t start = depth == 0 ? 0 : position >> (64 - depth) << (64 - depth);
  if (home_index + 1 < count) {
    // The first position of the next home that a tag can tell from the ones before.
    const uint64_t mask = (uint64_t{1} << ref.Shift()) - 1;
    const uint64_t bound = ((uint64_t{home_index + 1} << 16) + count - 1) / count;
    return start + (((bound + mask) & ~mask) << (48 - depth));
  }
  return depth == 0 ? 0 : start + (uint64_t{1} << (64 - depth));
}

template <unsigned P, auto H>
template <class Visit>
void LeafTable<P, H>::ForEachSegment(Visit&& visit) const {
  if (directory_word_ == 0) {
    if (single_) visit(single_.get());
    return;
  }
  const unsigned bits = DirectoryBits();
  for (uint64_t i = 0; i < uint64_t{1} << bits;) {
    const SegmentRef ref = Directory()[i];
    i += uint64_t{1} << (bits - ref.Depth());
    visit(ref.get());
  }
}

template <unsigned P, auto H>
Segment* LeafTable<P, H>::SegmentAt(uint64_t position, uint64_t* next) const {
  const SegmentRef ref = RefOf(position);
  *next = 0;
  if (!ref) return nullptr;
  if (const unsigned depth = ref.Depth(); depth != 0) {
    const unsigned shift = 64 - depth;
    *next = ((position >> shift) + 1) << shift;
  }
  return ref.get();
}

template <unsigned P, auto H>
template <class Visit>
void LeafTable<P, H>::ForEach(Visit&& visit) const {
  uint64_t position = 0;
  do {
    position = VisitHome(position, visit);
  } while (position != 0);
}

// Rejection sampling: every slot of every segment comes up with the same chance, whatever
// the segment's size and depth. A table that ran so empty that this takes long is counted
// through.
template <unsigned P, auto H>
template <class Random>
Place LeafTable<P, H>::PickRandom(Random&& random) const {
  constexpr unsigned kTriesMax = 512;
  const unsigned bits = DirectoryBits();
  const unsigned lines = bits == 0 ? single_->LineCount() : line_count_max_;
  const auto at = [](SegmentRef ref, Bucket* bucket, unsigned slot) {
    return Place{ref.get(), ref->Buckets() + ref.Home(bucket->tags[slot]), bucket, slot};
  };
  for (unsigned i = 0; i < kTriesMax; ++i) {
    const SegmentRef ref = RefOf(random());
    const uint64_t r = random();
    const unsigned line = static_cast<unsigned>((r >> 32) * lines >> 32);
    if (line >= ref->LineCount()) continue;
    const unsigned slot = static_cast<unsigned>((r & 0xffff) * kBucketSlots >> 16);
    Bucket* const bucket = ref->Buckets() + line;
    if ((bucket->present >> slot & 1) == 0) continue;
    const unsigned surplus = bits - ref.Depth();
    if (surplus > 0 && (random() & ((uint64_t{1} << surplus) - 1)) != 0) continue;
    return at(ref, bucket, slot);
  }
  uint64_t index = random() % size_;
  uint64_t rest = 0;
  SegmentRef ref = RefOf(rest);
  for (; index >= ref->count; ref = RefOf(rest)) {
    index -= ref->count;
    rest += uint64_t{1} << (64 - ref.Depth());
  }
  for (Bucket* bucket = ref->Buckets();; ++bucket) {
    for (unsigned present = bucket->present; present != 0; present &= present - 1) {
      if (index-- == 0)
        return at(ref, bucket, static_cast<unsigned>(std::countr_zero(present)));
    }
  }
}

template <unsigned P, auto H>
void LeafTable<P, H>::Reserve(size_t count) {
  if (single_ || directory_word_ != 0) return;
  const size_t per_segment = kSteps.back() * kBucketSlots * 3 / 4;
  const size_t segments = std::bit_ceil(count / per_segment + 1);
  const unsigned depth = static_cast<unsigned>(std::countr_zero(segments));
  const unsigned buckets =
      StepAtLeast(static_cast<unsigned>(count / segments * 5 / (4 * kBucketSlots)) + 1);
  if (depth == 0) return SetRange(0, 0, SegmentRef(NewSegment(buckets), 0, 0));
  for (unsigned i = 0; i < depth; ++i) DoubleDirectory();
  for (size_t i = 0; i < segments; ++i) {
    const SegmentRef made(NewSegment(buckets), depth, 0);
    Publish();
    Directory()[i].Set(made);
  }
  deepest_count_ = static_cast<uint32_t>(segments);
}

}  // namespace skarn

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
unsigned LeafTable<P, H>::StepBelow(unsigned buckets) {
  unsigned below = kSteps.front();
  for (const uint8_t step : kSteps) {
    if (step < buckets) below = step;
  }
  return below;
}

template <unsigned P, auto H>
Segment* LeafTable<P, H>::NewSegment(unsigned buckets) {
  const size_t size = sizeof(Segment) + (buckets + StashFor(buckets)) * sizeof(Bucket);
  void* memory = memory::Allocate(size);
  std::memset(memory, 0, size);
  Segment* segment = new (memory) Segment;
  segment->bucket_count = static_cast<uint8_t>(buckets);
  segment->stash_count = static_cast<uint8_t>(StashFor(buckets));
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
  if (directory_bits_ > 0) {
    memory::Retire(directory_, sizeof(SegmentRef) << directory_bits_);
  }
}

template <unsigned P, auto H>
Place LeafTable<P, H>::Put(Bucket* bucket, Bucket* home, Segment* segment, const Slot& slot,
                           uint16_t epoch) {
  const unsigned index = bucket->FreeSlot();
  const uint8_t bit = static_cast<uint8_t>(1u << index);
  bucket->tags[index] = slot.tag;
  bucket->SetBlock(index, slot.block);
  bucket->present |= bit;
  bucket->has_expiry = static_cast<uint8_t>((bucket->has_expiry & ~bit) |
                                            (slot.has_expiry ? bit : 0));
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
  if (next >= last || next[1].FreeSlot() == kBucketSlots || next->NextCount() == 15) return false;
  for (unsigned i = 0; i < kBucketSlots; ++i) {
    if (ref->Buckets() + ref.Home(next->tags[i]) != next) continue;
    const Slot slot{next->tags[i], next->Block(i), (next->has_expiry >> i & 1) != 0,
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
  if (home->StashCount() == 15) return {};
  Bucket* stash = ref->Buckets() + ref.BucketCount();
  for (unsigned i = 0; i < ref->stash_count; ++i) {
    if (stash[i].FreeSlot() == kBucketSlots) continue;
    home->elsewhere = static_cast<uint8_t>(home->elsewhere + 16);
    return Put(stash + i, home, ref.get(), slot, epoch);
  }
  return {};
}

template <unsigned P, auto H>
Place LeafTable<P, H>::Insert(uint64_t hash, void* block, bool has_expiry, uint16_t lane_epoch) {
  const uint64_t rest = hash << P;
  if (!RefOf(rest)) {
    SKARN_DCHECK(directory_bits_ == 0);
    single_ = SegmentRef(NewSegment(1), 0, 0);
  }
  for (;;) {
    const SegmentRef ref = RefOf(rest);
    const Slot slot{ref.Tag(rest), block, has_expiry, lane_epoch != 0};
    if (const Place place = TryPlace(ref, slot, lane_epoch)) {
      ++size_;
      return place;
    }
    if (ref.BucketCount() < kSteps.back()) {
      Resize(ref, rest, /*grow=*/true);
    } else {
      Split(ref, rest);
    }
  }
}

template <unsigned P, auto H>
void LeafTable<P, H>::Erase(Place place, uint64_t hash) {
  Segment* const segment = place.segment;
  place.bucket->present = static_cast<uint8_t>(place.bucket->present & ~(1u << place.slot));
  if (place.bucket != place.home) {
    const bool is_next = place.bucket == place.home + 1 &&
                         place.bucket < segment->Buckets() + segment->bucket_count;
    place.home->elsewhere = static_cast<uint8_t>(place.home->elsewhere - (is_next ? 1 : 16));
  }
  --segment->count;
  --size_;
  // Two fifths full and below: the next smaller size still has room for a third more.
  if (segment->bucket_count > 1 &&
      segment->count * 5 < segment->LineCount() * kBucketSlots * 2) {
    Resize(RefOf(hash << P), hash << P, /*grow=*/false);
  }
}

template <unsigned P, auto H>
Segment* LeafTable<P, H>::Rebuild(SegmentRef ref, unsigned buckets) {
  Segment* target = NewSegment(buckets);
  target->stamp = ref->stamp;
  const SegmentRef target_ref(target, ref.Window(), ref.Shift());
  const unsigned lines = ref->LineCount();
  for (unsigned line = 0; line < lines; ++line) {
    const Bucket& from = ref->Buckets()[line];
    for (unsigned present = from.present; present != 0; present &= present - 1) {
      const unsigned i = static_cast<unsigned>(std::countr_zero(present));
      const Slot slot{from.tags[i], from.Block(i), (from.has_expiry >> i & 1) != 0,
                      (from.lane_saved >> i & 1) != 0};
      if (!TryPlace(target_ref, slot, from.lane_epoch)) {
        size_bytes_ -= target->SizeBytes();
        memory::Free(target, target->SizeBytes());
        return nullptr;
      }
    }
  }
  return target;
}

template <unsigned P, auto H>
void LeafTable<P, H>::Resize(SegmentRef ref, uint64_t rest, bool grow) {
  unsigned buckets = ref.BucketCount();
  Segment* target = nullptr;
  if (!grow) {
    // Room for a quarter more than what is there.
    buckets = StepAtLeast(ref->count * 5 / (4 * kBucketSlots) + 1);
    if (buckets >= ref.BucketCount()) return;
    target = Rebuild(ref, buckets);
    if (target == nullptr) return;
  }
  while (target == nullptr) {
    buckets = StepAtLeast(buckets + 1);
    target = Rebuild(ref, buckets);
    if (target == nullptr && buckets == kSteps.back()) return Split(ref, rest);
  }
  SetRange(rest, ref.Depth(), SegmentRef(target, ref.Window(), ref.Shift()));
  FreeSegment(ref.get());
}

template <unsigned P, auto H>
void LeafTable<P, H>::Split(SegmentRef ref, uint64_t rest) {
  if (ref.Depth() == directory_bits_) DoubleDirectory();
  // When the tags have no bits to spare the window moves on, which needs the hashes themselves.
  const bool rehash = ref.Shift() == kShiftMax;
  const unsigned window = rehash ? ref.Depth() + 1 : ref.Window();
  const unsigned shift = rehash ? 0 : ref.Shift() + 1;
  std::vector<std::pair<Slot, uint16_t>> halves[2];
  for (unsigned line = 0; line < ref->LineCount(); ++line) {
    const Bucket& from = ref->Buckets()[line];
    for (unsigned present = from.present; present != 0; present &= present - 1) {
      const unsigned i = static_cast<unsigned>(std::countr_zero(present));
      Slot slot{from.tags[i], from.Block(i), (from.has_expiry >> i & 1) != 0,
                (from.lane_saved >> i & 1) != 0};
      // The bit that decides is the first one behind the old depth.
      unsigned half = slot.tag >> (15 - ref.Shift()) & 1;
      if (rehash) slot.tag = static_cast<uint16_t>(H(slot.block) << P << window >> 48);
      halves[half].emplace_back(slot, from.lane_epoch);
    }
  }
  const unsigned depth = ref.Depth();
  for (unsigned half = 0; half < 2; ++half) {
    unsigned buckets =
        StepAtLeast(static_cast<unsigned>(halves[half].size() * 8 / (7 * kBucketSlots)) + 1);
    SegmentRef target;
    for (bool placed = false; !placed;) {
      Segment* segment = NewSegment(buckets);
      segment->stamp = ref->stamp;
      target = SegmentRef(segment, window, shift);
      placed = std::all_of(halves[half].begin(), halves[half].end(), [&](const auto& item) {
        return static_cast<bool>(TryPlace(target, item.first, item.second));
      });
      if (placed) break;
      // The largest holds every half, unless the hashes collide in more than 30 bits.
      SKARN_CHECK(buckets < kSteps.back());
      FreeSegment(segment);
      buckets = StepAtLeast(buckets + 1);
    }
    const uint64_t start =
        (depth == 0 ? 0 : rest >> (64 - depth) << (64 - depth)) | uint64_t{half} << (63 - depth);
    SetRange(start, depth + 1, target);
  }
  FreeSegment(ref.get());
}

template <unsigned P, auto H>
void LeafTable<P, H>::DoubleDirectory() {
  const size_t old_size = size_t{1} << directory_bits_;
  const size_t bytes = old_size * 2 * sizeof(SegmentRef);
  SegmentRef* bigger = static_cast<SegmentRef*>(memory::Allocate(bytes));
  for (size_t i = 0; i < old_size; ++i) {
    const SegmentRef ref = directory_bits_ == 0 ? single_ : directory_[i];
    bigger[2 * i] = bigger[2 * i + 1] = ref;
  }
  SegmentRef* const old = directory_;
  directory_ = bigger;
  size_bytes_ += bytes;
  if (directory_bits_++ > 0) {
    size_bytes_ -= old_size * sizeof(SegmentRef);
    memory::Retire(old, old_size * sizeof(SegmentRef));
  }
}

template <unsigned P, auto H>
void LeafTable<P, H>::SetRange(uint64_t rest, unsigned depth, SegmentRef ref) {
  if (directory_bits_ == 0) {
    single_ = ref;
    return;
  }
  const uint64_t count = uint64_t{1} << (directory_bits_ - depth);
  const uint64_t first = depth == 0 ? 0 : (rest >> (64 - depth)) * count;
  for (uint64_t i = 0; i < count; ++i) directory_[first + i] = ref;
}

template <unsigned P, auto H>
Segment* LeafTable<P, H>::CloneSegment(uint64_t hash, uint64_t stamp) {
  const uint64_t rest = hash << P;
  const SegmentRef ref = RefOf(rest);
  const size_t size = ref->SizeBytes();
  void* memory = memory::Allocate(size);
  std::memcpy(memory, static_cast<const void*>(ref.get()), size);
  Segment* clone = static_cast<Segment*>(memory);
  clone->stamp = stamp;
  SetRange(rest, ref.Depth(), SegmentRef(clone, ref.Window(), ref.Shift()));
  return ref.get();
}

template <unsigned P, auto H>
template <class Visit>
uint64_t LeafTable<P, H>::VisitHome(uint64_t position, Visit&& visit) const {
  const SegmentRef ref = RefOf(position);
  if (!ref) return 0;
  const unsigned depth = ref.Depth();
  const unsigned count = ref.BucketCount();
  const uint16_t fraction = static_cast<uint16_t>(position << depth >> 48);
  const unsigned home_index = static_cast<unsigned>(fraction) * count >> 16;
  Bucket* const home = ref->Buckets() + home_index;
  const auto visit_line = [&](Bucket* line, bool only_home) {
    for (unsigned present = line->present; present != 0; present &= present - 1) {
      const unsigned i = static_cast<unsigned>(std::countr_zero(present));
      if (only_home && ref.Home(line->tags[i]) != home_index) continue;
      visit(Place{ref.get(), home, line, i});
    }
  };
  const unsigned next_count = home->NextCount(), stash_count = home->StashCount();
  visit_line(home, /*only_home=*/true);
  if (next_count != 0) visit_line(home + 1, true);
  if (stash_count != 0) {
    for (unsigned i = 0; i < ref->stash_count; ++i) visit_line(ref->Buckets() + count + i, true);
  }
  const uint64_t start = depth == 0 ? 0 : position >> (64 - depth) << (64 - depth);
  if (home_index + 1 < count) {
    const uint64_t bound = ((uint64_t{home_index + 1} << 16) + count - 1) / count;
    return start + (bound << (48 - depth));
  }
  return depth == 0 ? 0 : start + (uint64_t{1} << (64 - depth));
}

template <unsigned P, auto H>
template <class Visit>
void LeafTable<P, H>::ForEachSegment(Visit&& visit) const {
  if (directory_bits_ == 0) {
    if (single_) visit(single_.get());
    return;
  }
  for (uint64_t i = 0; i < uint64_t{1} << directory_bits_;) {
    const SegmentRef ref = directory_[i];
    i += uint64_t{1} << (directory_bits_ - ref.Depth());
    visit(ref.get());
  }
}

template <unsigned P, auto H>
template <class Visit>
void LeafTable<P, H>::ForEach(Visit&& visit) const {
  uint64_t position = 0;
  do {
    position = VisitHome(position, visit);
  } while (position != 0);
}

// Rejection sampling: every slot of every segment comes up with the same chance, whatever the
// segment's size and depth.
template <unsigned P, auto H>
template <class Random>
Place LeafTable<P, H>::PickRandom(Random&& random) const {
  for (;;) {
    const uint64_t r = random();
    const SegmentRef ref = RefOf(r);
    const unsigned line = static_cast<unsigned>(random() % (kSteps.back() + 2));
    if (line >= ref->LineCount()) continue;
    const unsigned surplus = directory_bits_ - ref.Depth();
    if (surplus > 0 && (random() & ((uint64_t{1} << surplus) - 1)) != 0) continue;
    Bucket* const bucket = ref->Buckets() + line;
    const unsigned slot = static_cast<unsigned>(random() % kBucketSlots);
    if ((bucket->present >> slot & 1) == 0) continue;
    return {ref.get(), ref->Buckets() + ref.Home(bucket->tags[slot]), bucket, slot};
  }
}

template <unsigned P, auto H>
void LeafTable<P, H>::Reserve(size_t count) {
  if (single_ || directory_bits_ != 0) return;
  const size_t per_segment = kSteps.back() * kBucketSlots * 3 / 4;
  const size_t segments = std::bit_ceil(count / per_segment + 1);
  const unsigned depth = static_cast<unsigned>(std::countr_zero(segments));
  const unsigned buckets =
      StepAtLeast(static_cast<unsigned>(count / segments * 5 / (4 * kBucketSlots)) + 1);
  single_ = SegmentRef(NewSegment(buckets), 0, 0);
  if (depth == 0) return;
  FreeSegment(single_.get());
  single_ = {};
  for (unsigned i = 0; i < depth; ++i) DoubleDirectory();
  for (size_t i = 0; i < segments; ++i) {
    directory_[i] = SegmentRef(NewSegment(buckets), depth, 0);
  }
}

}  // namespace skarn

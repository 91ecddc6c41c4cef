// SPDX-License-Identifier: BSD-3-Clause
//
// LeafTable maps 64-bit hashes to blocks somebody else lays out: the entries of a shard,
// the fields of a big hash. It is made of segments of at most 4 KB ("leaves") in hash
// order, which grow in steps of about an eighth and split one at a time. There is no
// doubling and no rehash phase.
//
//   hash   = prefix (chosen the shard) | directory bits | position in the segment ...
//   bucket = one cache line: 7 tags of 16 bits, 7 pointers of 48 bits, marks
//
// The tag is the 16 hash bits from the segment's window on, so its top bits are the
// position in the segment: growing, shrinking and up to three splits move slots without
// touching a block. After that the window moves on and the blocks are hashed again.
//
// A slot lies in its home bucket, in the one behind it, or in the stash lines at the
// segment's end; the home counts those that lie elsewhere. Homes follow hash order, so a
// position in hash space is a cursor that no growth, split, shrink or merge disturbs.
//
// Two neighbours that have run nearly empty merge. Blocks of one hash cannot be split
// apart: when the directory is as large as the table deserves, the stash grows instead
// (and searching it is slow, but hashes are keyed, so only chance brings them together).
//
// Threads: the owner's lock; PrefetchBucket and GuessBlock may be called without it, see
// there.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "arch/prefetch.h"
#include "arch/tag_match.h"
#include "base/check.h"
#include "base/memory.h"
#include "base/racy.h"
#include "base/shared_store.h"

namespace skarn {

inline constexpr unsigned kBucketSlots = 7;
inline constexpr int64_t kNeverDue = std::numeric_limits<int64_t>::max();

struct alignas(64) Bucket {
  uint16_t tags[kBucketSlots];
  uint8_t present;  // Bit i: slot i holds a block.
  // Blocks of this home in the next bucket (low 4 bits) and in the stash (high; 15: or
  // more).
  uint8_t elsewhere;
  uint8_t pointers[kBucketSlots * 6];
  uint16_t lane_epoch;  // The snapshot that `lane_saved` is about.
  uint8_t lane_saved;   // Bit i: slot i is saved already, or younger than the cut.
  uint8_t has_expiry;   // Bit i: the block in slot i has an expiry; kept by the owner.
  uint16_t unused;

  SKARN_RACY_PART void* Block(unsigned slot) const {
    uint64_t word;
    std::memcpy(&word, pointers + size_t{slot} * 6, 8);
    return reinterpret_cast<void*>(word & 0xffffffffffff);
  }
  void SetBlock(unsigned slot, const void* block) {
    const uint64_t word = reinterpret_cast<uint64_t>(block);
    std::memcpy(pointers + size_t{slot} * 6, &word, 6);
    NoteSharedStore(SharedLine::kTable, this);
  }
  SKARN_RACY_PART unsigned NextCount() const { return elsewhere & 15; }
  SKARN_RACY_PART unsigned StashCount() const { return elsewhere >> 4; }
  unsigned FreeSlot() const { return std::countr_one(present); }  // 7 when full.
  bool HasExpiry(unsigned slot) const { return (has_expiry >> slot & 1) != 0; }
  void SetHasExpiry(unsigned slot, bool has) {
    has_expiry =
        static_cast<uint8_t>((has_expiry & ~(1u << slot)) | unsigned{has} << slot);
  }
  bool IsSaved(unsigned slot, uint16_t epoch) const {
    return lane_epoch == epoch && (lane_saved >> slot & 1) != 0;
  }
  void MarkSaved(unsigned slot, uint16_t epoch) {
    if (lane_epoch != epoch) {
      lane_epoch = epoch;
      lane_saved = 0;
    }
    lane_saved = static_cast<uint8_t>(lane_saved | 1u << slot);
  }
};
static_assert(sizeof(Bucket) == 64);

struct alignas(64) Segment {
  // The owner's: the capture this segment is already cloned for.
  uint64_t stamp = 0;
  // The owner's: no block with an expiry is due before; too early is allowed.
  int64_t next_due = kNeverDue;
  uint32_t count = 0;
  uint16_t stash_count = 0;
  uint8_t bucket_count = 0;

  Bucket* Buckets() { return reinterpret_cast<Bucket*>(this + 1); }
  const Bucket* Buckets() const { return reinterpret_cast<const Bucket*>(this + 1); }
  unsigned LineCount() const { return unsigned{bucket_count} + stash_count; }
  size_t SizeBytes() const {
    return sizeof(Segment) + size_t{LineCount()} * sizeof(Bucket);
  }
  // visit(const Bucket&, unsigned slot) for every block.
  template <class Visit>
  void ForEachSlot(Visit&& visit) const {
    for (unsigned line = 0; line < LineCount(); ++line) {
      const Bucket& bucket = Buckets()[line];
      for (unsigned present = bucket.present; present != 0; present &= present - 1) {
        visit(bucket, static_cast<unsigned>(std::countr_zero(present)));
      }
    }
  }
};
static_assert(sizeof(Segment) == 64);

// A pointer to a segment with all that finding a bucket needs.
class SegmentRef {
 public:
  SegmentRef() = default;
  SegmentRef(Segment* segment, unsigned window, unsigned shift)
      : word_(reinterpret_cast<uint64_t>(segment) |
              uint64_t{segment->bucket_count - 1u} << 48 | uint64_t{shift} << 54 |
              uint64_t{window} << 56) {}

  explicit operator bool() const { return word_ != 0; }
  Segment* get() const { return reinterpret_cast<Segment*>(word_ & 0xffffffffffff); }
  Segment* operator->() const { return get(); }
  unsigned BucketCount() const { return (word_ >> 48 & 63) + 1; }
  unsigned Shift() const {
    return word_ >> 54 & 3;
  }  // Directory bits behind the window's start.
  unsigned Window() const { return static_cast<unsigned>(word_ >> 56); }
  unsigned Depth() const { return Window() + Shift(); }
  uint16_t Tag(uint64_t rest) const {
    return static_cast<uint16_t>(rest << Window() >> 48);
  }
  unsigned Home(uint16_t tag) const {
    return static_cast<unsigned>(uint16_t(tag << Shift())) * BucketCount() >> 16;
  }
  bool operator==(const SegmentRef&) const = default;
  // Whole to those who Glance.
  void Set(SegmentRef other) { __atomic_store_n(&word_, other.word_, __ATOMIC_RELAXED); }
  // A copy, when another thread may be writing.
  SKARN_RACY_PART SegmentRef Glance() const {
    SegmentRef copy;
    copy.word_ = __atomic_load_n(&word_, __ATOMIC_ACQUIRE);
    return copy;
  }

 private:
  uint64_t word_ = 0;
};

// Where a block is. Valid until the table changes.
struct Place {
  Segment* segment = nullptr;
  Bucket* home = nullptr;
  Bucket* bucket = nullptr;
  unsigned slot = 0;

  explicit operator bool() const { return bucket != nullptr; }
  void* Block() const { return bucket->Block(slot); }
};

// kPrefixBits: leading hash bits that the owner has used already.
// BlockHash(const void* block) -> uint64_t: the full hash of a block.
template <unsigned kPrefixBits, auto BlockHash>
class LeafTable {
 public:
  LeafTable() = default;
  LeafTable(const LeafTable&) = delete;
  LeafTable& operator=(const LeafTable&) = delete;
  LeafTable(LeafTable&& other) noexcept { Swap(other); }
  // Frees the segments, not the blocks.
  ~LeafTable() { FreeSegments(); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t SizeBytes() const { return size_bytes_; }
  // Without the lock: about how many blocks there are; not 0 while one stays.
  SKARN_RACY size_t RoughSize() const { return size_; }

  // The block of `hash` that `matches` accepts.
  template <class Matches>
  Place Find(uint64_t hash, Matches&& matches) const {
    const uint64_t rest = hash << kPrefixBits;
    const SegmentRef ref = RefOf(rest);
    if (!ref) return {};
    const uint16_t tag = ref.Tag(rest);
    Bucket* const home = ref->Buckets() + ref.Home(tag);
    if (const int slot = SlotOf(home, tag, matches); slot >= 0) [[likely]] {
      return {ref.get(), home, home, static_cast<unsigned>(slot)};
    }
    if (home->elsewhere == 0) [[likely]]
      return {};
    return FindElsewhere(ref, home, tag, matches);
  }

  // Adds a block whose key is not there yet. A lane epoch other than 0 marks it as saved.
  Place Insert(uint64_t hash, void* block, bool has_expiry, uint16_t lane_epoch);

  // Takes the slot out; the block is the caller's. May shrink the segment: the place is
  // gone.
  void Erase(Place place, uint64_t hash);

  // Calls visit(Place) for every block whose home contains `position`, and returns the
  // first position of the next home, 0 at the end. Positions are hashes without their
  // prefix, from 0 on.
  template <class Visit>
  uint64_t VisitHome(uint64_t position, Visit&& visit) const;

  // Calls visit(Place) for every block. The table must not change meanwhile.
  template <class Visit>
  void ForEach(Visit&& visit) const;
  // Calls visit(Segment*) for every segment, in hash order.
  template <class Visit>
  void ForEachSegment(Visit&& visit) const;
  // The segment at `position` (of VisitHome), null in an empty table. Sets `*next` to the
  // first position behind it, 0 at the end.
  Segment* SegmentAt(uint64_t position, uint64_t* next) const;

  // A block chosen evenly; the table is not empty. random() -> uint64_t.
  template <class Random>
  Place PickRandom(Random&& random) const;

  // Makes room for `count` blocks in an empty table.
  void Reserve(size_t count);

  // Puts a copy of the segment of `hash` in its place and returns the old one, which is
  // now the caller's (a snapshot reads it). Places into it are gone.
  Segment* CloneSegment(uint64_t hash, uint64_t stamp);

  // Moves the segment at `position` (of VisitHome) out of a sparse slab. Returns how many
  // blocks moved; places into the segment are gone then.
  size_t CompactAt(uint64_t position);

  // The segment that `hash` belongs to, or null in an empty table.
  Segment* SegmentOf(uint64_t hash) const { return RefOf(hash << kPrefixBits).get(); }

  // Without the lock: fetches the line of the home bucket. Blocks nothing and promises
  // nothing.
  SKARN_RACY void PrefetchBucket(uint64_t hash) const {
    const uint64_t rest = hash << kPrefixBits;
    const SegmentRef ref = GlanceAt(rest);
    if (!ref) return;
    const Bucket* home = ref->Buckets() + ref.Home(ref.Tag(rest));
    PrefetchWrite(home);
    PrefetchRead(home + 1);
  }
  // Without the lock, a while later: the block that is likely the one of `hash`, or null;
  // for fetching it ahead and nothing else. Segments and directories are retired, not
  // freed, so what is read here is mapped memory. The pointer may be torn when a writer
  // is at the bucket: before following it, ask the lock (ShardLock::IsUnwritten).
  SKARN_RACY const void* GuessBlock(uint64_t hash) const {
    const uint64_t rest = hash << kPrefixBits;
    const SegmentRef ref = GlanceAt(rest);
    if (!ref) return nullptr;
    const uint16_t tag = ref.Tag(rest);
    const Bucket* home = ref->Buckets() + ref.Home(tag);
    if (const uint32_t found = MatchTags(home, tag) & home->present; found != 0) {
      return home->Block(static_cast<unsigned>(std::countr_zero(found)));
    }
    if (home->elsewhere == 0) return nullptr;
    if (const uint32_t found = MatchTags(home + 1, tag) & home[1].present; found != 0) {
      return home[1].Block(static_cast<unsigned>(std::countr_zero(found)));
    }
    if (home->StashCount() == 0) return nullptr;
    const Bucket* stash = ref->Buckets() + ref.BucketCount();
    for (unsigned i = 0; i < ref->stash_count; ++i) {
      if (const uint32_t found = MatchTags(stash + i, tag) & stash[i].present;
          found != 0) {
        return stash[i].Block(static_cast<unsigned>(std::countr_zero(found)));
      }
    }
    return nullptr;
  }

  void Clear() {
    FreeSegments();
    single_ = {};
    directory_word_ = 0;
    deepest_count_ = 0;
    line_count_max_ = kLinesMax;
    size_ = size_bytes_ = 0;
  }
  void Swap(LeafTable& other) {
    std::swap(single_, other.single_);
    std::swap(directory_word_, other.directory_word_);
    std::swap(deepest_count_, other.deepest_count_);
    std::swap(line_count_max_, other.line_count_max_);
    std::swap(size_, other.size_);
    std::swap(size_bytes_, other.size_bytes_);
  }

 private:
  static constexpr unsigned kShiftMax = 3;
  // Sizes of a segment; with header and stash lines the last is 4096 bytes.
  static constexpr std::array<uint8_t, 23> kSteps = {1,  2,  3,  4,  5,  6,  8,  10,
                                                     12, 14, 16, 18, 20, 23, 26, 29,
                                                     33, 37, 41, 46, 51, 56, 61};
  static constexpr unsigned StashFor(unsigned buckets) {
    return buckets >= 12 ? 2 : buckets >= 3 ? 1 : 0;
  }
  static constexpr unsigned kLinesMax = kSteps.back() + 2;
  // Neighbours merge when together they have at most this many blocks; a split leaves
  // more.
  static constexpr unsigned kMergeMax = 120;
  // Positions in hash space are told apart by this many leading bits at most.
  static constexpr unsigned kDepthMax = 32;

  unsigned DirectoryBits() const { return static_cast<unsigned>(directory_word_ >> 48); }
  SegmentRef* Directory() const {
    return reinterpret_cast<SegmentRef*>(directory_word_ & 0xffffffffffff);
  }
  SegmentRef RefOf(uint64_t rest) const {
    if (directory_word_ == 0) return single_;
    return Directory()[rest >> (64 - DirectoryBits())];
  }
  // The same without the lock. Each word is loaded once, so that a directory comes with
  // its own size; the loads pair with Publish.
  SKARN_RACY_PART SegmentRef GlanceAt(uint64_t rest) const {
    const uint64_t word = __atomic_load_n(&directory_word_, __ATOMIC_ACQUIRE);
    const SegmentRef* const place =
        word == 0 ? &single_
                  : reinterpret_cast<const SegmentRef*>(word & 0xffffffffffff) +
                        (rest >> (64 - (word >> 48)));
    return place->Glance();
  }
  // Before a segment or a directory comes within reach: who glances at it finds it
  // complete.
  static void Publish() { std::atomic_thread_fence(std::memory_order_release); }
  void SetDirectoryWord(uint64_t word) {
    Publish();
    __atomic_store_n(&directory_word_, word, __ATOMIC_RELAXED);
  }

  template <class Matches>
  __attribute__((always_inline)) static inline int SlotOf(const Bucket* bucket,
                                                          uint16_t tag,
                                                          Matches&& matches) {
    uint32_t found = MatchTags(bucket, tag) & bucket->present;
    for (; found != 0; found &= found - 1) {
      const int slot = std::countr_zero(found);
      if (matches(bucket->Block(static_cast<unsigned>(slot)))) return slot;
    }
    return -1;
  }

  template <class Matches>
  static __attribute__((noinline)) Place FindElsewhere(SegmentRef ref, Bucket* home,
                                                       uint16_t tag, Matches&& matches) {
    if (home->NextCount() != 0) {
      if (const int slot = SlotOf(home + 1, tag, matches); slot >= 0) {
        return {ref.get(), home, home + 1, static_cast<unsigned>(slot)};
      }
    }
    if (home->StashCount() == 0) return {};
    Bucket* stash = ref->Buckets() + ref.BucketCount();
    for (unsigned i = 0; i < ref->stash_count; ++i) {
      if (const int slot = SlotOf(stash + i, tag, matches); slot >= 0) {
        return {ref.get(), home, stash + i, static_cast<unsigned>(slot)};
      }
    }
    return {};
  }

  struct Slot {
    uint16_t tag;
    void* block;
    bool has_expiry;
    bool is_saved;
  };

  Segment* NewSegment(unsigned buckets, unsigned stash);
  Segment* NewSegment(unsigned buckets) { return NewSegment(buckets, StashFor(buckets)); }
  void FreeSegment(Segment* segment);
  void FreeSegments();
  static Place Put(Bucket* bucket, Bucket* home, Segment* segment, const Slot& slot,
                   uint16_t epoch);
  // Places a slot, or returns an empty place when home, neighbour and stash are full.
  static Place TryPlace(SegmentRef ref, const Slot& slot, uint16_t epoch);
  static bool MakeRoomBehind(SegmentRef ref, Bucket* next);
  // The segment copied to one of this shape, or null when it does not fit.
  Segment* Rebuild(SegmentRef ref, unsigned buckets, unsigned stash);
  void Grow(SegmentRef ref, uint64_t rest);
  void Shrink(SegmentRef ref, uint64_t rest);
  void GrowStash(SegmentRef ref, uint64_t rest);
  void Split(SegmentRef ref, uint64_t rest);
  void MergeWithNeighbour(SegmentRef ref, uint64_t rest);
  // A new segment of these slots, with room to spare.
  struct SavedSlot {
    Slot slot;
    uint16_t epoch;
  };
  SegmentRef MakeSegment(const std::vector<SavedSlot>& slots, unsigned window,
                         unsigned shift);
  // Puts a copy at `to` in the segment's place; returns the old one.
  Segment* CopySegment(SegmentRef ref, uint64_t rest, void* to);
  void DoubleDirectory();
  void HalveDirectory();
  void SetRange(uint64_t rest, unsigned depth, SegmentRef ref);
  static unsigned StepAtLeast(unsigned buckets);
  SegmentRef single_;  // The only segment, while there is no directory.
  // Pointer to 2^n segments by leading hash bits, and n in the top 16 bits; 0 without.
  uint64_t directory_word_ = 0;
  uint32_t deepest_count_ = 0;  // Segments that use all n bits.
  uint32_t line_count_max_ = kLinesMax;
  uint64_t size_ = 0;
  uint64_t size_bytes_ = 0;
};

}  // namespace skarn

#include "types/leaf_table_inl.h"

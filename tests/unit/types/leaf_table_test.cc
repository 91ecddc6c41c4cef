// SPDX-License-Identifier: BSD-3-Clause
#include "types/leaf_table.h"

#include <cmath>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace skarn {
namespace {

// Sanitized builds do the long tests in part.
#ifdef SKARN_SANITIZED
constexpr int kThrift = 4;
#else
constexpr int kThrift = 1;
#endif

// A block of the tests: its hash and a number.
struct Item {
  uint64_t hash;
  uint64_t number;
};
uint64_t HashOfItem(const void* item) {
  return static_cast<const Item*>(item)->hash;
}

using Table = LeafTable<0, &HashOfItem>;
using PrefixTable = LeafTable<12, &HashOfItem>;

uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

const Item* ItemAt(const Place& place) {
  return static_cast<const Item*>(place.Block());
}

template <class AnyTable>
Place FindItem(const AnyTable& table, uint64_t hash, uint64_t number) {
  return table.Find(hash, [&](const void* block) {
    return static_cast<const Item*>(block)->number == number;
  });
}

// A table together with what it should hold.
template <class AnyTable>
struct Model {
  using HashFunction = uint64_t (*)(uint64_t number);

  explicit Model(HashFunction function) : hash_of(function) {}

  bool Insert(uint64_t number) {
    const uint64_t hash = hash_of(number);
    if (FindItem(table, hash, number)) return false;
    auto item = std::make_unique<Item>(Item{hash, number});
    const Place place = table.Insert(hash, item.get(), number % 3 == 0, 0);
    EXPECT_EQ(place.Block(), item.get());
    EXPECT_EQ(place.bucket->HasExpiry(place.slot), number % 3 == 0);
    items.emplace(number, std::move(item));
    return true;
  }
  bool Erase(uint64_t number) {
    const uint64_t hash = hash_of(number);
    const Place place = FindItem(table, hash, number);
    if (!place) return false;
    table.Erase(place, hash);
    items.erase(number);
    return true;
  }
  // Everything is found, and nothing else is there.
  void Check() const {
    ASSERT_EQ(table.size(), items.size());
    for (const auto& [number, item] : items) {
      const Place place = FindItem(table, item->hash, number);
      ASSERT_TRUE(place) << number;
      ASSERT_EQ(place.Block(), item.get());
      ASSERT_EQ(place.bucket->HasExpiry(place.slot), number % 3 == 0);
    }
    size_t visited = 0, counted = 0, segment_bytes = 0;
    table.ForEach([&](const Place& place) {
      ++visited;
      ASSERT_TRUE(items.contains(ItemAt(place)->number));
    });
    ASSERT_EQ(visited, items.size());
    table.ForEachSegment([&](const Segment* segment) {
      size_t slots = 0;
      segment->ForEachSlot([&](const Bucket&, unsigned) { ++slots; });
      ASSERT_EQ(slots, segment->count);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(segment) % 64, 0u);
      counted += slots;
      segment_bytes += segment->SizeBytes();
    });
    ASSERT_EQ(counted, items.size());
    ASSERT_GE(table.SizeBytes(), segment_bytes);
  }

  HashFunction hash_of;
  AnyTable table;
  std::unordered_map<uint64_t, std::unique_ptr<Item>> items;
};

TEST(LeafTableTest, StartsEmpty) {
  Table table;
  EXPECT_TRUE(table.empty());
  EXPECT_FALSE(FindItem(table, 1, 1));
  EXPECT_EQ(table.VisitHome(0, [](const Place&) { FAIL(); }), 0u);
  EXPECT_EQ(table.SizeBytes(), 0u);
}

// Grows and shrinks in waves, so that every step of a segment, splits, merges and both
// directions of the directory come up.
template <class AnyTable>
void RunWaves(size_t wave_count, uint64_t range, uint64_t (*hash_of)(uint64_t)) {
  Model<AnyTable> model(hash_of);
  Random random(range + wave_count);
  for (size_t wave = 0; wave < wave_count; ++wave) {
    const bool grows = wave % 2 == 0;
    const uint64_t operations = range / 4 + random.Below(range);
    for (uint64_t i = 0; i < operations; ++i) {
      const uint64_t number = random.Below(range);
      const bool inserts = random.Below(100) < (grows ? 80 : 8);
      const bool was_there = model.items.contains(number);
      if (inserts) {
        ASSERT_EQ(model.Insert(number), !was_there);
      } else {
        ASSERT_EQ(model.Erase(number), was_there);
      }
    }
    ASSERT_NO_FATAL_FAILURE(model.Check());
  }
  while (!model.items.empty()) model.Erase(model.items.begin()->first);
  ASSERT_NO_FATAL_FAILURE(model.Check());
  EXPECT_LE(model.table.SizeBytes(), 1024u);
}

TEST(LeafTableTest, AgreesWithAModelWhenSmall) {
  RunWaves<Table>(2000, 60, &Mix);
}
TEST(LeafTableTest, AgreesWithAModelWhenMedium) {
  RunWaves<Table>(200, 5000, &Mix);
}
TEST(LeafTableTest, AgreesWithAModelWhenLarge) {
  RunWaves<Table>(10, 400'000 / kThrift, &Mix);
}
TEST(LeafTableTest, AgreesWithAModelBehindAPrefix) {
  // As in a shard: the leading 12 bits are the same for all.
  RunWaves<PrefixTable>(40, 50'000,
                        [](uint64_t n) { return Mix(n) >> 12 | uint64_t{0xabc} << 52; });
}

TEST(LeafTableTest, HoldsEqualHashes) {
  RunWaves<Table>(10, 1000, [](uint64_t) { return uint64_t{0x123456789abcdef0}; });
  RunWaves<Table>(10, 3000, [](uint64_t n) { return Mix(n % 20); });
  // Equal in the leading bits, among well spread ones.
  RunWaves<Table>(10, 4000,
                  [](uint64_t n) { return n % 2 == 0 ? Mix(n) : Mix(n) >> 40; });
}

TEST(LeafTableTest, KeepsTheDirectorySmallWhateverTheHashes) {
  Model<Table> model([](uint64_t) { return ~uint64_t{0}; });
  for (uint64_t i = 0; i < 2000; ++i) model.Insert(i);
  EXPECT_LE(model.table.SizeBytes(), 2000u * 64);
  ASSERT_NO_FATAL_FAILURE(model.Check());
  // Random picks reach the blocks in the stash, too.
  std::unordered_set<uint64_t> picked;
  Random random(1);
  for (int i = 0; i < 40000; ++i) {
    picked.insert(ItemAt(model.table.PickRandom([&] { return random.Next(); }))->number);
  }
  EXPECT_EQ(picked.size(), 2000u);
}

// What was there from the first call of a scan to the last is visited, whatever happens
// to the table between the calls. Positions ascend.
void ScanWhileChanging(uint64_t start, uint64_t range, bool grows, uint64_t seed,
                       uint64_t (*hash_of)(uint64_t) = &Mix) {
  Model<Table> model(hash_of);
  Random random(seed);
  std::unordered_set<uint64_t> lasting;
  for (uint64_t i = 0; i < start; ++i) {
    const uint64_t number = random.Below(range);
    model.Insert(number);
  }
  for (const auto& [number, item] : model.items) {
    if (random.Below(4) == 0) lasting.insert(number);
  }
  std::unordered_set<uint64_t> seen;
  uint64_t position = 0;
  do {
    const uint64_t next = model.table.VisitHome(
        position, [&](const Place& place) { seen.insert(ItemAt(place)->number); });
    ASSERT_TRUE(next == 0 || next > position);
    // Cursors of 48 bits are enough.
    ASSERT_EQ(next & 0xffff, 0u);
    position = next;
    const uint64_t changes = random.Below(40) == 0 ? 1 + range / 8 : 3;
    for (uint64_t i = 0; i < changes; ++i) {
      const uint64_t number = random.Below(range);
      if (random.Below(100) < (grows ? 75 : 10)) {
        model.Insert(number);
      } else if (!lasting.contains(number)) {
        model.Erase(number);
      }
    }
  } while (position != 0);
  for (const uint64_t number : lasting) ASSERT_TRUE(seen.contains(number)) << number;
}

TEST(LeafTableTest, ScanMissesNothingUnderGrowthAndShrink) {
  for (uint64_t seed = 0; seed < 60 / kThrift; ++seed) {
    ASSERT_NO_FATAL_FAILURE(ScanWhileChanging(20, 400, true, seed));
    ASSERT_NO_FATAL_FAILURE(ScanWhileChanging(300, 400, false, seed));
    ASSERT_NO_FATAL_FAILURE(ScanWhileChanging(500, 9000, true, seed));
    ASSERT_NO_FATAL_FAILURE(ScanWhileChanging(9000, 9000, false, seed));
  }
  for (uint64_t seed = 0; seed < 4 / kThrift; ++seed) {
    ASSERT_NO_FATAL_FAILURE(ScanWhileChanging(1000, 100'000, true, seed));
    ASSERT_NO_FATAL_FAILURE(ScanWhileChanging(100'000, 100'000, false, seed));
  }
}

TEST(LeafTableTest, ScanMissesNothingAtTheEdgesOfHomes) {
  // Every position that 16 bits can tell apart holds a block, so every edge has one
  // beside it.
  const auto hash_of = [](uint64_t n) -> uint64_t { return n << 45; };
  for (uint64_t seed = 0; seed < 8 / kThrift; ++seed) {
    ASSERT_NO_FATAL_FAILURE(ScanWhileChanging(2000, 65536, true, seed, hash_of));
    ASSERT_NO_FATAL_FAILURE(ScanWhileChanging(100'000, 65536, false, seed, hash_of));
  }
}

TEST(LeafTableTest, ScanTakesAnyPosition) {
  Model<Table> model(&Mix);
  for (uint64_t i = 0; i < 5000; ++i) model.Insert(i);
  Random random(3);
  for (int i = 0; i < 10000; ++i) {
    const uint64_t position = random.Next();
    const uint64_t next = model.table.VisitHome(position, [](const Place&) {});
    ASSERT_TRUE(next == 0 || next > position);
  }
}

// Chi-square over all blocks: below the mean plus six deviations.
void CheckEvenness(const Model<Table>& model, uint64_t seed) {
  Random random(seed);
  const size_t count = model.items.size();
  const size_t picks = count * 60;
  std::unordered_map<uint64_t, size_t> hits;
  for (size_t i = 0; i < picks; ++i) {
    ++hits[ItemAt(model.table.PickRandom([&] { return random.Next(); }))->number];
  }
  double chi_square = 0;
  for (const auto& [number, item] : model.items) {
    const double difference = static_cast<double>(hits[number]) - 60;
    chi_square += difference * difference / 60;
  }
  const double freedom = static_cast<double>(count) - 1;
  EXPECT_LT(chi_square, freedom + 6 * std::sqrt(2 * freedom) + 6) << count;
}

TEST(LeafTableTest, PicksEvenly) {
  for (const uint64_t count : {1, 2, 7, 30, 500, 3000, 20'000}) {
    Model<Table> model(&Mix);
    for (uint64_t i = 0; i < count; ++i) model.Insert(i);
    CheckEvenness(model, count);
    // And when it has run nearly empty.
    for (uint64_t i = 0; i < count; ++i) {
      if (i % 50 != 0) model.Erase(i);
    }
    CheckEvenness(model, count + 1);
  }
}

TEST(LeafTableTest, ReservesRoomForMany) {
  for (const size_t count : {0, 1, 10, 400, 1000, 100'000}) {
    Model<Table> model(&Mix);
    model.table.Reserve(count);
    const size_t reserved = model.table.SizeBytes();
    for (uint64_t i = 0; i < count; ++i) model.Insert(i);
    ASSERT_NO_FATAL_FAILURE(model.Check());
    if (count >= 1000) {
      EXPECT_LE(model.table.SizeBytes(), reserved * 11 / 10);
    }
    for (uint64_t i = 0; i < count; ++i) model.Erase(i);
    ASSERT_NO_FATAL_FAILURE(model.Check());
  }
}

TEST(LeafTableTest, ClonesASegmentAndLeavesTheOldOne) {
  Model<Table> model(&Mix);
  for (uint64_t i = 0; i < 3000; ++i) model.Insert(i);
  std::vector<Segment*> old;
  for (uint64_t i = 0; i < 3000; ++i) {
    const uint64_t hash = Mix(i);
    if (model.table.SegmentOf(hash)->stamp == 7) continue;
    Segment* const before = model.table.SegmentOf(hash);
    ASSERT_EQ(model.table.CloneSegment(hash, 7), before);
    ASSERT_NE(model.table.SegmentOf(hash), before);
    ASSERT_EQ(model.table.SegmentOf(hash)->stamp, 7u);
    old.push_back(before);
  }
  std::unordered_set<uint64_t> numbers;
  for (uint64_t i = 0; i < 3000; ++i) numbers.insert(i);
  for (uint64_t i = 0; i < 3000; i += 2) model.Erase(i);
  ASSERT_NO_FATAL_FAILURE(model.Check());
  // The old segments still list everything (the erased blocks themselves are gone).
  size_t listed = 0;
  for (Segment* segment : old) {
    segment->ForEachSlot([&](const Bucket&, unsigned) { ++listed; });
    memory::Free(segment, segment->SizeBytes());
  }
  EXPECT_EQ(listed, 3000u);
}

TEST(LeafTableTest, MergesOnlySegmentsOfOneStamp) {
  Model<Table> model(&Mix);
  for (uint64_t i = 0; i < 20'000; ++i) model.Insert(i);
  size_t half = 0;
  std::vector<Segment*> all;
  model.table.ForEachSegment([&](Segment* segment) { all.push_back(segment); });
  for (Segment* segment : all) segment->stamp = half++ % 2;
  for (uint64_t i = 0; i < 20'000; ++i) model.Erase(i);
  size_t left = 0;
  model.table.ForEachSegment([&](Segment*) { ++left; });
  EXPECT_GT(left, 1u);
}

TEST(LeafTableTest, KeepsMarksOfTheSnapshot) {
  Table table;
  std::vector<std::unique_ptr<Item>> items;
  Random random(5);
  constexpr uint16_t kEpoch = 9;
  // Those before the cut are unmarked, those behind it marked; both survive every move.
  for (uint64_t i = 0; i < 4000; ++i) {
    items.push_back(std::make_unique<Item>(Item{Mix(i), i}));
    table.Insert(Mix(i), items.back().get(), false, i < 2000 ? uint16_t{0} : kEpoch);
  }
  for (uint64_t i = 0; i < 4000; ++i) {
    const Place place = FindItem(table, Mix(i), i);
    ASSERT_EQ(place.bucket->IsSaved(place.slot, kEpoch), i >= 2000) << i;
    if (i % 5 != 0) table.Erase(place, Mix(i));
  }
  for (uint64_t i = 0; i < 4000; i += 5) {
    const Place place = FindItem(table, Mix(i), i);
    ASSERT_EQ(place.bucket->IsSaved(place.slot, kEpoch), i >= 2000) << i;
  }
}

TEST(LeafTableTest, TakesFewBytesPerKey) {
  double sum = 0;
  size_t sizes = 0;
  for (double size = 1000; size < 1'500'000 / kThrift; size *= 1.3) {
    const auto count = static_cast<uint64_t>(size);
    Table table;
    std::vector<Item> items(count);
    for (uint64_t i = 0; i < count; ++i) {
      items[i] = {Mix(i), i};
      table.Insert(items[i].hash, &items[i], false, 0);
    }
    const double bytes = static_cast<double>(table.SizeBytes()) / size;
    fmt::print("{:8} keys: {:5.2f} bytes per key\n", count, bytes);
    sum += bytes;
    ++sizes;
  }
  fmt::print("on average: {:.2f}\n", sum / static_cast<double>(sizes));
  EXPECT_LE(sum / static_cast<double>(sizes), 12.5);
}

}  // namespace
}  // namespace skarn

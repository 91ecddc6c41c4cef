// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/compaction.h"

#include <string>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "keyspace_fixture.h"
#include "types/hash_table.h"

namespace skarn {
namespace {

constexpr uint64_t kSeed = 20260712;

class CompactionTest : public KeyspaceFixture {
 protected:
  // Rounds until no more begins.
  int Compact() {
    int rounds = 0;
    int64_t now_us = 1;
    for (int i = 0; i < 20; ++i) {
      compactor_.MayBeginRound(now_us += 100'000'000'000);
      if (!compactor_.IsWorking()) break;
      ++rounds;
      while (compactor_.Work(MonotonicMicros() + 200)) {
      }
    }
    return rounds;
  }

  CompactionRound round_;
  Compactor compactor_{view_, listener_, round_, 0, 1};
};

#ifndef SKARN_SANITIZED
TEST_F(CompactionTest, GivesHolesBackAndKeepsEveryValue) {
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  std::map<std::string, std::string> expected;
  for (int i = 0; i < 100000; ++i) {
    const std::string key = "key:" + std::to_string(i);
    std::string value(random.Below(1000) + 16, static_cast<char>('a' + i % 26));
    Put(key, value, i % 5 == 0 ? kNow + 1000000 : kNoExpiry);
    if (random.Below(2) == 0) expected[key] = std::move(value);
  }
  for (int i = 0; i < 100000; ++i) {
    const std::string key = "key:" + std::to_string(i);
    if (!expected.contains(key)) Erase(key);
  }
  cache_.Flush();
  const int64_t holes = memory::FreeSlabBytes();
  ASSERT_GT(holes, 15 << 20);
  EXPECT_GT(Compact(), 0);
  EXPECT_LT(memory::FreeSlabBytes(), 9 << 20);
  EXPECT_GT(compactor_.statistics().moved_keys, 1000u);
  ASSERT_EQ(KeyCount(), expected.size());
  for (const auto& [key, value] : expected) {
    const Entry* entry = Peek(key);
    ASSERT_NE(entry, nullptr);
    ASSERT_EQ(entry->value(), value);
  }
}

TEST_F(CompactionTest, MovesFieldsOfBigHashes) {
  const Key key = MakeKey("hash");
  auto* table = new HashTable;
  for (int i = 0; i < 200000; ++i)
    table->Set("field:" + std::to_string(i), std::string(150, 'v'));
  for (int i = 0; i < 200000; ++i) {
    if (i % 3 != 0) table->Erase("field:" + std::to_string(i));
  }
  Found found = view_.FindForWrite(key);
  view_.PutTable(key, found, table, kNoExpiry);
  cache_.Flush();
  ASSERT_GT(memory::FreeSlabBytes(), 15 << 20);
  EXPECT_GT(Compact(), 0);
  EXPECT_LT(memory::FreeSlabBytes(), 9 << 20);
  for (int i = 0; i < 200000; ++i) {
    const Field* field = table->Find("field:" + std::to_string(i));
    ASSERT_EQ(field != nullptr, i % 3 == 0);
    if (field != nullptr) {
      ASSERT_EQ(field->value(), std::string(150, 'v'));
    }
  }
}
#endif

TEST_F(CompactionTest, LeavesADenseKeyspaceAlone) {
  for (int i = 0; i < 1000; ++i) Put("key:" + std::to_string(i), "value");
  EXPECT_EQ(Compact(), 0);
}

TEST_F(CompactionTest, WaitsWhileASnapshotRuns) {
  SnapshotLane lane(1);
  keyspace_.set_lane(&lane);
  EXPECT_EQ(Compact(), 0);
  keyspace_.set_lane(nullptr);
}

}  // namespace
}  // namespace skarn

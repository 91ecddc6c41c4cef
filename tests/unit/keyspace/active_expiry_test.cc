// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/active_expiry.h"

#include <string>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "keyspace_fixture.h"
#include "types/hash_table.h"

namespace skarn {
namespace {

class ActiveExpiryTest : public KeyspaceFixture {
 protected:
  void RunRound(ActiveExpiry& expiry) {
    expiry.BeginRound();
    while (expiry.Work(MonotonicMicros() + 200)) {
    }
  }
  // A hash of `count` fields that expire and one that does not.
  void PutHash(const std::string& name, size_t count, ExpiryMillis expiry) {
    const Key key = MakeKey(name);
    Found found = view_.FindForWrite(key);
    auto* const table = new HashTable;
    view_.PutTable(key, found, table, kNoExpiry);
    for (size_t i = 0; i < count; ++i)
      table->Set("field:" + std::to_string(i), "value", expiry);
    table->Set("kept", "value");
    view_.NoteFieldExpiry(found, /*had_expiry=*/false);
  }
};

TEST_F(ActiveExpiryTest, ErasesDueKeysInAllDatabasesAndNoOthers) {
  for (const unsigned db : {0u, 3u, 15u}) {
    view_.SelectDatabase(db);
    for (int i = 0; i < 3000; ++i) {
      const std::string key = "key:" + std::to_string(i);
      Put(key, "value", i % 3 == 0 ? kNow + 10 : i % 3 == 1 ? kNow + 100000 : kNoExpiry);
    }
  }
  ActiveExpiry expiry(view_, listener_, 0, 1);
  RunRound(expiry);
  EXPECT_EQ(KeyCount(0), 3000u);
  view_.SetNow(kNow + 11);
  RunRound(expiry);
  for (const unsigned db : {0u, 3u, 15u}) EXPECT_EQ(KeyCount(db), 2000u) << db;
  EXPECT_EQ(view_.stats().expired_keys, 3000u);
}

TEST_F(ActiveExpiryTest, KnowsWhenTheNextKeyIsDue) {
  Put("soon", "value", kNow + 10);
  Put("later", "value", kNow + 5000);
  Shard& soon = keyspace_.ShardOf(0, MakeKey("soon"));
  Shard& later = keyspace_.ShardOf(0, MakeKey("later"));
  view_.SetNow(kNow + 11);
  ActiveExpiry expiry(view_, listener_, 0, 1);
  RunRound(expiry);
  EXPECT_EQ(soon.expiry_count, 0u);
  if (&soon != &later) {
    EXPECT_EQ(soon.next_expiry, std::numeric_limits<ExpiryMillis>::max());
  }
  EXPECT_EQ(later.next_expiry, kNow + 5000);
}

TEST_F(ActiveExpiryTest, TakesOnlyTheShardsOfItsWorker) {
  for (int i = 0; i < 4000; ++i) Put("key:" + std::to_string(i), "value", kNow + 10);
  view_.SetNow(kNow + 11);
  ActiveExpiry second(view_, listener_, 1, 3);
  RunRound(second);
  const Database& database = *keyspace_.FindDatabase(0);
  for (size_t i = 0; i < kShardCount; ++i) {
    if (i % 3 == 1) EXPECT_TRUE(database.shards[i].table.empty());
  }
  EXPECT_GT(KeyCount(), 2000u);
  ActiveExpiry first(view_, listener_, 0, 3), third(view_, listener_, 2, 3);
  RunRound(first);
  RunRound(third);
  EXPECT_EQ(KeyCount(), 0u);
}

TEST_F(ActiveExpiryTest, RaisesEventsAndLeavesBusyShardsForLater) {
  view_.SetEventMask(Bit(EventKind::kKeyevent) | Bit(EventKind::kExpired));
  keyspace_.set_concurrent(true);
  Put("key", "value", kNow + 10);
  view_.SetNow(kNow + 11);
  Shard& shard = keyspace_.ShardOf(0, MakeKey("key"));
  ActiveExpiry expiry(view_, listener_, 0, 1);
  ASSERT_TRUE(shard.lock.TryLock());
  RunRound(expiry);
  EXPECT_EQ(KeyCount(), 1u);
  ASSERT_FALSE(shard.lock.Unlock());
  RunRound(expiry);
  EXPECT_EQ(KeyCount(), 0u);
  EXPECT_EQ(listener_.events, std::vector<std::string>{"expired key"});
  keyspace_.set_concurrent(false);
}

TEST_F(ActiveExpiryTest, SpendsLessWhenFewKeysAreDue) {
  ActiveExpiry expiry(view_, listener_, 0, 1);
  EXPECT_LT(expiry.BudgetPercent(1), 2);
  expiry.statistics().stale_percent = 50;
  EXPECT_EQ(expiry.BudgetPercent(1), 25);
  EXPECT_EQ(expiry.BudgetPercent(10), 43);
}

TEST_F(ActiveExpiryTest, ErasesAllDueFieldsOfAHashInOneRound) {
  PutHash("hash", 20000, kNow + 10);
  PutHash("other", 100, kNow + 10);
  view_.SetEventMask(Bit(EventKind::kKeyevent) | Bit(EventKind::kExpired));
  view_.SetNow(kNow + 11);
  ActiveExpiry expiry(view_, listener_, 0, 1);
  RunRound(expiry);
  EXPECT_EQ(KeyCount(), 2u);
  EXPECT_EQ(Peek("hash")->table()->size(), 1u);
  EXPECT_EQ(Peek("other")->table()->size(), 1u);
  EXPECT_EQ(view_.stats().expired_fields, 20100u);
  EXPECT_EQ(listener_.events.size(), 252u);  // A step takes 80.
  EXPECT_GT(expiry.statistics().stale_percent, 50);
}

TEST_F(ActiveExpiryTest, GoesOnWithAHashAfterTheSlice) {
  PutHash("hash", 20000, kNow + 10);
  view_.SetNow(kNow + 11);
  ActiveExpiry expiry(view_, listener_, 0, 1);
  expiry.BeginRound();
  int turns = 0;
  while (expiry.Work(MonotonicMicros())) {
    if (++turns == 100) EXPECT_EQ(Peek("hash")->table()->size(), 20001u - 8000u);
    // Gone in the middle of it: the round goes on without.
    if (turns == 200) Erase("hash");
  }
  EXPECT_EQ(turns, 201);
  EXPECT_EQ(KeyCount(), 0u);
}

TEST_F(ActiveExpiryTest, FinishesBigShardsInSteps) {
  // A quarter of a million keys make some sixty a shard.
  for (int i = 0; i < 250000; ++i)
    Put("key:" + std::to_string(i), "v", kNow + 1 + i % 100);
  view_.SetNow(kNow + 1000);
  ActiveExpiry expiry(view_, listener_, 0, 1);
  expiry.BeginRound();
  int turns = 0;
  while (expiry.Work(MonotonicMicros() + 200)) ++turns;
  EXPECT_GT(turns, 10);
  EXPECT_EQ(KeyCount(), 0u);
  EXPECT_GT(expiry.statistics().stale_percent, 50);
}

}  // namespace
}  // namespace skarn

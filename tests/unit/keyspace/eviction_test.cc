// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/eviction.h"

#include <string>

#include <gtest/gtest.h>

#include "base/memory.h"
#include "keyspace_fixture.h"

namespace skarn {
namespace {

class EvictionTest : public KeyspaceFixture {
 protected:
  // Evicts until about `bytes` are free. Other allocations of the test do not count.
  Evictor::Outcome Free(int64_t bytes, int samples = 5) {
    Evictor evictor(view_, listener_, goal_);
    memory::RefreshOtherBytes();  // Keep may do so too: both shall see the same.
    return evictor.Keep({.limit_bytes = evictor.CountedBytes() - bytes,
                         .samples = samples,
                         .time_us_max = 10'000'000});
  }
  void Fill(int count, ExpiryMillis expiry = kNoExpiry) {
    for (int i = 0; i < count; ++i) Put(Name(i), std::string(100, 'v'), expiry);
  }
  static std::string Name(int i) { return "key:" + std::to_string(i); }
  int CountIn(int first, int last) {
    int count = 0;
    for (int i = first; i < last; ++i) count += Peek(Name(i)) != nullptr;
    return count;
  }

  EvictionGoal goal_;
};

TEST_F(EvictionTest, KeepsWhatFits) {
  keyspace_.policy = EvictionPolicy::kAllKeysLru;
  Fill(100);
  EXPECT_EQ(Free(-1000), Evictor::Outcome::kKept);
  EXPECT_EQ(KeyCount(), 100u);
}

TEST_F(EvictionTest, RefusesWithoutAPolicy) {
  Fill(100);
  EXPECT_EQ(Free(1000), Evictor::Outcome::kFailed);
  EXPECT_EQ(KeyCount(), 100u);
}

TEST_F(EvictionTest, FreesWhatIsAskedForAndLittleMore) {
  keyspace_.policy = EvictionPolicy::kAllKeysRandom;
  Fill(10000);
  EXPECT_EQ(Free(200 * 120), Evictor::Outcome::kKept);
  EXPECT_LT(KeyCount(), 9850u);
  EXPECT_GT(KeyCount(), 9650u);
  EXPECT_EQ(view_.stats().evicted_keys, 10000 - KeyCount());
  EXPECT_EQ(goal_.claimed_bytes, 0);
}

TEST_F(EvictionTest, KeepsTypesWhenThePolicyChangesBetweenTwoCommands) {
  view_.SetNow(kNow);
  Fill(1);
  keyspace_.policy = EvictionPolicy::kAllKeysLfu;
  const std::string name = Name(0);
  const Entry* entry = view_.Find(MakeKey(name));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->type(), ValueType::kString);
  EXPECT_EQ(entry->encoding(), Encoding::kBytes);
}

TEST_F(EvictionTest, PrefersKeysNotUsedForLong) {
  keyspace_.policy = EvictionPolicy::kAllKeysLru;
  view_.SetNow(kNow);
  Fill(10000);
  view_.SetNow(kNow + 100000);
  for (int i = 5000; i < 10000; ++i) view_.Find(MakeKey(Name(i)));
  ASSERT_EQ(Free(2500 * 120), Evictor::Outcome::kKept);
  EXPECT_LT(CountIn(0, 5000), 3000);
  EXPECT_GT(CountIn(5000, 10000), 4900);
}

TEST_F(EvictionTest, PrefersKeysSeldomUsed) {
  keyspace_.policy = EvictionPolicy::kAllKeysLfu;
  view_.SetNow(kNow);
  Fill(10000);
  for (int round = 0; round < 30; ++round) {
    for (int i = 5000; i < 10000; ++i) view_.Find(MakeKey(Name(i)));
  }
  ASSERT_EQ(Free(2500 * 120), Evictor::Outcome::kKept);
  EXPECT_LT(CountIn(0, 5000), 3000);
  EXPECT_GT(CountIn(5000, 10000), 4900);
}

TEST_F(EvictionTest, VolatilePoliciesSpareKeysWithoutExpiry) {
  for (const EvictionPolicy policy :
       {EvictionPolicy::kVolatileLru, EvictionPolicy::kVolatileLfu,
        EvictionPolicy::kVolatileRandom, EvictionPolicy::kVolatileTtl}) {
    keyspace_.policy = policy;
    view_.SetNow(kNow);
    Fill(1000);
    for (int i = 0; i < 20; ++i)
      Put("volatile:" + std::to_string(i), "value", kNow + 100000);
    EXPECT_EQ(Free(1 << 20), Evictor::Outcome::kFailed);
    EXPECT_EQ(CountIn(0, 1000), 1000);
    EXPECT_EQ(KeyCount(), 1000u);
  }
}

TEST_F(EvictionTest, VolatileTtlTakesTheSoonestFirst) {
  keyspace_.policy = EvictionPolicy::kVolatileTtl;
  for (int i = 0; i < 10000; ++i)
    Put(Name(i), std::string(100, 'v'), kNow + 1000 + i * 100);
  ASSERT_EQ(Free(2500 * 120), Evictor::Outcome::kKept);
  // Shards that run empty free their tables too, so a few keys less than 2500 have gone.
  const int evicted = 10000 - static_cast<int>(KeyCount());
  EXPECT_GT(evicted, 2000);
  EXPECT_GT(2500 - CountIn(0, 2500), evicted * 2 / 3);
  EXPECT_GT(CountIn(5000, 10000), 4900);
}

TEST_F(EvictionTest, FindsTheLastKeyOfAnyDatabase) {
  keyspace_.policy = EvictionPolicy::kAllKeysLru;
  view_.SelectDatabase(9);
  Put("only", "value");
  EXPECT_EQ(Free(1 << 20), Evictor::Outcome::kFailed);
  EXPECT_EQ(KeyCount(9), 0u);
}

TEST_F(EvictionTest, LeavesToOthersWhatTheyHaveClaimed) {
  keyspace_.policy = EvictionPolicy::kAllKeysLru;
  Fill(1000);
  goal_.claimed_bytes = 100000;
  EXPECT_EQ(Free(50000), Evictor::Outcome::kRunning);
  EXPECT_EQ(KeyCount(), 1000u);
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "base/random.h"

#include <limits>
#include <set>
#include <thread>

#include <gtest/gtest.h>

namespace skarn {
namespace {

TEST(RandomTest, SameSeedGivesSameNumbers) {
  Random a(7), b(7), c(8);
  for (int i = 0; i < 100; ++i) {
    const uint64_t next = a.Next();
    EXPECT_EQ(next, b.Next());
    EXPECT_NE(next, c.Next());
  }
}

TEST(RandomTest, StaysInsideItsRanges) {
  Random random(1);
  std::set<int64_t> seen;
  for (int i = 0; i < 10000; ++i) {
    EXPECT_LT(random.Below(3), 3u);
    const int64_t value = random.Between(-2, 2);
    EXPECT_GE(value, -2);
    EXPECT_LE(value, 2);
    seen.insert(value);
    const double fraction = random.NextDouble();
    EXPECT_GE(fraction, 0);
    EXPECT_LT(fraction, 1);
  }
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(random.Below(0), 0u);
  random.Between(std::numeric_limits<int64_t>::min(),
                 std::numeric_limits<int64_t>::max());
}

TEST(RandomTest, ThreadsHaveTheirOwnNumbers) {
  const uint64_t mine = ThreadRandom().Next();
  uint64_t other = mine;
  std::thread([&other] { other = ThreadRandom().Next(); }).join();
  EXPECT_NE(mine, other);
}

TEST(RandomTest, HexHasTheSizeAskedFor) {
  const std::string id = RandomHex(40);
  EXPECT_EQ(id.size(), 40u);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(id, RandomHex(40));
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "command/statistics.h"

#include <utility>

#include <gtest/gtest.h>

namespace skarn {
namespace {

TEST(DurationTest, BucketsAreThoseOfTwoSignificantDigits) {
  for (const auto& [nanoseconds, longest] : {std::pair<uint64_t, uint64_t>{1, 1},
                                             {255, 255},
                                             {256, 257},
                                             {1000, 1003},
                                             {1023, 1023},
                                             {1024, 1031},
                                             {100'000, 100'351},
                                             {kDurationMax, 1'002'438'655}}) {
    EXPECT_EQ(DurationOfBucket(DurationBucket(nanoseconds)), longest) << nanoseconds;
  }
}

TEST(DurationTest, BucketsFollowOneAnother) {
  for (size_t bucket = 0; bucket < kDurationBuckets; ++bucket) {
    const uint64_t longest = DurationOfBucket(bucket);
    ASSERT_EQ(DurationBucket(longest), bucket);
    ASSERT_EQ(DurationBucket(longest + 1), bucket + 1);
  }
}

// LATENCY HISTOGRAM sums whole buckets up to a power of two.
TEST(DurationTest, PowersOfTwoBeginBuckets) {
  for (unsigned power = 1; power <= 30; ++power) {
    const uint64_t bound = uint64_t{1} << power;
    EXPECT_EQ(DurationOfBucket(DurationBucket(bound) - 1), bound - 1) << power;
  }
}

}  // namespace
}  // namespace skarn

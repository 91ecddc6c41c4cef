// SPDX-License-Identifier: BSD-3-Clause
#include "arch/tag_match.h"

#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "guarded_bytes.h"

namespace skarn {
namespace {

TEST(TagMatchTest, FindsEachLaneAndIgnoresTheEighth) {
  for (int lane = 0; lane < 8; ++lane) {
    for (const uint16_t tag : {0x0001, 0x7fff, 0x8000, 0xffff, 0x1234}) {
      uint16_t lanes[8] = {};
      lanes[lane] = tag;
      const uint32_t expected = lane == 7 ? 0 : 1u << lane;
      EXPECT_EQ(MatchTags(lanes, tag), expected);
      EXPECT_EQ(MatchTagsGeneric(lanes, tag), expected);
    }
  }
  const uint16_t zeros[8] = {};
  EXPECT_EQ(MatchTags(zeros, 0), 0x7fu);
  EXPECT_EQ(MatchTagsGeneric(zeros, 0), 0x7fu);
}

TEST(TagMatchTest, AgreesWithGenericAtAnyAddress) {
  std::mt19937_64 random(7);
  GuardedBytes bucket(16, 7);
  for (int i = 0; i < 100'000; ++i) {
    // Few different values, so that several lanes match, and neighbours differ by one
    // bit.
    for (size_t byte = 0; byte < 16; ++byte) {
      bucket.data()[byte] = static_cast<uint8_t>((random() & 1) * 0x80 | (random() & 1));
    }
    const uint16_t tag = static_cast<uint16_t>(random() & 0x8181);
    uint32_t expected = 0;
    for (uint32_t lane = 0; lane < 7; ++lane) {
      uint16_t value;
      std::memcpy(&value, bucket.data() + 2 * lane, 2);
      if (value == tag) expected |= 1u << lane;
    }
    ASSERT_EQ(MatchTagsGeneric(bucket.data(), tag), expected);
    ASSERT_EQ(MatchTags(bucket.data(), tag), expected);
  }
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "resp/args.h"

#include <vector>

#include <gtest/gtest.h>

namespace skarn {
namespace {

class ArgsTest : public testing::Test {
 protected:
  std::vector<Bytes> words_;
  Args Make(std::vector<Bytes> words) {
    words_ = std::move(words);
    return Args(words_);
  }
};

TEST_F(ArgsTest, IsAViewOfItsWords) {
  const Args args = Make({"SET", "key", "value", "nx"});
  EXPECT_EQ(args.size(), 4u);
  EXPECT_EQ(args[1], "key");
  EXPECT_EQ(args.back(), "nx");
  EXPECT_TRUE(args.Is(3, "NX"));
  EXPECT_FALSE(args.Is(4, "NX"));
  EXPECT_EQ(args.Subspan(2).size(), 2u);
  EXPECT_EQ(args.Subspan(1, 2)[1], "value");
  EXPECT_EQ(args.Subspan(4).size(), 0u);
  size_t count = 0;
  for (const Bytes word : args) count += word.size();
  EXPECT_EQ(count, 13u);
}

TEST_F(ArgsTest, NumbersParseOrSayWhatToReply) {
  const Args args = Make({"C", "17", "x", "1.5", "inf"});
  EXPECT_EQ(args.Integer(1).value(), 17);
  EXPECT_EQ(args.Integer(2).error().text(), kNotAnInteger.text());
  EXPECT_EQ(args.Integer(2, kDbIndexOutOfRange).error().text(),
            kDbIndexOutOfRange.text());
  EXPECT_EQ(args.IntegerBetween(1, 17, 17).value(), 17);
  EXPECT_FALSE(args.IntegerBetween(1, 18, 20).has_value());
  EXPECT_FALSE(args.IntegerBetween(1, 0, 16, kNotPositive).has_value());
  EXPECT_EQ(args.Double(3).value(), 1.5);
  EXPECT_TRUE(args.Double(4).has_value());
  EXPECT_EQ(args.Double(2).error().text(), kNotAFloat.text());
  EXPECT_EQ(args.LongDouble(3).value(), 1.5L);
}

TEST_F(ArgsTest, BlockTimeoutRoundsUpAndKnowsItsErrors) {
  const Args args = Make({"0", "1.5", "0.0001", "-1", "x", "1e300", "nan",
                          "9223372036854775", "-0.0001", "inf"});
  EXPECT_EQ(args.BlockTimeoutMs(0).value(), 0);
  EXPECT_EQ(args.BlockTimeoutMs(1).value(), 1500);
  EXPECT_EQ(args.BlockTimeoutMs(2).value(), 1);
  EXPECT_EQ(args.BlockTimeoutMs(3).error().text(), kTimeoutNegative.text());
  EXPECT_EQ(args.BlockTimeoutMs(4).error().text(), kTimeoutNotAFloat.text());
  EXPECT_EQ(args.BlockTimeoutMs(5).error().text(), kTimeoutOutOfRange.text());
  EXPECT_EQ(args.BlockTimeoutMs(6).error().text(), kTimeoutNotAFloat.text());
  EXPECT_EQ(args.BlockTimeoutMs(7).error().text(), kTimeoutOutOfRange.text());
  EXPECT_EQ(args.BlockTimeoutMs(8).value(), 0);
  EXPECT_EQ(args.BlockTimeoutMs(9).error().text(), kTimeoutOutOfRange.text());
}

}  // namespace
}  // namespace skarn

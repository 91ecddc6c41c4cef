// SPDX-License-Identifier: BSD-3-Clause
#include "base/numbers.h"

#include <bit>
#include <cfloat>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace skarn {
namespace {

constexpr uint64_t kNumbersSeed = 20261123;

std::string DoubleText(double value) {
  char text[kDoubleTextMax];
  return std::string(text, FormatDouble(text, value));
}

std::string HumanText(long double value) {
  char text[kLongDoubleTextMax];
  return std::string(text, FormatLongDoubleHuman(text, value));
}

std::string Int64Text(int64_t value) {
  std::string text;
  AppendInt64(&text, value);
  return text;
}

TEST(NumbersTest, ParsesIntegersOfTheProtocol) {
  const std::vector<std::pair<std::string, int64_t>> cases = {
      {"0", 0},
      {"7", 7},
      {"-1", -1},
      {"1234567890", 1234567890},
      {"9223372036854775807", std::numeric_limits<int64_t>::max()},
      {"-9223372036854775808", std::numeric_limits<int64_t>::min()},
  };
  for (const auto& [text, expected] : cases) {
    int64_t value = 99;
    EXPECT_TRUE(ParseInt64(text, &value)) << text;
    EXPECT_EQ(value, expected);
    EXPECT_TRUE(IsCanonicalInt64(text));
  }
}

TEST(NumbersTest, RefusesWhatIsNoIntegerOfTheProtocol) {
  for (const char* text : {"",
                           "-",
                           "+1",
                           "01",
                           "-0",
                           "-01",
                           "00",
                           " 1",
                           "1 ",
                           "1a",
                           "a",
                           "--1",
                           "1.0",
                           "0x1",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "18446744073709551616",
                           "99999999999999999999",
                           "-99999999999999999999",
                           "123456789012345678901"}) {
    int64_t value = 99;
    EXPECT_FALSE(ParseInt64(text, &value)) << text;
    EXPECT_EQ(value, 99) << text;
  }
  EXPECT_FALSE(IsCanonicalInt64(Bytes("1\0", 2)));
}

TEST(NumbersTest, ParsesUnsignedUpToTheirRange) {
  uint64_t value = 0;
  EXPECT_TRUE(ParseUint64("18446744073709551615", &value));
  EXPECT_EQ(value, std::numeric_limits<uint64_t>::max());
  EXPECT_TRUE(ParseUint64("0", &value));
  EXPECT_EQ(value, 0u);
  for (const char* text : {"", "-1", "+1", "01", "18446744073709551616",
                           "99999999999999999999", "100000000000000000000", "1x"}) {
    EXPECT_FALSE(ParseUint64(text, &value)) << text;
  }
}

TEST(NumbersTest, FormatsIntegersAsTheLibraryDoes) {
  for (const int64_t value :
       {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::max(),
        std::numeric_limits<int64_t>::min()}) {
    EXPECT_EQ(Int64Text(value), std::to_string(value));
  }
  // Around every power of ten and of two, where digit counts change.
  uint64_t power = 1;
  for (int i = 0; i < 19; ++i, power *= 10) {
    for (const int64_t off : {-1, 0, 1}) {
      const auto value = static_cast<int64_t>(power) + off;
      EXPECT_EQ(Int64Text(value), std::to_string(value));
      EXPECT_EQ(Int64Text(-value), std::to_string(-value));
    }
  }
  Random random(kNumbersSeed);
  for (int i = 0; i < 100000; ++i) {
    const auto value = static_cast<int64_t>(random.Next() >> random.Below(64));
    char text[kUint64TextMax];
    ASSERT_EQ(Int64Text(value), std::to_string(value));
    const auto bits = static_cast<uint64_t>(value) * 2;
    ASSERT_EQ(std::string(text, FormatUint64(text, bits)), std::to_string(bits));
    int64_t back;
    ASSERT_TRUE(ParseInt64(Int64Text(value), &back));
    ASSERT_EQ(back, value);
  }
}

TEST(NumbersTest, ParsesFloatsAsTheStockServersDo) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<std::pair<std::string, double>> cases = {
      {"1", 1},
      {"+1", 1},
      {"01", 1},
      {"1.5", 1.5},
      {".5", 0.5},
      {"5.", 5},
      {"1e5", 1e5},
      {"1E5", 1e5},
      {"-1e-5", -1e-5},
      {"inf", infinity},
      {"+inf", infinity},
      {"-INF", -infinity},
      {"Infinity", infinity},
      {"4.9e-324", 4.9e-324},
      {"-0", 0.0},
  };
  for (const auto& [text, expected] : cases) {
    double value = 99;
    EXPECT_TRUE(ParseDouble(text, &value)) << text;
    EXPECT_EQ(value, expected) << text;
  }
}

TEST(NumbersTest, RefusesWhatIsNoFloat) {
  for (const char* text :
       {"",       " 1",  "1 ",  "\t1", "nan", "-nan", "nan(1)", "1e400", "-1e400",
        "1e-400", "--1", "+-1", "-+1", "1_0", "1,5",  "1e",     "1e+",   "0x10",
        "0x1p3",  "-",   "+",   ".",   "1f",  "infi", "1e5.5",  "++1"}) {
    double value = 99;
    EXPECT_FALSE(ParseDouble(text, &value)) << text;
    EXPECT_EQ(value, 99);
  }
  double value;
  EXPECT_FALSE(ParseDouble(Bytes("1\0", 2), &value));
}

TEST(NumbersTest, ParsesLongDoublesWithHexAndRange) {
  long double value = 0;
  EXPECT_TRUE(ParseLongDouble("0x10", &value));
  EXPECT_EQ(value, 16);
  EXPECT_TRUE(ParseLongDouble("+1.5", &value));
  EXPECT_EQ(value, 1.5L);
  EXPECT_TRUE(ParseLongDouble("1e-4940", &value));
  EXPECT_TRUE(ParseLongDouble(std::string(5000, '0') + "1", &value));
  EXPECT_EQ(value, 1);
  for (const std::string& text :
       {std::string(), std::string(" 1"), std::string("1 "), std::string("nan"),
        std::string("1e5000"), std::string("1e-5000"), std::string("1\0", 2),
        std::string(5119, '0') + "1", std::string("\v1")}) {
    EXPECT_FALSE(ParseLongDouble(text, &value)) << text;
  }
}

// Every text was printed by a Valkey 9.1.
TEST(NumbersTest, FormatsDoublesAsTheStockServersDo) {
  const std::vector<std::pair<double, std::string>> cases = {
      {1, "1"},
      {0.0, "0"},
      {-0.0, "-0"},
      {1e17, "100000000000000000"},
      {1e18, "1000000000000000000"},
      {4611686018427387904.0, "4611686018427387904"},
      {4611686018427388928.0, "4611686018427389000"},
      {4.7e18, "4.7e+18"},
      {-4.7e18, "-4.7e+18"},
      {1e19, "1e+19"},
      {9007199254740993.0, "9007199254740992"},
      {9223372036854775807.0, "9223372036854776000"},
      {-9223372036854775808.0, "-9223372036854776000"},
      {1234567890123456789012.0, "1234567890123456800000"},
      {12345678901234567000.0, "12345678901234567000"},
      {1e100, "1e+100"},
      {0.1, "0.1"},
      {1e-5, "0.00001"},
      {0.0001234, "1.234e-4"},
      {0.00001234, "1.234e-5"},
      {0.000001, "0.000001"},
      {1e-7, "1e-7"},
      {123456.789, "123456.789"},
      {123456789.123456789, "1.2345678912345679e+8"},
      {1.5e300, "1.5e+300"},
      {3.14, "3.14"},
      {4.9e-324, "5e-324"},
      {DBL_MAX, "1.7976931348623157e+308"},
      {2.5e-8, "2.5e-8"},
      {1e23, "99999999999999990000000"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {8.5e-320, "8.5e-320"},
      {INFINITY, "inf"},
      {-INFINITY, "-inf"},
      {NAN, "nan"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(DoubleText(value), text);
}

TEST(NumbersTest, DoublesReadBackAsTheyWere) {
  Random random(kNumbersSeed);
  for (int i = 0; i < 200000; ++i) {
    const auto value = std::bit_cast<double>(random.Next());
    if (!std::isfinite(value)) continue;
    const std::string text = DoubleText(value);
    ASSERT_LE(text.size(), kDoubleTextMax);
    double back;
    ASSERT_TRUE(ParseDouble(text, &back)) << text;
    ASSERT_EQ(back, value) << text;
  }
}

TEST(NumbersTest, FormatsLongDoublesForPeople) {
  EXPECT_EQ(HumanText(1.10L), "1.1");
  EXPECT_EQ(HumanText(3), "3");
  EXPECT_EQ(HumanText(-0.0L), "0");
  EXPECT_EQ(HumanText(-1e-20L), "0");
  EXPECT_EQ(HumanText(100), "100");
  EXPECT_EQ(HumanText(1e-17L), "0.00000000000000001");
  EXPECT_EQ(HumanText(1.0L / 3), "0.33333333333333333");
  EXPECT_EQ(HumanText(std::numeric_limits<long double>::max()).size(), 4933u);
}

}  // namespace
}  // namespace skarn

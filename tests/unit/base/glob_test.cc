// SPDX-License-Identifier: BSD-3-Clause
#include "base/glob.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace skarn {
namespace {

struct GlobCase {
  Bytes pattern;
  Bytes text;
  bool matches;
};

TEST(GlobTest, MatchesAsTheStockServersDo) {
  constexpr GlobCase kCases[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"*", "", false},
      {"**", "", false},
      {"*", "abc", true},
      {"**", "abc", true},
      {"?", "a", true},
      {"?", "", false},
      {"a?c", "abc", true},
      {"a*c", "abbbc", true},
      {"a*c", "abbbd", false},
      {"a*b*c", "aXbYbZc", true},
      {"h[ae]llo", "hello", true},
      {"h[ae]llo", "hillo", false},
      {"h[^e]llo", "hallo", true},
      {"h[^e]llo", "hello", false},
      {"h[a-c]llo", "hbllo", true},
      {"h[c-a]llo", "hbllo", true},
      {"h[a-c]llo", "hdllo", false},
      {"[a-", "a", true},
      {"[a-", "-", true},
      {"[abc", "b", true},
      {"[]a]", "a]", false},
      {"[]", "a", false},
      {"[^]", "a", true},
      {"[\\]]", "]", true},
      {"[\\-]", "-", true},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"\\", "\\", true},
      {"a\\", "a\\", true},
      {"*.txt", "a.b.txt", true},
      {"*a*", "bbab", true},
      {"user:*:name", "user:17:name", true},
      {"[!a]", "!", true},
      {"abc", "ABC", false},
      {"*[0-9]", "key9", true},
      {"*[0-9]", "key", false},
  };
  for (const GlobCase& one : kCases) {
    EXPECT_EQ(GlobMatch(one.pattern, one.text), one.matches)
        << one.pattern << " on " << one.text;
  }
}

TEST(GlobTest, IgnoresCaseWhenAsked) {
  EXPECT_TRUE(GlobMatch("MaxMem*", "maxmemory", true));
  EXPECT_TRUE(GlobMatch("[A-C]x", "bX", true));
  EXPECT_FALSE(GlobMatch("[A-C]x", "bx", false));
}

TEST(GlobTest, TakesThousandStarsForNoMatch) {
  const auto repeat = [](Bytes part, size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += part;
    return text;
  };
  EXPECT_TRUE(GlobMatch(repeat("*?", 1000), repeat("a", 1000)));
  EXPECT_FALSE(GlobMatch(repeat("*?", 1001), repeat("a", 1001)));
  EXPECT_TRUE(GlobMatch(repeat("*a", 1000) + "*", repeat("a", 1000)));
  EXPECT_TRUE(GlobMatch(repeat("*", 2002) + "a", "a"));
}

TEST(GlobTest, KnowsLiteralPatterns) {
  EXPECT_TRUE(IsGlobLiteral("plain:key"));
  for (const char* pattern : {"a*", "a?", "[a]", "a\\b"})
    EXPECT_FALSE(IsGlobLiteral(pattern));
}

// A matcher that tries every split would need more steps here than there are atoms.
TEST(GlobTest, HostilePatternsTakeNoLongTime) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "a*";
  pattern += "b";
  const std::string text(20000, 'a');
  EXPECT_FALSE(GlobMatch(pattern, text));
}

}  // namespace
}  // namespace skarn

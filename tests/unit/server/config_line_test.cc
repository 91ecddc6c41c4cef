// SPDX-License-Identifier: BSD-3-Clause
#include "server/config_line.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace skarn {
namespace {

using Words = std::vector<std::string>;

TEST(ConfigLineTest, SplitsWordsAndQuotes) {
  EXPECT_EQ(SplitConfigLine(""), Words{});
  EXPECT_EQ(SplitConfigLine("  \t "), Words{});
  EXPECT_EQ(SplitConfigLine(" a\tb  c\r\n"), (Words{"a", "b", "c"}));
  EXPECT_EQ(SplitConfigLine(R"(a"b c"d 'e f')"), (Words{"ab cd", "e f"}));
  EXPECT_EQ(SplitConfigLine(R"("" '')"), (Words{"", ""}));
  EXPECT_EQ(SplitConfigLine(R"("\x41\n\t\r\a\b\"\\\q")"), Words{"A\n\t\r\a\b\"\\q"});
  EXPECT_EQ(SplitConfigLine(R"("\x4" "\xzz")"), (Words{"x4", "xzz"}));
  EXPECT_EQ(SplitConfigLine(R"('a\'b\n' \)"), (Words{"a'b\\n", "\\"}));
  EXPECT_EQ(SplitConfigLine(R"(a\"b")"), Words{"a\\b"});
}

TEST(ConfigLineTest, RefusesOpenQuotes) {
  for (const char* line : {"\"a", "a\"", "'", "\"\\", "\"a\\\"", "'a\\'"}) {
    EXPECT_EQ(SplitConfigLine(line), std::nullopt) << line;
  }
}

TEST(ConfigLineTest, QuotedWordsComeBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const std::string& word : {std::string(), std::string("a b"), all}) {
    EXPECT_EQ(SplitConfigLine(QuoteConfigWord(word)), Words{word});
  }
  EXPECT_EQ(QuoteConfigWord("a\"\\\n\x01"), R"("a\"\\\n\x01")");
}

TEST(ConfigLineTest, TrimsBlanksAndLineEnds) {
  EXPECT_EQ(TrimConfigLine(" \ta b\r\n"), "a b");
  EXPECT_EQ(TrimConfigLine(" \r\n"), "");
}

TEST(ConfigLineTest, ShowsControlCharactersEscaped) {
  EXPECT_EQ(ShownConfigText(Bytes("\0a\n\x1b\x1f \x7e\x7f", 8)),
            R"(\x00a\x0a\x1b\x1f ~\x7f)");
  for (const char* plain : {"", "a\tb", "\xc3\xa4\xff", "\\x00 '\""}) {
    EXPECT_EQ(ShownConfigText(plain), plain);
  }
}

}  // namespace
}  // namespace skarn

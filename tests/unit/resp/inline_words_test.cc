// SPDX-License-Identifier: BSD-3-Clause
#include "resp/inline_words.h"

#include <vector>

#include <gtest/gtest.h>

namespace skarn {
namespace {

using Words = std::vector<std::string>;

Words Split(Bytes line) {
  std::deque<std::string> words;
  if (!SplitInlineWords(line, &words)) return {"<unbalanced>"};
  return {words.begin(), words.end()};
}

TEST(InlineWordsTest, SplitsAtBlanks) {
  EXPECT_EQ(Split(""), Words());
  EXPECT_EQ(Split("  \t "), Words());
  EXPECT_EQ(Split("PING"), Words{"PING"});
  EXPECT_EQ(Split("  SET\ta  b\r"), (Words{"SET", "a", "b"}));
  EXPECT_EQ(Split("a\rb"), (Words{"a", "b"}));
  EXPECT_EQ(Split("a\vb\fc"), Words{"a\vb\fc"});
  EXPECT_EQ(Split(" \v\f"), Words());
  EXPECT_EQ(Split("a \vb"), (Words{"a", "b"}));
}

TEST(InlineWordsTest, KnowsQuotesAndEscapes) {
  EXPECT_EQ(Split(R"(ECHO "a\x41\n\r\t\b\a\q\xzz\x4")"),
            (Words{"ECHO", "aA\n\r\t\b\aqxzzx4"}));
  EXPECT_EQ(Split(R"(ECHO 'a\nb' 'it\'s')"), (Words{"ECHO", R"(a\nb)", "it's"}));
  EXPECT_EQ(Split(R"("" '')"), (Words{"", ""}));
  EXPECT_EQ(Split(R"("a\"b")"), Words{"a\"b"});
  EXPECT_EQ(Split(R"(a\nb)"), Words{R"(a\nb)"});
  EXPECT_EQ(Split(R"("\")"), Words{"\\"});
  EXPECT_EQ(Split(R"('\')"), Words{"\\"});
  EXPECT_EQ(Split(R"("\"\")"), Words{"\"\\"});
}

TEST(InlineWordsTest, JoinsPartsWithoutBlanksBetween) {
  EXPECT_EQ(Split(R"(a"b c"d'e f'g)"), Words{"ab cde fg"});
  EXPECT_EQ(Split(R"("PING"x)"), Words{"PINGx"});
}

TEST(InlineWordsTest, RefusesOpenQuotes) {
  const Words unbalanced = {"<unbalanced>"};
  EXPECT_EQ(Split("\"abc"), unbalanced);
  EXPECT_EQ(Split("'abc"), unbalanced);
  EXPECT_EQ(Split("a b\"c"), unbalanced);
  EXPECT_EQ(Split(R"("a\)"), unbalanced);
  EXPECT_EQ(Split(R"("a\" )"), unbalanced);
}

TEST(InlineWordsTest, FailureKeepsEarlierWords) {
  std::deque<std::string> words = {"old"};
  EXPECT_FALSE(SplitInlineWords("a b 'c", &words));
  EXPECT_EQ(words, std::deque<std::string>{"old"});
}

}  // namespace
}  // namespace skarn

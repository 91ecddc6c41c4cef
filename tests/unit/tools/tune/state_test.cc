// SPDX-License-Identifier: BSD-3-Clause
#include "tools/tune/state.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace skarn {
namespace {

bool AreSameValues(const std::string& a, const std::string& b) {
  return IsSame(ChangeKind::kValue, a, b);
}

TEST(StateTest, AnyContentComesBack) {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  State state;
  state.Note({.kind = ChangeKind::kFile, .path = "/a", .before = bytes, .after = ""});
  state.Note({.kind = ChangeKind::kNic, .path = "e 0 combined", .after = "\"-\" \\"});
  const auto again = State::Parse(state.Text());
  ASSERT_TRUE(again.has_value()) << again.error().text;
  ASSERT_EQ(again->changes().size(), 2u);
  EXPECT_EQ(again->changes()[0].before, bytes);
  EXPECT_EQ(again->changes()[1].before, std::nullopt);
  EXPECT_EQ(again->changes()[1].after, "\"-\" \\");
  EXPECT_EQ(again->Text(), state.Text());
}

TEST(StateTest, TheProfileChosenComesBack) {
  State state;
  EXPECT_TRUE(state.is_empty());
  state.set_profile("c7i");
  EXPECT_FALSE(state.is_empty());
  state.Note({.path = "/a", .before = "1", .after = "2"});
  const auto again = State::Parse(state.Text());
  ASSERT_TRUE(again.has_value()) << again.error().text;
  EXPECT_EQ(again->profile(), "c7i");
  EXPECT_EQ(again->Text(), state.Text());
  for (const auto line : {"profile", "profile ", "profile \"\"", "profile c7i x",
                          "profile ../x", "profile c7i\nprofile c7i"}) {
    EXPECT_FALSE(State::Parse(fmt::format("skarn-tune state 1\n{}\nend\n", line)))
        << line;
  }
}

TEST(StateTest, NoBeginningOfARecordIsOne) {
  State state;
  for (const auto path : {"/a", "/b", "/c"}) {
    state.Note({.path = path, .before = "1\n", .after = "2\n"});
  }
  const std::string text = state.Text();
  for (size_t size = 0; size < text.size() - 1; ++size) {
    EXPECT_FALSE(State::Parse(std::string_view(text).substr(0, size))) << size;
  }
}

TEST(StateTest, TheFirstContentIsKeptAndTheLastCounts) {
  State state;
  state.Note({.path = "/a", .before = "1", .after = "2"});
  state.Note({.path = "/a", .before = "2", .after = "3"});
  ASSERT_EQ(state.changes().size(), 1u);
  EXPECT_EQ(state.changes()[0].before, "1");
  EXPECT_EQ(state.changes()[0].after, "3");
}

TEST(StateTest, ValuesAreComparedAsTheKernelMeansThem) {
  EXPECT_TRUE(AreSameValues("always [madvise] never\n", "madvise"));
  EXPECT_TRUE(AreSameValues("4096\t87380\t6291456\n", "4096 87380 6291456"));
  EXPECT_TRUE(AreSameValues("00000000,00000000,0000000f\n", "f\n"));
  EXPECT_TRUE(AreSameValues("00000001,80000000", "1,80000000"));
  EXPECT_TRUE(AreSameValues("00000000,00000000", "0"));
  EXPECT_FALSE(AreSameValues("00000001,00000000", "1"));
  EXPECT_FALSE(AreSameValues("0,3", "3"));
  EXPECT_FALSE(AreSameValues("0-3", "3"));
  EXPECT_FALSE(AreSameValues("0", ""));
  EXPECT_FALSE(IsSame(ChangeKind::kValue, std::nullopt, "0"));
  EXPECT_FALSE(IsSame(ChangeKind::kFile, "a\n", "a"));
}

}  // namespace
}  // namespace skarn

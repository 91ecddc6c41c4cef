// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/watch.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace skarn {
namespace {

WatchTokenPtr NewToken() {
  return std::make_shared<WatchToken>();
}

TEST(WatchListTest, MarksThoseWhoWatchTheKey) {
  WatchList list;
  const WatchTokenPtr a = NewToken();
  const WatchTokenPtr b = NewToken();
  list.Add("x", a);
  list.Add("x", b);
  list.Add("y", b);
  list.MarkKey("y");
  EXPECT_FALSE(a->is_dirty);
  EXPECT_TRUE(b->is_dirty);
  list.MarkKey("x");
  EXPECT_TRUE(a->is_dirty);
}

TEST(WatchListTest, RemovesOneWatchOfOneClient) {
  WatchList list;
  const WatchTokenPtr a = NewToken();
  const WatchTokenPtr b = NewToken();
  list.Add("x", a);
  list.Add("x", b);
  list.Add("y", a);
  list.Remove("x", a);
  EXPECT_FALSE(list.Has("x", a));
  EXPECT_TRUE(list.Has("x", b));
  EXPECT_TRUE(list.Has("y", a));
  EXPECT_EQ(list.size(), 2U);
  list.MarkKey("x");
  EXPECT_FALSE(a->is_dirty);
}

TEST(WatchListTest, TheEndOfAnExpiredKeyIsNoChange) {
  WatchList list;
  const WatchTokenPtr before = NewToken();
  const WatchTokenPtr after = NewToken();
  list.Add("x", before);
  list.Add("x", after, true);
  EXPECT_TRUE(list.WasExpired("x", after));
  EXPECT_FALSE(list.WasExpired("x", before));
  list.MarkExpired("x");
  EXPECT_TRUE(before->is_dirty);
  EXPECT_FALSE(after->is_dirty);
}

TEST(WatchListTest, MarkIfMaySayAnewWhatHadExpired) {
  WatchList list;
  const WatchTokenPtr a = NewToken();
  list.Add("x", a);
  list.MarkIf([](Bytes key, bool* was_expired) {
    EXPECT_EQ(key, "x");
    *was_expired = true;
    return false;
  });
  EXPECT_FALSE(a->is_dirty);
  EXPECT_TRUE(list.WasExpired("x", a));
}

TEST(WatchListTest, TokensThatWereDroppedDoNotPileUp) {
  WatchList list;
  const WatchTokenPtr stays = NewToken();
  list.Add("stays", stays);
  for (int i = 0; i < 10'000; ++i) {
    const WatchTokenPtr token = NewToken();
    list.Add("x" + std::to_string(i), token);
    token->is_dropped = true;
  }
  EXPECT_LT(list.size(), 100U);
  EXPECT_TRUE(list.Has("stays", stays));
}

}  // namespace
}  // namespace skarn

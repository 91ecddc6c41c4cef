// SPDX-License-Identifier: BSD-3-Clause
#include "machine/cpu_list.h"

#include <gtest/gtest.h>

namespace skarn {
namespace {

TEST(CpuListTest, ReadsWhatTheKernelWrites) {
  EXPECT_EQ(ParseCpuList("0-3,8\n"), (CpuList{0, 1, 2, 3, 8}));
  EXPECT_EQ(ParseCpuList(" 5 , 1-2,2 "), (CpuList{1, 2, 5}));
  EXPECT_EQ(ParseCpuList("0-7:2"), (CpuList{0, 2, 4, 6}));
  EXPECT_EQ(ParseCpuList(""), CpuList());
}

TEST(CpuListTest, RefusesNonsense) {
  for (const auto text : {"a", "1-", "-1", "3-1", "0-4294967295", "1-2-3", "0-7:0", "1.5",
                          "8192", "0x3", "99999999999999999999"}) {
    EXPECT_FALSE(ParseCpuList(text).has_value()) << text;
  }
}

TEST(CpuListTest, WritesListsAndMasks) {
  EXPECT_EQ(FormatCpuList({0, 1, 2, 3, 8, 10, 11}), "0-3,8,10-11");
  EXPECT_EQ(FormatCpuList({}), "");
  EXPECT_EQ(FormatCpuMask({}), "0");
  EXPECT_EQ(FormatCpuMask({0, 1, 2, 3}), "f");
  EXPECT_EQ(FormatCpuMask({0, 63, 64}), "1,80000000,00000001");
}

TEST(CpuListTest, MayBeTried) {
  EXPECT_FALSE(IsSettingCpusDeadly());
}

TEST(CpuListTest, KeepsThreadsWhereTheyMayRun) {
  const CpuList before = ThreadCpus();
  ASSERT_FALSE(before.empty());
  EXPECT_EQ(SetThreadCpus({before[0]}), 0);
  EXPECT_EQ(ThreadCpus(), CpuList{before[0]});
  EXPECT_NE(SetThreadCpus({kCpuNumberMax}), 0);
  EXPECT_EQ(SetThreadCpus(before), 0);
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "machine/profile.h"

#include <gtest/gtest.h>

#include "tests/unit/machine/machine_tree.h"

namespace skarn {
namespace {

struct Expected {
  const char* machine;
  const char* profile;
  const char* workers;
};

std::string ValueOf(const Profile& profile, const MachineFacts& facts,
                    const std::string& name) {
  for (const ProfileValue& value : ProfileValues(profile, facts)) {
    if (value.name == name) return value.value;
  }
  return "";
}

TEST(ProfileTest, EveryMachineGetsItsOwn) {
  constexpr Expected kExpected[] = {
      {"t4g.small", "graviton2", "2"},
      {"c6g.xlarge", "graviton2", "4"},
      {"x2gd.16xlarge", "graviton2", "63"},
      {"c7g.4xlarge", "graviton3", "15"},
      {"m7g.large-64k", "graviton3", "2"},
      {"c7g.4xlarge-pod", "graviton3", "3"},
      {"c7g.4xlarge-own-namespace", "graviton3", "7"},
      {"r8g.48xlarge", "graviton4", "191"},
      {"c6i.2xlarge", "c6i", "8"},
      {"m6i.32xlarge", "c6i", "126"},
      {"c7i.8xlarge", "c7i", "30"},
      {"m7i-flex.large", "c7i", "2"},
      {"c7i.metal-24xl", "c7i", "94"},
      {"c8i.4xlarge", "c8i", "14"},
      {"c6a.4xlarge", "c6a", "14"},
      {"c7a.2xlarge", "c7a", "7"},
      {"r8a.4xlarge", "c8a", "15"},
      {"t2a-standard-4", "t2a", "4"},
      {"c4a-standard-16", "c4a", "15"},
      {"c3-standard-8", "c3", "8"},
      {"n2-standard-8", "n2", "8"},
      {"n2d-standard-4", "n2d", "4"},
      {"c3d-standard-8", "c3d", "8"},
      {"d4ps-v5", "azure-dpsv5", "4"},
      {"d8ps-v6", "azure-dpsv6", "7"},
      {"d4s-v5", "azure-x86", "4"},
      {"qemu", "generic", "4"},
      {"unknown-arm64", "generic-arm64", "4"},
      {"half-cpu-v1", "container", "1"},
      {"empty", "generic", "1"},
      {"impossible", "generic", "1"},
      {"garbage", "generic", "1"},
  };
  for (const Expected& expected : kExpected) {
    const MachineFacts facts = DetectMachine(MachineTree(expected.machine).files());
    const ProfileMatch match = MatchProfile(facts);
    // Lies about the vendor only lead to a profile of that vendor.
    EXPECT_EQ(match.profile.name, expected.profile) << expected.machine;
    EXPECT_FALSE(match.why.empty());
    EXPECT_EQ(ValueOf(match.profile, facts, "io-threads"), expected.workers)
        << expected.machine;
  }
}

// A type that came after this table is known by its CPU.
TEST(ProfileTest, KnowsNewFamiliesByTheirCpu) {
  MachineTree tree("c7g.4xlarge");
  tree.Write("sys/class/dmi/id/product_name", "z7g.4xlarge\n");
  const ProfileMatch match = MatchProfile(DetectMachine(tree.files()));
  EXPECT_EQ(match.profile.name, "graviton3");
  EXPECT_EQ(match.why, "cloud=ec2 cpu=arm-41-d40");
}

TEST(ProfileTest, EveryFileIsReadAndSaysWhy) {
  EXPECT_GE(CompiledProfiles().size(), 20u);
  for (const ProfileText& compiled : CompiledProfiles()) {
    const auto profile = ParseProfile(compiled.name, compiled.text);
    ASSERT_TRUE(profile.has_value()) << profile.error().text;
    EXPECT_FALSE(profile->summary.empty()) << compiled.name;
    EXPECT_FALSE(profile->matches.empty()) << compiled.name;
    EXPECT_FALSE(profile->lines.empty()) << compiled.name;
  }
}

// "8 queues" is a fact of ENA; those of Compute Engine have one a CPU, at least 16.
TEST(ProfileTest, CardsOfComputeEngineHaveAQueueForEachOfSixteenCpus) {
  for (const auto name : {"c3", "c3d", "c4", "n2", "n2d", "c4a", "n4a", "t2a"}) {
    const auto profile = FindProfile(name);
    ASSERT_TRUE(profile.has_value());
    const bool is_on = !std::string_view(name).ends_with("a");  // Not on Arm.
    MachineFacts facts;
    facts.granted_cpus = 16;
    EXPECT_NE(ValueOf(*profile, facts, "host.rps"), "on") << name;
    facts.granted_cpus = 22;
    EXPECT_EQ(ValueOf(*profile, facts, "host.rps") == "on", is_on) << name;
    for (const ProfileLine& line : profile->lines) {
      EXPECT_EQ(line.reason.find("8 queues"), std::string::npos) << name;
    }
  }
}

TEST(ProfileTest, ConditionsDecideAndTheLastLineCounts) {
  const auto profile = ParseProfile("test",
                                    "match any\n"
                                    "a 1  # always\n"
                                    "a 2 when granted>=4 and feature=avx2  # both\n"
                                    "b x when kernel>=6.9  # version\n"
                                    "c y when kernel>=5.15 and page-kib=4  # version\n"
                                    "d cores-1  # formula\n"
                                    "e z when memory-gib<=16  # memory\n");
  ASSERT_TRUE(profile.has_value()) << profile.error().text;
  const MachineFacts facts = DetectMachine(MachineTree("c6i.2xlarge").files());
  EXPECT_EQ(ValueOf(*profile, facts, "a"), "2");
  EXPECT_EQ(ValueOf(*profile, facts, "b"), "");
  EXPECT_EQ(ValueOf(*profile, facts, "c"), "y");
  EXPECT_EQ(ValueOf(*profile, facts, "d"), "3");
  EXPECT_EQ(ValueOf(*profile, facts, "e"), "z");
  const MachineFacts unknown;
  EXPECT_EQ(ValueOf(*profile, unknown, "a"), "1");
  EXPECT_EQ(ValueOf(*profile, unknown, "c"), "");
  EXPECT_EQ(ValueOf(*profile, unknown, "d"), "1");
}

TEST(ProfileTest, RefusesWhatItCannotRead) {
  for (const auto text :
       {"a 1\n", "a # why\n", "a 1 #\n", "a 1 if granted>=1 # why\n", "a 1 when # why\n",
        "a 1 when granted # why\n", "a 1 when wings>=2 # why\n",
        "a 1 when granted>=x # why\n", "match\n", "match wings=2\n"}) {
    EXPECT_FALSE(ParseProfile("test", text).has_value()) << text;
  }
}

TEST(ProfileTest, NamesTheProfilesWhenThereIsNoSuchOne) {
  const auto found = FindProfile("nosuch");
  ASSERT_FALSE(found.has_value());
  EXPECT_NE(found.error().text.find("graviton3"), std::string::npos);
  EXPECT_TRUE(FindProfile("c6i").has_value());
}

}  // namespace
}  // namespace skarn

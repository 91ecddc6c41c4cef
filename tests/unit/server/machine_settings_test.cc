// SPDX-License-Identifier: BSD-3-Clause
#include "server/machine_settings.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "server/config_reload.h"
#include "tests/unit/machine/machine_tree.h"

namespace skarn {
namespace {

const MachineSetting* Find(const MachineChoice& choice, const std::string& name) {
  for (const MachineSetting& setting : choice.settings) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

TEST(MachineSettingsTest, ProfileGoesBelowTheConfiguration) {
  Config config;
  const std::vector<std::string> backlog = {"100"};
  ASSERT_TRUE(config.Set(ConfigKey::kTcpBacklog, backlog, ConfigSource::kFile));
  const auto choice = TuneToMachine(MachineTree("c7g.4xlarge").files(), config);
  ASSERT_TRUE(choice.has_value());
  EXPECT_EQ(choice->profile, "graviton3");
  EXPECT_EQ(config.Text(ConfigKey::kIoThreads), "15");
  EXPECT_EQ(config.origin(ConfigKey::kIoThreads), ValueOrigin::kProfile);
  EXPECT_FALSE(config.IsGiven(ConfigKey::kIoThreads));
  EXPECT_TRUE(config.Bool(ConfigKey::kWorkerPinning));
  EXPECT_EQ(config.Text(ConfigKey::kTcpBacklog), "100");
  EXPECT_EQ(config.origin(ConfigKey::kTcpBacklog), ValueOrigin::kFile);
  EXPECT_NE(Find(*choice, "tcp-backlog")->left_alone, "");
}

TEST(MachineSettingsTest, EveryLineOfAProfileNamesADirectiveThatTakesItsValue) {
  for (const ProfileText& compiled : CompiledProfiles()) {
    const auto profile = ParseProfile(compiled.name, compiled.text);
    ASSERT_TRUE(profile.has_value());
    for (const ProfileLine& line : profile->lines) {
      if (line.name.starts_with("host.")) continue;
      const ConfigDirective* const row = FindDirective(line.name);
      ASSERT_NE(row, nullptr) << compiled.name << " " << line.name;
      EXPECT_FALSE(row->Has(config_trait::kNotYet)) << line.name;
      Config config;
      const bool is_formula =
          line.value.starts_with("granted") || line.value.starts_with("cores");
      EXPECT_TRUE(is_formula || config.Adopt(row->key, line.value)) << line.value;
    }
  }
}

TEST(MachineSettingsTest, NothingIsPinnedUnderAQuotaOrInAContainer) {
  MachineTree tree("c7g.4xlarge");
  tree.Write("sys/fs/cgroup/cpu.max", "900000 100000\n");
  Config config;
  const auto choice = TuneToMachine(tree.files(), config);
  ASSERT_TRUE(choice.has_value());
  EXPECT_EQ(config.Text(ConfigKey::kIoThreads), "8");
  EXPECT_FALSE(config.Bool(ConfigKey::kWorkerPinning));
  EXPECT_NE(Find(*choice, "worker-pinning")->left_alone, "");
}

TEST(MachineSettingsTest, APodIsPinnedOnlyToCpusOfItsOwn) {
  MachineTree tree("c7g.4xlarge-own-namespace");
  Config own;
  ASSERT_TRUE(TuneToMachine(tree.files(), own).has_value());
  EXPECT_EQ(own.Text(ConfigKey::kIoThreads), "7");
  EXPECT_TRUE(own.Bool(ConfigKey::kWorkerPinning));
  for (const auto max : {"max 100000\n", "1200000 100000\n"}) {
    tree.Write("sys/fs/cgroup/cpu.max", max);
    Config shared;
    const auto choice = TuneToMachine(tree.files(), shared);
    ASSERT_TRUE(choice.has_value());
    EXPECT_FALSE(shared.Bool(ConfigKey::kWorkerPinning));
    EXPECT_EQ(Find(*choice, "worker-pinning")->left_alone,
              "a container shares its CPUs with others");
  }
}

TEST(MachineSettingsTest, TheLargestMachinesGetTheirWorkers) {
  MachineTree tree("c8i.4xlarge");
  struct Case {
    std::string cpus, of_profile, of_none;
  };
  for (const Case& one : {Case{"0-383\n", "382", "384"}, Case{"0-1023\n", "1022", "1024"},
                          Case{"0-8191\n", "1024", "1024"}}) {
    tree.Write("sys/devices/system/cpu/online", one.cpus);
    tree.Write("proc/self/status", "Cpus_allowed_list:\t" + one.cpus);
    Config config, bare;
    const auto choice = TuneToMachine(tree.files(), config);
    ASSERT_TRUE(choice.has_value());
    EXPECT_EQ(config.Text(ConfigKey::kIoThreads), one.of_profile);
    EXPECT_EQ(config.origin(ConfigKey::kIoThreads), ValueOrigin::kProfile);
    EXPECT_EQ(Find(*choice, "io-threads")->left_alone, "");
    ASSERT_TRUE(bare.Set(ConfigKey::kMachineProfile, Bytes("none")));
    ASSERT_TRUE(TuneToMachine(tree.files(), bare).has_value());
    EXPECT_EQ(bare.Text(ConfigKey::kIoThreads), one.of_none);
  }
}

TEST(MachineSettingsTest, ForgedNonsenseStillGivesAServer) {
  for (const auto machine : {"empty", "impossible", "garbage", "half-cpu-v1"}) {
    Config config;
    ASSERT_TRUE(TuneToMachine(MachineTree(machine).files(), config)) << machine;
    EXPECT_EQ(config.Text(ConfigKey::kIoThreads), "1") << machine;
  }
}

TEST(MachineSettingsTest, AReloadKeepsTheProfileBelowTheFile) {
  Config config;
  const auto choice = TuneToMachine(MachineTree("c7g.4xlarge").files(), config);
  ASSERT_TRUE(choice.has_value());
  Config again;
  const std::vector<std::string> no = {"no"};
  ASSERT_TRUE(again.Set(ConfigKey::kWorkerPinning, no, ConfigSource::kFile));
  AdoptChoice(*choice, again);
  EXPECT_FALSE(again.Bool(ConfigKey::kWorkerPinning));
  EXPECT_EQ(again.origin(ConfigKey::kWorkerPinning), ValueOrigin::kFile);
  for (const ConfigDirective& row : ConfigDirectives()) {
    if (row.key == ConfigKey::kWorkerPinning) continue;
    EXPECT_EQ(again.Text(row.key), config.Text(row.key)) << row.name;
    EXPECT_EQ(again.origin(row.key), config.origin(row.key)) << row.name;
  }
}

TEST(MachineSettingsTest, AReloadTellsAnewWhatIsLeftAlone) {
  Config config;
  ASSERT_TRUE(config.Set(ConfigKey::kPrefetchBatchMaxSize, Bytes("5")));
  auto choice = TuneToMachine(MachineTree("c6i.2xlarge").files(), config);
  ASSERT_TRUE(choice.has_value());
  const std::string left_alone = fmt::format("left_alone={}", kGivenOtherwise);
  EXPECT_EQ(ProfileRemark(*choice, config, ConfigKey::kPrefetchBatchMaxSize), left_alone);
  EXPECT_EQ(ProfileRemark(*choice, config, ConfigKey::kHz), "");
  Config again;
  choice->settings = AdoptChoice(*choice, again);
  EXPECT_EQ(Find(*choice, "prefetch-batch-max-size")->left_alone, "");
  EXPECT_TRUE(ProfileRemark(*choice, again, ConfigKey::kPrefetchBatchMaxSize)
                  .starts_with("reason="));
  choice->settings = AdoptChoice(*choice, config);
  EXPECT_EQ(ProfileRemark(*choice, config, ConfigKey::kPrefetchBatchMaxSize), left_alone);
}

// The file names the default, so that its text is the same with and without the
// directive.
TEST(MachineSettingsTest, AReloadDoesNotShowWhatOnlyARestartCanBring) {
  Config config;
  const std::vector<std::string> backlog = {"511"};
  ASSERT_TRUE(config.Set(ConfigKey::kTcpBacklog, backlog, ConfigSource::kFile));
  const auto choice = TuneToMachine(MachineTree("c7g.4xlarge").files(), config);
  ASSERT_TRUE(choice.has_value());
  Config again;
  const auto settings = AdoptChoice(*choice, again);
  EXPECT_EQ(again.Text(ConfigKey::kTcpBacklog), "4096");
  EXPECT_EQ(NeedingRestart(settings, config, again, {}),
            std::vector<std::string_view>{"tcp-backlog"});
}

TEST(MachineSettingsTest, ProfileNoneAndUnknownNames) {
  const MachineTree tree("c7g.4xlarge");
  Config config;
  ASSERT_TRUE(config.Set(ConfigKey::kMachineProfile, Bytes("none")));
  const auto none = TuneToMachine(tree.files(), config);
  ASSERT_TRUE(none.has_value());
  EXPECT_TRUE(none->settings.empty());
  EXPECT_EQ(config.Text(ConfigKey::kIoThreads), "16");
  ASSERT_TRUE(config.Set(ConfigKey::kMachineProfile, Bytes("c99")));
  EXPECT_FALSE(TuneToMachine(tree.files(), config).has_value());
}

}  // namespace
}  // namespace skarn

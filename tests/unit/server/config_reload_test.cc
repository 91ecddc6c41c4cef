// SPDX-License-Identifier: BSD-3-Clause
#include "server/config_reload.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace skarn {
namespace {

using Names = std::vector<std::string_view>;

Launch Read(std::vector<std::string> arguments) {
  auto launch = ReadLaunch(arguments);
  EXPECT_TRUE(launch.has_value());
  return *std::move(launch);
}

// A text may be the default one in the file and the default of the file that lacks it;
// what is in force differs all the same.
TEST(ConfigReloadTest, ListsWhatAProfileWouldChange) {
  const std::vector<MachineSetting> settings = {{"tcp-backlog", "4096", "why", ""},
                                                {"prefetch-batch-max-size", "12", "", ""},
                                                {"nosuch", "1", "", ""}};
  Config with, without;
  ASSERT_TRUE(with.Adopt(ConfigKey::kTcpBacklog, "4096"));
  ASSERT_TRUE(with.Adopt(ConfigKey::kPrefetchBatchMaxSize, "12"));
  EXPECT_EQ(NeedingRestart(settings, with, without, {}), Names{"tcp-backlog"});
  EXPECT_EQ(NeedingRestart(settings, with, with, {}), Names{});
  const ConfigKey fixed[] = {ConfigKey::kPrefetchBatchMaxSize};
  EXPECT_EQ(NeedingRestart(settings, without, with, fixed),
            (Names{"tcp-backlog", "prefetch-batch-max-size"}));
}

TEST(ConfigReloadTest, ListsWhatNeedsARestart) {
  const Launch launched = Read({"--databases", "4", "--hz", "20"});
  EXPECT_EQ(NeedingRestart(launched, launched, {}), Names{});
  EXPECT_EQ(NeedingRestart(launched, Read({"--databases", "4", "--port", "1"}), {}),
            Names{});
  EXPECT_EQ(NeedingRestart(launched, Read({"--unixsocket", "/tmp/x"}), {}),
            (Names{"databases", "unixsocket"}));
  const ConfigKey fixed[] = {ConfigKey::kHz};
  EXPECT_EQ(NeedingRestart(launched, Read({"--databases", "4"}), fixed), Names{"hz"});
  const Launch renamed = Read({"--databases", "4", "--rename-command", "GET", "FETCH"});
  EXPECT_EQ(NeedingRestart(launched, renamed, {}), Names{"rename-command"});
  EXPECT_EQ(NeedingRestart(renamed, renamed, {}), Names{});
}

TEST(ConfigReloadTest, KeepsWhatTheServerFoundOut) {
  const Launch launched = Read({"--io-threads", "0"});
  Config running = launched.config;
  running.Resolve(ConfigKey::kIoThreads, 8);
  running.Resolve(ConfigKey::kMaxclients, 100);
  running.Resolve(ConfigKey::kRequirepass, "x");
  Launch fresh = Read({"--io-threads", "0", "--maxclients", "200"});
  KeepResolved(running, launched.config, fresh.config);
  EXPECT_EQ(fresh.config.Integer(ConfigKey::kIoThreads), 8);
  EXPECT_TRUE(fresh.config.IsResolved(ConfigKey::kIoThreads));
  EXPECT_EQ(fresh.config.Integer(ConfigKey::kMaxclients), 200);
  EXPECT_EQ(fresh.config.String(ConfigKey::kRequirepass), "");
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "server/config.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/log.h"

namespace skarn {
namespace {

std::string SetReason(Config& config, ConfigKey key, Bytes text) {
  const Result<> set = config.Set(key, text);
  return set ? "OK" : set.error().text;
}

TEST(ConfigTest, StartsWithTheTextOfItsDefaults) {
  const Config config;
  for (const ConfigDirective& row : ConfigDirectives()) {
    if (row.key != ConfigKey::kDir) {
      EXPECT_EQ(config.Text(row.key), row.default_text) << row.name;
    }
    EXPECT_FALSE(config.IsGiven(row.key)) << row.name;
  }
}

TEST(ConfigTest, FindsDirectivesByNameAndAlias) {
  for (const ConfigDirective& row : ConfigDirectives()) {
    EXPECT_EQ(FindDirective(row.name), &row);
    if (!row.alias.empty()) {
      EXPECT_EQ(FindDirective(row.alias), &row);
    }
  }
  EXPECT_EQ(FindDirective("MaxMemory"), &DirectiveOf(ConfigKey::kMaxmemory));
  EXPECT_EQ(FindDirective("nosuch"), nullptr);
  EXPECT_EQ(FindDirective(""), nullptr);
}

TEST(ConfigTest, EnumsAgreeWithTheirWords) {
  Config config;
  const auto set = [&](ConfigKey key, Bytes text) {
    return config.Set(key, text).has_value();
  };
  ASSERT_TRUE(set(ConfigKey::kMaxmemoryPolicy, "allkeys-lfu"));
  EXPECT_EQ(config.Enum<ConfigEviction>(ConfigKey::kMaxmemoryPolicy),
            ConfigEviction::kAllKeysLfu);
  ASSERT_TRUE(set(ConfigKey::kMaxmemoryPolicy, "noeviction"));
  EXPECT_EQ(config.Enum<ConfigEviction>(ConfigKey::kMaxmemoryPolicy),
            ConfigEviction::kNone);
  ASSERT_TRUE(set(ConfigKey::kLoglevel, "nothing"));
  EXPECT_EQ(config.Enum<LogLevel>(ConfigKey::kLoglevel), LogLevel::kNothing);
  ASSERT_TRUE(set(ConfigKey::kLogFormat, "logfmt"));
  EXPECT_EQ(config.Enum<LogFormat>(ConfigKey::kLogFormat), LogFormat::kLogfmt);
  ASSERT_TRUE(set(ConfigKey::kLogTimestampFormat, "milliseconds"));
  EXPECT_EQ(config.Enum<LogTimestamp>(ConfigKey::kLogTimestampFormat),
            LogTimestamp::kMilliseconds);
  ASSERT_TRUE(set(ConfigKey::kEnableDebugCommand, "local"));
  EXPECT_EQ(config.Enum<ConfigAllow>(ConfigKey::kEnableDebugCommand),
            ConfigAllow::kLocal);
  ASSERT_TRUE(set(ConfigKey::kEventLoop, "io_uring"));
  EXPECT_EQ(config.Enum<ConfigEventLoop>(ConfigKey::kEventLoop),
            ConfigEventLoop::kIoUring);
  ASSERT_TRUE(set(ConfigKey::kRdbVersionCheck, "relaxed"));
  EXPECT_EQ(config.Enum<ConfigVersionCheck>(ConfigKey::kRdbVersionCheck),
            ConfigVersionCheck::kRelaxed);
  ASSERT_TRUE(set(ConfigKey::kShutdownOnSigterm, "now save force"));
  EXPECT_EQ(
      config.Flags(ConfigKey::kShutdownOnSigterm),
      uint32_t{config_shutdown::kSave | config_shutdown::kNow | config_shutdown::kForce});
  ASSERT_TRUE(set(ConfigKey::kNotifyKeyspaceEvents, "KA"));
  EXPECT_EQ(config.Flags(ConfigKey::kNotifyKeyspaceEvents),
            uint32_t{config_event::kKeyspace | config_event::kAll});
}

TEST(ConfigTest, RefusesWhatWouldLoseDataOrOpenADoor) {
  Config config;
  EXPECT_NE(SetReason(config, ConfigKey::kAppendonly, "yes"), "OK");
  EXPECT_EQ(SetReason(config, ConfigKey::kAppendonly, "no"), "OK");
  EXPECT_NE(SetReason(config, ConfigKey::kAclfile, "/etc/users.acl"), "OK");
  EXPECT_EQ(SetReason(config, ConfigKey::kAclfile, ""), "OK");
  EXPECT_NE(SetReason(config, ConfigKey::kTlsPort, "6380"), "OK");
  EXPECT_EQ(SetReason(config, ConfigKey::kTlsPort, "0"), "OK");
  EXPECT_NE(SetReason(config, ConfigKey::kClusterEnabled, "yes"), "OK");
  EXPECT_NE(SetReason(config, ConfigKey::kReplicaof, "127.0.0.1 6379"), "OK");
  EXPECT_EQ(SetReason(config, ConfigKey::kReplicaof, "no one"), "OK");
}

TEST(ConfigTest, KeepsTheOldValueWhenTheNewOneIsRefused) {
  Config config;
  ASSERT_EQ(SetReason(config, ConfigKey::kMaxmemory, "100mb"), "OK");
  EXPECT_EQ(SetReason(config, ConfigKey::kMaxmemory, "lots"),
            "argument must be a memory value");
  EXPECT_EQ(config.Integer(ConfigKey::kMaxmemory), 100 * 1024 * 1024);
}

TEST(ConfigTest, PercentagesAreNegative) {
  Config config;
  ASSERT_EQ(SetReason(config, ConfigKey::kMaxmemoryClients, "15%"), "OK");
  EXPECT_EQ(config.Integer(ConfigKey::kMaxmemoryClients), -15);
  EXPECT_EQ(config.Text(ConfigKey::kMaxmemoryClients), "15%");
}

TEST(ConfigTest, SaveLinesOfAFileAddUp) {
  Config config;
  const auto line = [&](std::vector<std::string> words) {
    return config.Set(ConfigKey::kSave, words, ConfigSource::kFile).has_value();
  };
  ASSERT_TRUE(line({"900", "1"}));
  ASSERT_TRUE(line({"300 10"}));
  EXPECT_EQ(config.Text(ConfigKey::kSave), "900 1 300 10");
  ASSERT_TRUE(line({""}));
  EXPECT_EQ(config.Text(ConfigKey::kSave), "");
  ASSERT_TRUE(config.Set(ConfigKey::kSave, "60 1").has_value());
  ASSERT_TRUE(config.Set(ConfigKey::kSave, "70 2").has_value());
  EXPECT_EQ(config.save_points(),
            (std::vector<ConfigSavePoint>{{.seconds = 70, .changes = 2}}));
}

TEST(ConfigTest, NamesTheGivenDirectivesWithoutEffect) {
  Config config;
  EXPECT_TRUE(config.NotYetInUse().empty());
  ASSERT_TRUE(config.Set(ConfigKey::kReplTimeout, "10").has_value());
  ASSERT_TRUE(config.Set(ConfigKey::kMaxmemory, "10").has_value());
  EXPECT_EQ(config.NotYetInUse(), (std::vector<std::string_view>{"repl-timeout"}));
}

TEST(ConfigTest, ResolvedNumbersAreNotGiven) {
  Config config;
  config.Resolve(ConfigKey::kIoThreads, 4);
  EXPECT_EQ(config.Text(ConfigKey::kIoThreads), "4");
  EXPECT_TRUE(config.IsResolved(ConfigKey::kIoThreads));
  EXPECT_FALSE(config.IsGiven(ConfigKey::kIoThreads));
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "server/config_command.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace skarn {
namespace {

std::string Set(Config& config, std::vector<Bytes> arguments,
                const ConfigHooks& hooks = {}, SetConfigOptions options = {}) {
  const Result<> set = SetConfig(config, arguments, hooks, options);
  return set ? "OK" : set.error().text;
}

TEST(ConfigCommandTest, SetsAllOrNothing) {
  Config config;
  EXPECT_EQ(Set(config, {"timeout", "5", "hz", "20"}), "OK");
  EXPECT_EQ(Set(config, {"timeout", "6", "maxmemory-clients", "200%", "hz", "x"}),
            "ERR CONFIG SET failed (possibly related to argument 'maxmemory-clients') - "
            "percentage argument must be less or equal to 100");
  EXPECT_EQ(config.Integer(ConfigKey::kTimeout), 5);
}

TEST(ConfigCommandTest, AsksForRightsAndTheEndOfLoading) {
  Config config;
  EXPECT_EQ(Set(config, {"dbfilename", "a.rdb"}),
            "ERR CONFIG SET failed (possibly related to argument 'dbfilename') - "
            "can't set protected config");
  EXPECT_EQ(Set(config, {"dbfilename", "a.rdb"}, {}, {.may_change_protected = true}),
            "OK");
  EXPECT_TRUE(
      Set(config, {"dir", "/"}, {}, {.may_change_protected = true, .is_loading = true})
          .starts_with("LOADING "));
  EXPECT_EQ(Set(config, {"appendonly", "yes"}),
            "ERR CONFIG SET failed (possibly related to argument 'appendonly') - "
            "the append-only file does not work yet; use save points instead");
}

TEST(ConfigCommandTest, RunsEachHookOnceAndOnlyForChanges) {
  ConfigHooks hooks;
  int calls = 0;
  hooks.Add({ConfigKey::kPort, ConfigKey::kBind},
            [&](const Config& before, const Config& after) {
              EXPECT_EQ(before.Integer(ConfigKey::kPort), 6379);
              EXPECT_EQ(after.Integer(ConfigKey::kPort), 7000);
              ++calls;
              return Result<>();
            });
  Config config;
  EXPECT_EQ(Set(config, {"timeout", "5", "port", "6379"}, hooks), "OK");
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(Set(config, {"port", "7000", "bind", "127.0.0.1"}, hooks), "OK");
  EXPECT_EQ(calls, 1);
}

TEST(ConfigCommandTest, UndoesHooksWhenALaterOneRefuses) {
  ConfigHooks hooks;
  std::vector<int64_t> in_force;
  hooks.Add({ConfigKey::kTimeout}, [&](const Config&, const Config& after) {
    in_force.push_back(after.Integer(ConfigKey::kTimeout));
    return Result<>();
  });
  hooks.Add({ConfigKey::kPort}, [](const Config&, const Config&) -> Result<> {
    return Fail("Unable to listen on this port");
  });
  Config config;
  EXPECT_EQ(Set(config, {"timeout", "5", "PORT", "7000"}, hooks),
            "ERR CONFIG SET failed (possibly related to argument 'port') - "
            "Unable to listen on this port");
  EXPECT_EQ(in_force, (std::vector<int64_t>{5, 0}));
  EXPECT_EQ(config.Integer(ConfigKey::kTimeout), 0);
  EXPECT_EQ(config.Integer(ConfigKey::kPort), 6379);
}

TEST(ConfigCommandTest, SetsEveryDirectiveToWhatGetShows) {
  Config config;
  for (const ConfigDirective& row : ConfigDirectives()) {
    if (row.Has(config_trait::kImmutable)) continue;
    const std::string text = config.Text(row.key);
    EXPECT_EQ(Set(config, {row.name, text}, {}, {.may_change_protected = true}), "OK")
        << row.name;
    EXPECT_EQ(config.Text(row.key), text) << row.name;
  }
}

TEST(ConfigCommandTest, GetGivesEachNameOnce) {
  const Config config;
  const auto pairs =
      GetConfig(config, std::vector<Bytes>{"port", "PORT", "por?", "slaveof"});
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0].name, "port");
  EXPECT_EQ(pairs[0].value, "6379");
  EXPECT_EQ(pairs[1].name, "slaveof");
}

TEST(ConfigCommandTest, GetSortsNames) {
  const Config config;
  const auto pairs = GetConfig(config, std::vector<Bytes>{"slaveof", "replicaof", "HZ"});
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[0].name, "HZ");
  EXPECT_EQ(pairs[1].name, "replicaof");
  EXPECT_EQ(pairs[2].name, "slaveof");
}

TEST(ConfigCommandTest, ReplacesEverythingOrNothing) {
  Config config;
  ASSERT_EQ(Set(config, {"timeout", "5", "hz", "20"}), "OK");
  Config fresh;
  ASSERT_EQ(Set(fresh, {"hz", "30", "port", "7000"}), "OK");
  ConfigHooks hooks;
  bool refuses = true;
  int hz_calls = 0;
  hooks.Add({ConfigKey::kHz}, [&](const Config&, const Config&) {
    ++hz_calls;
    return Result<>();
  });
  hooks.Add({ConfigKey::kPort}, [&](const Config&, const Config&) {
    return refuses ? Result<>(Fail("taken")) : Result<>();
  });
  const auto refused = ReplaceConfig(config, fresh, hooks);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().text, "port: taken");
  EXPECT_EQ(hz_calls, 2);  // Done and undone.
  EXPECT_EQ(config.Integer(ConfigKey::kHz), 20);

  refuses = false;
  const auto replaced = ReplaceConfig(config, fresh, hooks);
  ASSERT_TRUE(replaced.has_value());
  EXPECT_EQ(*replaced, (std::vector<Bytes>{"hz", "port", "timeout"}));
  EXPECT_EQ(config.Integer(ConfigKey::kTimeout), 0);
  EXPECT_EQ(config.Integer(ConfigKey::kPort), 7000);
}

}  // namespace
}  // namespace skarn

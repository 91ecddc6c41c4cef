// SPDX-License-Identifier: BSD-3-Clause
#include "server/credentials.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "server/config_rewrite.h"

namespace skarn {
namespace {

class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() {
    std::string name =
        (std::filesystem::temp_directory_path() / "credentials-XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~CredentialsTest() override { std::filesystem::remove_all(directory_); }

  std::string Path() const { return directory_ + "/skarn-password"; }
  // What becomes of the content: the password, or "error: why".
  std::string Outcome(const std::string& content) const {
    std::ofstream(Path(), std::ios::binary) << content;
    Config config;
    const Result<> applied = ApplyCredentials(directory_, config);
    if (!applied) return "error: " + applied.error().text;
    return config.String(ConfigKey::kRequirepass);
  }

  std::string directory_;
};

TEST_F(CredentialsTest, TakesTheOnlyLine) {
  EXPECT_EQ(Outcome("secret"), "secret");
  EXPECT_EQ(Outcome("secret\n"), "secret");
  EXPECT_EQ(Outcome("secret\r\n"), "secret");
  EXPECT_EQ(Outcome(" a b "), " a b ");
  EXPECT_EQ(Outcome("\xc3\xa9\xff"), "\xc3\xa9\xff");
  const std::string longest(kPasswordBytesMax, 'x');
  EXPECT_EQ(Outcome(longest), longest);
  EXPECT_EQ(Outcome(longest + "\n"), longest);
}

TEST_F(CredentialsTest, RefusesWhatIsNoPassword) {
  const std::string longest(kPasswordBytesMax, 'x');
  for (const std::string& content :
       {std::string(), std::string("\n"), std::string("\r\n"), longest + "x",
        longest + "x\n", longest + longest, std::string("two\nlines"),
        std::string("z\0z", 3), std::string("tab\there")}) {
    const std::string outcome = Outcome(content);
    EXPECT_TRUE(outcome.starts_with("error: The credential skarn-password (")) << outcome;
    EXPECT_EQ(outcome.find("lines"), std::string::npos);
  }
}

TEST_F(CredentialsTest, RefusesWhatIsNoFile) {
  std::filesystem::create_directory(Path());
  Config config;
  EXPECT_FALSE(ApplyCredentials(directory_, config).has_value());
  std::filesystem::remove(Path());
  ASSERT_EQ(mkfifo(Path().c_str(), 0600), 0);
  EXPECT_FALSE(ApplyCredentials(directory_, config).has_value());
}

TEST_F(CredentialsTest, NothingThereIsFine) {
  Config config;
  EXPECT_TRUE(ApplyCredentials(directory_, config).has_value());
  EXPECT_TRUE(ApplyCredentials("", config).has_value());
  EXPECT_TRUE(ApplyCredentials("/no/such/directory", config).has_value());
  EXPECT_EQ(config.String(ConfigKey::kRequirepass), "");
}

TEST_F(CredentialsTest, WhatIsConfiguredWins) {
  std::ofstream(Path()) << "secret";
  for (const std::string given : {"other", ""}) {
    Config config;
    ASSERT_TRUE(config.Set(ConfigKey::kRequirepass, given).has_value());
    EXPECT_TRUE(ApplyCredentials(directory_, config).has_value());
    EXPECT_EQ(config.String(ConfigKey::kRequirepass), given);
  }
}

TEST_F(CredentialsTest, RewriteLeavesItOut) {
  std::ofstream(Path()) << "secret";
  Config config;
  ASSERT_TRUE(ApplyCredentials(directory_, config).has_value());
  for (const RewriteScope scope : {RewriteScope::kChanged, RewriteScope::kEverything}) {
    EXPECT_EQ(RewrittenConfig("hz 20\n", config, scope).find("secret"),
              std::string::npos);
  }
  ASSERT_TRUE(config.Set(ConfigKey::kRequirepass, "by-hand").has_value());
  EXPECT_NE(RewrittenConfig("", config, RewriteScope::kChanged).find("by-hand"),
            std::string::npos);
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "base/log.h"

#include <regex.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

namespace skarn {
namespace {

// POSIX extended: std::regex makes GCC warn under sanitizers.
bool Matches(const std::string& text, const std::string& form) {
  regex_t compiled;
  EXPECT_EQ(regcomp(&compiled, ("^" + form + "$").c_str(), REG_EXTENDED | REG_NOSUB), 0);
  const bool is_match = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return is_match;
}

class LogTest : public testing::Test {
 protected:
  LogTest() : path_(testing::TempDir() + "skarn_log_test." + std::to_string(getpid())) {
    options_.path = path_;
  }
  ~LogTest() override {
    SetLogRole('M');
    EXPECT_TRUE(ConfigureLog({}));
    std::remove(path_.c_str());
  }

  void Configure() { ASSERT_TRUE(ConfigureLog(options_)); }

  std::string Written() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string path_;
  LogOptions options_;
};

TEST_F(LogTest, LegacyLineHasTheStockForm) {
  Configure();
  Log(LogLevel::kNotice, "loaded {} keys", 3);
  SetLogRole('S');
  Log(LogLevel::kWarning, "careful");
  const std::string legacy_time = "[0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8}[.][0-9]{3}";
  const std::string form = "[0-9]+:M " + legacy_time + " [*] loaded 3 keys\n" +
                           "[0-9]+:S " + legacy_time + " # careful\n";
  EXPECT_TRUE(Matches(Written(), form)) << Written();
}

TEST_F(LogTest, LogfmtQuotesTheText) {
  options_.format = LogFormat::kLogfmt;
  options_.timestamp = LogTimestamp::kIso8601;
  options_.level = LogLevel::kDebug;
  Configure();
  Log(LogLevel::kVerbose, "say \"hi\"\n\\");
  const std::string iso_time =
      "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{3}[+-][0-9]{2}:[0-9]{2}";
  const std::string form = "pid=[0-9]+ role=primary timestamp=\"" + iso_time + "\" " +
                           R"(level=info message="say \\"hi\\"\\n\\\\")" + "\n";
  EXPECT_TRUE(Matches(Written(), form)) << Written();
}

TEST_F(LogTest, MillisecondsAreBareNumbers) {
  options_.timestamp = LogTimestamp::kMilliseconds;
  Configure();
  Log(LogLevel::kNotice, "x");
  EXPECT_TRUE(Matches(Written(), "[0-9]+:M [0-9]{13} [*] x\n"));
}

TEST_F(LogTest, LevelsBelowTheWantedOneAreSilent) {
  options_.level = LogLevel::kWarning;
  Configure();
  EXPECT_FALSE(IsLogged(LogLevel::kNotice));
  EXPECT_TRUE(IsLogged(LogLevel::kWarning));
  Log(LogLevel::kNotice, "unseen");
  EXPECT_EQ(Written(), "");
  options_.level = LogLevel::kNothing;
  Configure();
  EXPECT_FALSE(IsLogged(LogLevel::kWarning));
}

TEST_F(LogTest, GoesOnInANewFileAfterRotation) {
  Configure();
  Log(LogLevel::kNotice, "first");
  std::remove(path_.c_str());
  Log(LogLevel::kNotice, "second");
  EXPECT_NE(Written().find("second"), std::string::npos);
  EXPECT_EQ(Written().find("first"), std::string::npos);
}

TEST_F(LogTest, UnusableFileChangesNothing) {
  Configure();
  LogOptions bad;
  bad.path = "/nonexistent/folder/log";
  EXPECT_FALSE(ConfigureLog(bad));
  Log(LogLevel::kNotice, "still here");
  EXPECT_NE(Written().find("still here"), std::string::npos);
}

}  // namespace
}  // namespace skarn

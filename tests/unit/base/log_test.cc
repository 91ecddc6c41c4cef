// SPDX-License-Identifier: BSD-3-Clause
#include "base/log.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <regex>

#include <gtest/gtest.h>

namespace skarn {
namespace {

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
  const std::regex form(
      R"(\d+:M \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} \* loaded 3 keys\n)"
      R"(\d+:S \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} # careful\n)");
  EXPECT_TRUE(std::regex_match(Written(), form)) << Written();
}

TEST_F(LogTest, LogfmtQuotesTheText) {
  options_.format = LogFormat::kLogfmt;
  options_.timestamp = LogTimestamp::kIso8601;
  options_.level = LogLevel::kDebug;
  Configure();
  Log(LogLevel::kVerbose, "say \"hi\"\n\\");
  const std::regex form(
      R"(pid=\d+ role=primary timestamp="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d" )"
      R"(level=info message="say \\"hi\\"\\n\\\\"\n)");
  EXPECT_TRUE(std::regex_match(Written(), form)) << Written();
}

TEST_F(LogTest, MillisecondsAreBareNumbers) {
  options_.timestamp = LogTimestamp::kMilliseconds;
  Configure();
  Log(LogLevel::kNotice, "x");
  EXPECT_TRUE(std::regex_match(Written(), std::regex(R"(\d+:M \d{13} \* x\n)")));
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

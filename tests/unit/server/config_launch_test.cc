// SPDX-License-Identifier: BSD-3-Clause
#include "server/config_launch.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace skarn {
namespace {

class ConfigLaunchTest : public testing::Test {
 protected:
  ConfigLaunchTest() {
    std::string name =
        (std::filesystem::temp_directory_path() / "config-XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~ConfigLaunchTest() override { std::filesystem::remove_all(directory_); }

  // Writes a file and gives its path.
  std::string File(const std::string& name, const std::string& text) const {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  static Result<Launch> Read(std::vector<std::string> arguments,
                             const std::string& input = "") {
    return ReadLaunch(arguments, [&]() -> Result<std::string> { return input; });
  }

  // The value of a directive, or the error.
  static std::string Value(std::vector<std::string> arguments, ConfigKey key,
                           const std::string& input = "") {
    const auto launch = Read(std::move(arguments), input);
    return launch ? launch->config.Text(key) : launch.error().text;
  }

  static std::string ErrorOf(std::vector<std::string> arguments,
                             const std::string& input = "") {
    const auto launch = Read(std::move(arguments), input);
    return launch ? "no error" : launch.error().text;
  }

  std::string directory_;
};

TEST_F(ConfigLaunchTest, NothingGivesTheDefaults) {
  const auto launch = Read({});
  ASSERT_TRUE(launch.has_value());
  EXPECT_EQ(launch->request, LaunchRequest::kServe);
  EXPECT_EQ(launch->file, "");
  EXPECT_EQ(launch->config.Text(ConfigKey::kSave), "3600 1 300 100 60 10000");
}

TEST_F(ConfigLaunchTest, KnowsRequests) {
  EXPECT_EQ(Read({"-v"})->request, LaunchRequest::kVersion);
  EXPECT_EQ(Read({"--version"})->request, LaunchRequest::kVersion);
  EXPECT_EQ(Read({"-h"})->request, LaunchRequest::kHelp);
  EXPECT_EQ(Read({"--help"})->request, LaunchRequest::kHelp);
  EXPECT_EQ(Read({"--check-system"})->request, LaunchRequest::kCheckSystem);
  const auto test_memory = Read({"--test-memory", "64"});
  EXPECT_EQ(test_memory->request, LaunchRequest::kTestMemory);
  EXPECT_EQ(test_memory->test_memory_mb, 64);
  EXPECT_FALSE(Read({"--test-memory"}).has_value());
  EXPECT_FALSE(Read({"--port", "0", "--sentinel"}).has_value());
}

TEST_F(ConfigLaunchTest, OptionsOverrideInputAndInputOverridesTheFile) {
  const std::string path = File("a.conf", "timeout 1\nhz 11\nmaxclients 21\n");
  const auto launch = Read({path, "--timeout", "3", "-"}, "timeout 2\nhz 12\n");
  ASSERT_TRUE(launch.has_value());
  EXPECT_EQ(launch->config.Integer(ConfigKey::kTimeout), 3);
  EXPECT_EQ(launch->config.Integer(ConfigKey::kHz), 12);
  EXPECT_EQ(launch->config.Integer(ConfigKey::kMaxclients), 21);
  EXPECT_EQ(launch->file, std::filesystem::canonical(path).string());
}

TEST_F(ConfigLaunchTest, OptionValuesAreTakenAsTheReferenceTakesThem) {
  EXPECT_EQ(Value({"--maxmemory 700mb", "--hz", "20"}, ConfigKey::kMaxmemory),
            "734003200");
  EXPECT_EQ(Value({"--requirepass", "--secret", "--hz", "20"}, ConfigKey::kRequirepass),
            "--secret");
  EXPECT_EQ(Value({"--availability-zone", "a \"b\"\n"}, ConfigKey::kAvailabilityZone),
            "a \"b\"\n");
  EXPECT_EQ(Value({"--save", "--hz", "20"}, ConfigKey::kSave), "");
  EXPECT_EQ(Value({"--hz", "20", "--save"}, ConfigKey::kSave), "");
  EXPECT_EQ(Value({"--save", "", "--hz", "20"}, ConfigKey::kHz), "20");
  EXPECT_EQ(Value({"--save", "1", "2", "--save", "3 4"}, ConfigKey::kSave), "1 2 3 4");
  EXPECT_EQ(Value({"--bind", "127.0.0.1", "::1"}, ConfigKey::kBind), "127.0.0.1 ::1");
  EXPECT_EQ(Value({"--shutdown-on-sigint", "nosave", "force", "now"},
                  ConfigKey::kShutdownOnSigint),
            "nosave now force");
}

TEST_F(ConfigLaunchTest, AWordAfterTheFileStartsALine) {
  const std::string path = File("a.conf", "");
  EXPECT_EQ(Value({path, "loglevel", "verbose", "--hz '20'"}, ConfigKey::kLoglevel),
            "verbose");
}

TEST_F(ConfigLaunchTest, SaveOptionsAddToTheFile) {
  const std::string path = File("a.conf", "save 900 1\n");
  EXPECT_EQ(Value({path, "--save", "100", "100"}, ConfigKey::kSave), "900 1 100 100");
  EXPECT_EQ(Value({path, "--save", ""}, ConfigKey::kSave), "");
}

TEST_F(ConfigLaunchTest, ErrorsNameFileLineAndReason) {
  const std::string path = File("a.conf", "# c\nport 0\n  timeout x\n");
  const std::string error = ErrorOf({path});
  EXPECT_TRUE(error.starts_with("\n*** FATAL CONFIG FILE ERROR (Version ")) << error;
  EXPECT_TRUE(
      error.ends_with(") ***\nReading the configuration file, at line 3 of " +
                      std::filesystem::canonical(path).string() +
                      "\n>>> 'timeout x'\nargument couldn't be parsed into an integer\n"))
      << error;
  EXPECT_TRUE(
      ErrorOf({"--hz", "1", "--port", "6379", "6380"})
          .ends_with("Reading the command line, at option 2\n"
                     ">>> 'port \"6379\" \"6380\"'\nwrong number of arguments\n"));
  EXPECT_TRUE(ErrorOf({"-"}, "bogus 1")
                  .ends_with("at line 1 of standard input\n>>> 'bogus 1'\n"
                             "Bad directive or wrong number of arguments\n"));
  EXPECT_EQ(
      ErrorOf({"/nosuch.conf"}),
      "Fatal error, can't open config file '/nosuch.conf': No such file or directory\n");
  EXPECT_EQ(ErrorOf({"/"}), "Fatal error, can't open config file '/': Is a directory\n");
}

TEST_F(ConfigLaunchTest, IncludesFilesAndGlobs) {
  File("one.inc", "timeout 1\nhz 11\n");
  File("two.inc", "hz 12\n");
  const std::string path = File("a.conf", "include " + directory_ + "/*.inc\ninclude " +
                                              directory_ + "/none*\ntimeout 3\n");
  EXPECT_EQ(Value({path}, ConfigKey::kTimeout), "3");
  EXPECT_EQ(Value({path}, ConfigKey::kHz), "12");
  EXPECT_NE(ErrorOf({"--include", directory_ + "/none"}).find("can't open"),
            std::string::npos);
}

TEST_F(ConfigLaunchTest, IncludesEndSomewhere) {
  const std::string path = directory_ + "/loop.conf";
  File("loop.conf", "include " + path + "\n");
  EXPECT_NE(ErrorOf({path}).find("include goes deeper than 16 files"), std::string::npos);
  File("wide.conf", "include " + path + "\ninclude " + path + "\n");
  EXPECT_NE(ErrorOf({path}), "no error");
}

TEST_F(ConfigLaunchTest, CollectsRenamedCommands) {
  const auto launch =
      Read({"-"}, "rename-command FLUSHALL \"\"\n\nRENAME-COMMAND get fetch\n");
  ASSERT_TRUE(launch.has_value());
  ASSERT_EQ(launch->renamed_commands.size(), 2u);
  EXPECT_EQ(launch->renamed_commands[0].to, "");
  EXPECT_EQ(launch->renamed_commands[1].from, "get");
  EXPECT_EQ(launch->renamed_commands[1].origin.line, 3);
}

TEST_F(ConfigLaunchTest, RefusesWhatDoesNotWorkYet) {
  for (const char* line :
       {"appendonly yes", "aclfile /a", "user alice on", "tls-port 1", "tls-cluster yes",
        "tls-replication yes", "import-mode yes", "replicaof 127.0.0.1 6379",
        "slaveof a 1", "cluster-enabled yes", "loadmodule /a.so"}) {
    const std::string error = ErrorOf({"-"}, line);
    EXPECT_NE(error.find("not work yet"), std::string::npos) << line << error;
  }
}

TEST_F(ConfigLaunchTest, RefusesZeroBytesAndHugeFiles) {
  EXPECT_NE(ErrorOf({"-"}, "requirepass \"a\\x00b\"\n"), "no error");
  const std::string path = File("a.conf", "");
  std::filesystem::resize_file(path, kConfigFileBytesMax + 1);
  EXPECT_NE(ErrorOf({path}).find("larger than"), std::string::npos);
}

TEST_F(ConfigLaunchTest, ReadsAgainFromTheDirectoryOfTheStart) {
  const std::string before = std::filesystem::current_path();
  std::filesystem::create_directory(directory_ + "/data");
  std::filesystem::create_directory(directory_ + "/more");
  std::filesystem::current_path(directory_);
  File("main.conf", "include more/*.conf\ntimeout 1\ninclude one.conf\n");
  File("one.conf", "dir data\n");
  const auto first = Read({"main.conf", "--hz", "30", "-"}, "tcp-keepalive 7");
  std::filesystem::current_path("/");
  File("more/a.conf", "maxmemory 5mb\n");
  File("main.conf", "include more/*.conf\ntimeout 2\ninclude one.conf\n");
  const auto again = ReadLaunchAgain(first->source);
  std::filesystem::current_path(before);
  ASSERT_TRUE(first.has_value());
  ASSERT_TRUE(again.has_value()) << again.error().text;
  EXPECT_EQ(again->config.Text(ConfigKey::kTimeout), "2");
  EXPECT_EQ(again->config.Text(ConfigKey::kMaxmemory), "5242880");
  EXPECT_EQ(again->config.Text(ConfigKey::kHz), "30");
  EXPECT_EQ(again->config.Text(ConfigKey::kTcpKeepalive), "7");
  EXPECT_EQ(again->config.Text(ConfigKey::kDir), first->config.Text(ConfigKey::kDir));
  EXPECT_EQ(again->file, first->file);
}

TEST_F(ConfigLaunchTest, TheDefaultDirectoryStaysThatOfTheStart) {
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(directory_);
  const auto first = Read({});
  std::filesystem::current_path("/");
  const auto again = ReadLaunchAgain(first->source);
  std::filesystem::current_path(before);
  EXPECT_EQ(again->config.Text(ConfigKey::kDir), first->config.Text(ConfigKey::kDir));
}

TEST_F(ConfigLaunchTest, FailuresOfAFurtherReadingQuoteNoValue) {
  const std::string path = File("x.conf", "hz 20\n");
  const auto first = Read({path});
  const auto error_of = [&](const std::string& text) {
    File("x.conf", text);
    const auto again = ReadLaunchAgain(first->source);
    return again ? "no error" : again.error().text;
  };
  const std::string place = " of " + path + ": ";
  EXPECT_EQ(error_of("\nrequirepass a secret\n"),
            "line 2" + place + "requirepass: wrong number of arguments");
  EXPECT_EQ(error_of("hz \"x"),
            "line 1" + place + "hz: Unbalanced quotes in configuration line");
  EXPECT_EQ(error_of("include " + directory_ + "/none.conf"),
            "line 1" + place + "include: can't open '" + directory_ +
                "/none.conf': No such file or directory");
  EXPECT_EQ(error_of(std::string("hz\0z 30", 7)),
            "line 1" + place + "hz\\x00z: Bad directive or wrong number of arguments");
  EXPECT_EQ(error_of("hz 30"), "no error");
  std::filesystem::remove(path);
  const auto gone = ReadLaunchAgain(first->source);
  ASSERT_FALSE(gone.has_value());
  EXPECT_EQ(gone.error().text,
            "can't open config file '" + path + "': No such file or directory");
}

}  // namespace
}  // namespace skarn

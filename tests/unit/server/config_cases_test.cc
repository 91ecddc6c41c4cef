// SPDX-License-Identifier: BSD-3-Clause
//
// Replays config_cases.txt, what a stock Valkey 9.1 said to configuration values, on our
// library.

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "server/config.h"
#include "server/config_command.h"
#include "server/config_launch.h"
#include "server/config_line.h"

namespace skarn {
namespace {

using Fields = std::vector<std::string>;

// Where we differ from the reference by intention; the reason stands beside each.
const std::set<std::string> kDifferences = {
    "set\tmaxmemory\t9223372036854775808",                   // We stop at INT64_MAX.
    "set\tcluster-link-sendbuf-limit\t9223372036854775808",  // The same.
    "set\tmaxmemory-clients\t9223372036854775808",           // The same.
    "set\tslot-migration-max-failover-repl-bytes\t9223372036854775808",  // It wraps
                                                                         // around.
    "set\tactivedefrag\tyes",        // Acting on these is for the hooks of the server.
    "set\toom-score-adj\tyes",       //
    "set\toom-score-adj\trelative",  //
    "set\toom-score-adj\tabsolute",  //
    "set\ttls-cluster\tyes",         //
    "set\ttls-replication\tyes",     //
};

// Directives of Skarn alone.
const std::set<std::string> kOurs = {
    "allocator-decay-ms", "event-loop",     "machine-profile", "profile", "simd",
    "save-threads",       "slab-hugepages", "worker-pinning"};

std::vector<Fields> CasesOf(const std::string& kind) {
  std::ifstream file(SKARN_CONFIG_CASES);
  std::vector<Fields> cases;
  for (std::string line; std::getline(file, line);) {
    Fields fields;
    for (size_t begin = 0; begin <= line.size();) {
      const size_t end = std::min(line.find('\t', begin), line.size());
      // The escapes are those of a quoted word; quotes themselves stand bare.
      std::string field = line.substr(begin, end - begin);
      for (size_t at = 0; (at = field.find('"', at)) != std::string::npos; at += 2) {
        field.insert(at, "\\");
      }
      fields.push_back(SplitConfigLine('"' + field + '"').value().front());
      begin = end + 1;
    }
    if (fields[0] == kind) cases.push_back(std::move(fields));
  }
  return cases;
}

bool Differs(const Fields& fields, size_t count) {
  const std::vector<std::string> first(fields.begin(),
                                       fields.begin() + static_cast<long>(count));
  return kDifferences.contains(fmt::format("{}", fmt::join(first, "\t")));
}

std::string SetText(Config& config, const Fields& words) {
  const std::vector<Bytes> arguments(words.begin(), words.end());
  const Result<> set =
      SetConfig(config, arguments, ConfigHooks(), {.may_change_protected = true});
  return set ? "OK" : set.error().text;
}

std::vector<ConfigPair> Get(const Config& config, Bytes pattern) {
  return GetConfig(config, std::vector<Bytes>{pattern});
}

TEST(ConfigCasesTest, DefaultsAreThoseOfTheReference) {
  Config config;
  const auto cases = CasesOf("default");
  ASSERT_GT(cases.size(), 200u);
  for (const Fields& fields : cases) {
    if (fields[1] == "enable-protected-configs") continue;  // Given to record the cases.
    const auto pairs = Get(config, fields[1]);
    ASSERT_EQ(pairs.size(), 1u) << fields[1];
    EXPECT_EQ(pairs[0].value, fields[2]) << fields[1];
  }
}

TEST(ConfigCasesTest, SetAnswersAsTheReferenceDoes) {
  const auto cases = CasesOf("set");
  ASSERT_GT(cases.size(), 1000u);
  for (const Fields& fields : cases) {
    if (Differs(fields, 3)) continue;
    const std::string &name = fields[1], &value = fields[2], &expected = fields[3];
    Config config;
    std::string reply = SetText(config, {name, value});
    if (reply == "OK") {
      const std::string shown = Get(config, name).at(0).value;
      reply = shown == value ? "same" : "=" + shown;
    } else {
      const std::string prefix =
          "ERR CONFIG SET failed (possibly related to argument '" + name + "') - ";
      if (reply.starts_with(prefix)) reply.replace(0, prefix.size(), "!");
    }
    EXPECT_EQ(reply, expected) << name << " [" << value << "]";
  }
}

TEST(ConfigCasesTest, SetOfSeveralAnswersAsTheReferenceDoes) {
  const auto cases = CasesOf("pairs");
  ASSERT_GT(cases.size(), 10u);
  for (const Fields& fields : cases) {
    Config config;
    std::string expected = fields[1];
    // The number of arguments is the business of the command table.
    if (expected.starts_with("ERR wrong number of arguments"))
      expected = "ERR syntax error";
    EXPECT_EQ(SetText(config, Fields(fields.begin() + 2, fields.end())), expected)
        << fields[2];
  }
}

TEST(ConfigCasesTest, GetFindsTheNamesTheReferenceFinds) {
  const Config config;
  const auto cases = CasesOf("get");
  ASSERT_GT(cases.size(), 10u);
  for (const Fields& fields : cases) {
    std::vector<std::string> names;
    for (const ConfigPair& pair : Get(config, fields[1])) {
      if (!kOurs.contains(pair.name)) names.push_back(pair.name);
    }
    std::ranges::sort(names);
    EXPECT_EQ(fmt::format("{}", fmt::join(names, " ")),
              fields.size() > 2 ? fields[2] : "");
  }
}

TEST(ConfigCasesTest, LinesAreReadAsTheReferenceReadsThem) {
  const auto cases = CasesOf("line");
  ASSERT_GT(cases.size(), 80u);
  for (const Fields& fields : cases) {
    if (Differs(fields, 2)) continue;
    const std::string text = fields[1] + "\n";
    const auto launch =
        ReadLaunch(Fields{"-"}, [&]() -> Result<std::string> { return text; });
    std::string reason = "OK";
    if (!launch) {
      reason = launch.error().text;
      reason.pop_back();
      reason.erase(0, reason.rfind('\n') + 1);
    }
    EXPECT_EQ(reason, fields[2]) << "[" << fields[1] << "]";
  }
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "commands/string.h"

#include <gtest/gtest.h>

#include "commands/families.h"
#include "tests/unit/commands/command_harness.h"

namespace skarn {
namespace {

using Events = std::vector<std::string>;

constexpr char kNull[] = "$-1\r\n";
constexpr char kOkReply[] = "+OK\r\n";
constexpr char kWrongTypeReply[] =
    "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

std::string Bulk(const std::string& value) {
  return "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
}

class StringCommandTest : public testing::Test {
 protected:
  std::string Run(Bytes line) { return harness.Run(line); }
  std::string RunWords(const std::vector<std::string>& words) {
    return harness.RunWords(words);
  }
  // A key of another type.
  void PutList(Bytes name) {
    const Key key = MakeKey(name);
    Found found = harness.view().FindForWrite(key);
    harness.view().PutBytes(key, found, "x", kNoExpiry, ValueType::kList);
  }

  CommandHarness harness{StringCommands()};
};

TEST_F(StringCommandTest, RepliesBeyondTheMachineEnd) {
  harness.settings.output_bytes_max = 1 << 20;
  Run("SET key " + std::string(10000, 'v'));
  std::vector<std::string> words(10000, "key");
  words[0] = "MGET";
  EXPECT_LT(RunWords(words).size(), size_t{2} << 20);
  words.resize(101);
  EXPECT_GT(RunWords(words).size(), 100u * 10000);
}

TEST_F(StringCommandTest, GetReadsWhatSetWrote) {
  EXPECT_EQ(Run("GET key"), kNull);
  EXPECT_EQ(harness.events, Events{"keymiss:key"});
  EXPECT_EQ(Run("SET key value"), kOkReply);
  EXPECT_EQ(harness.events, (Events{"new:key", "set:key"}));
  EXPECT_EQ(harness.changes, 1u);
  EXPECT_EQ(Run("GET key"), Bulk("value"));
  EXPECT_EQ(harness.view().stats().hits, 1u);
  EXPECT_EQ(harness.view().stats().misses, 1u);
}

TEST_F(StringCommandTest, KeepsValuesOfEverySize) {
  for (const size_t size :
       {0u, 1u, 255u, 256u, 15871u, 15872u, 15873u, 16384u, 100000u}) {
    const std::string value(size, static_cast<char>('a' + size % 26));
    EXPECT_EQ(RunWords({"SET", "key", value}), kOkReply);
    EXPECT_EQ(Run("GET key"), Bulk(value));
    EXPECT_EQ(Run("STRLEN key"), ":" + std::to_string(size) + "\r\n");
  }
}

TEST_F(StringCommandTest, BigReplyOutlivesItsKey) {
  const std::string value(50000, 'v');
  RunWords({"SET", "key", value});
  EXPECT_EQ(Run("GETDEL key"), Bulk(value));
  RunWords({"SET", "key", value});
  EXPECT_EQ(Run("SET key small GET"), Bulk(value));
}

TEST_F(StringCommandTest, SetObeysItsConditions) {
  EXPECT_EQ(Run("SET key a XX"), kNull);
  EXPECT_EQ(Run("SET key a NX"), kOkReply);
  EXPECT_EQ(Run("SET key b NX"), kNull);
  EXPECT_EQ(harness.changes, 0u);
  EXPECT_EQ(Run("SET key b NX GET"), Bulk("a"));
  EXPECT_EQ(Run("SET key b IFEQ x"), kNull);
  EXPECT_EQ(Run("SET key b IFEQ x GET"), Bulk("a"));
  EXPECT_EQ(Run("SET key b IFEQ a"), kOkReply);
  EXPECT_EQ(Run("GET key"), Bulk("b"));
  PutList("list");
  EXPECT_EQ(Run("SET list v GET"), kWrongTypeReply);
  EXPECT_EQ(Run("SET list v IFEQ x"), kWrongTypeReply);
  EXPECT_EQ(Run("SET list v XX"), kOkReply);
}

TEST_F(StringCommandTest, SetRefusesWhatDoesNotGoTogether) {
  for (const char* line :
       {"SET k v NX XX", "SET k v IFEQ a NX", "SET k v XX IFEQ a", "SET k v EX 1 PX 1",
        "SET k v EX 1 KEEPTTL", "SET k v KEEPTTL EXAT 1", "SET k v EX", "SET k v PERSIST",
        "SET k v IFEQ", "SET k v EX x JUNK"}) {
    EXPECT_EQ(Run(line), "-ERR syntax error\r\n") << line;
  }
  for (const char* line : {"SET k v EX 0", "SET k v PX -1", "SET k v EX 9223372036854775",
                           "SET k v PXAT 0", "SET k v PX 9223372036854775807"}) {
    EXPECT_EQ(Run(line), "-ERR invalid expire time in 'set' command\r\n") << line;
  }
  EXPECT_EQ(Run("SET k v EX 1.0"), "-ERR value is not an integer or out of range\r\n");
}

TEST_F(StringCommandTest, ExpiryInThePastRemovesTheKey) {
  Run("SET key v");
  EXPECT_EQ(Run("SET key w PXAT 1"), kOkReply);
  EXPECT_EQ(harness.events, Events{"expired:key"});
  EXPECT_EQ(harness.changes, 1u);
  EXPECT_EQ(Run("GET key"), kNull);
  EXPECT_EQ(Run("SET key w EXAT 5"), kOkReply);
  EXPECT_EQ(harness.changes, 0u);
  Run("SET key v");
  EXPECT_EQ(Run("GETEX key EXAT 5"), Bulk("v"));
  EXPECT_EQ(harness.events, Events{"expired:key"});
}

TEST_F(StringCommandTest, KeepsAndDropsTheExpiry) {
  EXPECT_EQ(Run("SET key 1 EX 10"), kOkReply);
  EXPECT_EQ(harness.events, (Events{"new:key", "set:key", "expire:key"}));
  Run("INCR key");
  Run("APPEND key 5");
  Run("SETRANGE key 0 7");
  Run("SET key x KEEPTTL");
  harness.Sleep(9999);
  EXPECT_EQ(Run("GET key"), Bulk("x"));
  harness.Sleep(2);
  EXPECT_EQ(Run("GET key"), kNull);
  Run("SET key 1 EX 10");
  Run("SET key 2");
  harness.Sleep(20000);
  EXPECT_EQ(Run("GET key"), Bulk("2"));
  Run("GETEX key EX 10");
  EXPECT_EQ(Run("GETEX key PERSIST"), Bulk("2"));
  EXPECT_EQ(harness.events, Events{"persist:key"});
  Run("GETEX key PERSIST");
  EXPECT_EQ(harness.changes, 0u);
}

TEST_F(StringCommandTest, NumbersStopAtTheirLimits) {
  EXPECT_EQ(Run("INCR n"), ":1\r\n");
  EXPECT_EQ(harness.events, (Events{"new:n", "incrby:n"}));
  EXPECT_EQ(Run("DECRBY n 11"), ":-10\r\n");
  EXPECT_EQ(Run("INCRBY n 9223372036854775807"), ":9223372036854775797\r\n");
  EXPECT_EQ(Run("INCRBY n 11"), "-ERR increment or decrement would overflow\r\n");
  EXPECT_EQ(Run("DECRBY n -9223372036854775808"), "-ERR decrement would overflow\r\n");
  EXPECT_EQ(Run("INCRBYFLOAT f 1e-17"), Bulk("0.00000000000000001"));
  EXPECT_EQ(Run("INCRBYFLOAT f inf"), "-ERR increment would produce NaN or Infinity\r\n");
}

TEST_F(StringCommandTest, ManyKeysAreSetTogether) {
  EXPECT_EQ(Run("MSET a 1 b 2 a 3"), kOkReply);
  EXPECT_EQ(harness.changes, 3u);
  PutList("list");
  EXPECT_EQ(Run("MGET a list none b"), "*4\r\n" + Bulk("3") + kNull + kNull + Bulk("2"));
  EXPECT_EQ(Run("MSETNX c 1 a 2"), ":0\r\n");
  EXPECT_EQ(Run("GET c"), kNull);
  EXPECT_EQ(Run("MSETNX c 1 c 2"), ":1\r\n");
  EXPECT_EQ(Run("MSETEX 2 a 4 b 5 XX EX 10"), ":1\r\n");
  EXPECT_EQ(harness.events, (Events{"set:a", "expire:a", "set:b", "expire:b"}));
  EXPECT_EQ(Run("MSETEX 2 a 4 z 5 XX"), ":0\r\n");
  EXPECT_EQ(Run("MSETEX 0 a 4"), "-ERR invalid numkeys value or out of range\r\n");
  EXPECT_EQ(Run("MSETEX 2 a 4 b"), "-ERR syntax error\r\n");
  EXPECT_EQ(Run("MSET a 1 b"), "-ERR wrong number of arguments for 'mset' command\r\n");
}

TEST_F(StringCommandTest, PartsAreReadAndChangedInPlace) {
  Run("SET key Hello");
  EXPECT_EQ(Run("APPEND key World"), ":10\r\n");
  EXPECT_EQ(Run("GETRANGE key -5 -1"), Bulk("World"));
  EXPECT_EQ(Run("GETRANGE key -50 -40"), Bulk("H"));
  EXPECT_EQ(Run("GETRANGE key -1 -5"), Bulk(""));
  EXPECT_EQ(Run("SETRANGE none 2 ab"), ":4\r\n");
  EXPECT_EQ(Run("GET none"), Bulk(std::string("\0\0ab", 4)));
  EXPECT_EQ(RunWords({"SETRANGE", "absent", "9", ""}), ":0\r\n");
  EXPECT_EQ(Run("GET absent"), kNull);
  EXPECT_EQ(Run("SETRANGE key -1 x"), "-ERR offset is out of range\r\n");
  harness.settings.proto_max_bulk_bytes = 12;
  EXPECT_EQ(Run("APPEND key 123"),
            "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n");
  EXPECT_EQ(Run("APPEND key 12"), ":12\r\n");
  EXPECT_EQ(Run("SETRANGE key 9223372036854775807 x"),
            "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n");
}

TEST_F(StringCommandTest, GrowsFromSmallToBigAndKeepsItsBytes) {
  std::string model;
  for (int i = 0; i < 400; ++i) {
    const std::string part(static_cast<size_t>(i), static_cast<char>('a' + i % 26));
    model += part;
    RunWords({"APPEND", "key", part});
  }
  EXPECT_EQ(Run("GET key"), Bulk(model));
}

TEST_F(StringCommandTest, DelifeqErasesOnlyTheValueItExpects) {
  Run("SET key v");
  EXPECT_EQ(Run("DELIFEQ key w"), ":0\r\n");
  EXPECT_EQ(Run("DELIFEQ key v"), ":1\r\n");
  EXPECT_EQ(harness.events, Events{"del:key"});
  EXPECT_EQ(Run("DELIFEQ key v"), ":0\r\n");
}

TEST_F(StringCommandTest, FindsTheLongestCommonSubsequence) {
  Run("MSET a ohmytext b mynewtext");
  EXPECT_EQ(Run("LCS a b"), Bulk("mytext"));
  EXPECT_EQ(Run("LCS a b LEN"), ":6\r\n");
  EXPECT_EQ(
      Run("LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN"),
      "*4\r\n$7\r\nmatches\r\n*1\r\n*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n"
      "$3\r\nlen\r\n:6\r\n");
  EXPECT_EQ(Run("LCS a none IDX"), "*4\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n");
  PutList("list");
  EXPECT_EQ(Run("LCS a list"), "-ERR The specified keys must contain string values\r\n");
}

TEST_F(StringCommandTest, OtherTypesAreRefused) {
  PutList("list");
  for (const char* line :
       {"GET list", "GETSET list v", "GETDEL list", "GETEX list", "STRLEN list",
        "APPEND list v", "INCR list", "INCRBYFLOAT list x", "SETRANGE list 0 v",
        "GETRANGE list 0 1", "DELIFEQ list x"}) {
    EXPECT_EQ(Run(line), kWrongTypeReply) << line;
    EXPECT_EQ(harness.changes, 0u) << line;
  }
}

}  // namespace
}  // namespace skarn

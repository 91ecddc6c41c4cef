// SPDX-License-Identifier: BSD-3-Clause
#include "commands/hash.h"

#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "commands/families.h"
#include "commands/hash_view.h"
#include "keyspace/field_expiry.h"
#include "tests/unit/commands/command_harness.h"

namespace skarn {
namespace {

using Events = std::vector<std::string>;

constexpr char kNull[] = "$-1\r\n";
constexpr char kWrongTypeReply[] =
    "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

std::string Bulk(const std::string& value) {
  return "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
}
std::string Bulks(const std::vector<std::string>& values) {
  std::string text = "*" + std::to_string(values.size()) + "\r\n";
  for (const std::string& value : values) text += Bulk(value);
  return text;
}
std::string Integers(const std::vector<int>& values) {
  std::string text = "*" + std::to_string(values.size()) + "\r\n";
  for (const int value : values) text += ":" + std::to_string(value) + "\r\n";
  return text;
}

class HashCommandTest : public testing::Test {
 protected:
  std::string Run(Bytes line) { return harness.Run(line); }
  const Entry* Peek(Bytes name) { return harness.view().Peek(MakeKey(name)); }
  bool IsTable(Bytes name) { return Peek(name)->encoding() == Encoding::kTable; }
  std::map<std::string, std::string> Contents(const Entry* entry) {
    std::map<std::string, std::string> fields;
    HashView(entry, 0).ForEach([&](const auto& field, const auto& value) {
      fields.emplace(field.ToString(), value.ToString());
    });
    return fields;
  }
  // Hashes with fields that expire, as the shards count them.
  uint64_t CountFieldExpiries() {
    uint64_t count = 0;
    for (const Shard& shard : harness.view().keyspace().GetDatabase(0).shards) {
      count += shard.field_expiry_count;
    }
    return count;
  }
  size_t ExpireDue(Bytes name, size_t limit = 100) {
    const Key key = MakeKey(name);
    Found found = harness.view().FindForWrite(key);
    harness.events.clear();
    uint64_t position = 0;
    return ExpireDueFields(harness.view(), key, found, limit, &position);
  }

  CommandHarness harness{HashCommands(), StringCommands()};
};

TEST_F(HashCommandTest, HsetSetsAndHgetReads) {
  EXPECT_EQ(Run("HGET key a"), kNull);
  EXPECT_EQ(Run("HSET key a 1 b two a 3"), ":2\r\n");
  EXPECT_EQ(harness.events, (Events{"new:key", "hset:key"}));
  EXPECT_EQ(harness.changes, 3u);
  EXPECT_EQ(Run("HGET key a"), Bulk("3"));
  EXPECT_EQ(Run("HMGET key b x a"), "*3\r\n" + Bulk("two") + kNull + Bulk("3"));
  EXPECT_EQ(Run("HMSET key c 5"), "+OK\r\n");
  EXPECT_EQ(Run("HGETALL key"), Bulks({"a", "3", "b", "two", "c", "5"}));
  EXPECT_EQ(Run("HKEYS key"), Bulks({"a", "b", "c"}));
  EXPECT_EQ(Run("HVALS key"), Bulks({"3", "two", "5"}));
  EXPECT_EQ(Run("HLEN key"), ":3\r\n");
  EXPECT_EQ(Run("HSTRLEN key b"), ":3\r\n");
  EXPECT_EQ(Run("HSTRLEN key x"), ":0\r\n");
  EXPECT_EQ(Run("HEXISTS key b"), ":1\r\n");
  EXPECT_EQ(Run("HSETNX key b 1"), ":0\r\n");
  EXPECT_EQ(Run("HSETNX key d 1"), ":1\r\n");
  EXPECT_FALSE(IsTable("key"));
}

TEST_F(HashCommandTest, AnAbsentHashIsEmpty) {
  EXPECT_EQ(Run("HGETALL key"), "*0\r\n");
  EXPECT_EQ(Run("HKEYS key"), "*0\r\n");
  EXPECT_EQ(Run("HMGET key a b"), "*2\r\n$-1\r\n$-1\r\n");
  EXPECT_EQ(Run("HLEN key"), ":0\r\n");
  EXPECT_EQ(Run("HDEL key a"), ":0\r\n");
  EXPECT_EQ(Run("HRANDFIELD key"), kNull);
  EXPECT_EQ(Run("HRANDFIELD key 3"), "*0\r\n");
  EXPECT_EQ(Run("HSCAN key 0"), "*2\r\n$1\r\n0\r\n*0\r\n");
  EXPECT_EQ(Run("HTTL key FIELDS 2 a b"), Integers({-2, -2}));
  harness.SetProtocol(3);
  EXPECT_EQ(Run("HGETALL key"), "%0\r\n");
  EXPECT_EQ(Run("HGET key a"), "_\r\n");
}

TEST_F(HashCommandTest, RepliesBeyondTheMachineEnd) {
  harness.settings.output_bytes_max = 1 << 20;
  Run("HSET key " + std::string(1000, 'a') + " " + std::string(1000, 'b'));
  EXPECT_LT(Run("HRANDFIELD key -9223372036854775807").size(), size_t{2} << 20);
  EXPECT_LT(Run("HRANDFIELD key -4000000000000000000 WITHVALUES").size(),
            size_t{2} << 20);
  std::vector<std::string> words{"HMGET", "key"};
  words.resize(10000, std::string(1000, 'a'));
  EXPECT_LT(harness.RunWords(words).size(), size_t{2} << 20);
  words.resize(1000);
  EXPECT_GT(harness.RunWords(words).size(), 998u * 1000);
}

TEST_F(HashCommandTest, Resp3HasMapsAndPairs) {
  harness.SetProtocol(3);
  Run("HSET key a 1");
  EXPECT_EQ(Run("HGETALL key"), "%1\r\n" + Bulk("a") + Bulk("1"));
  EXPECT_EQ(Run("HRANDFIELD key 1 WITHVALUES"), "*1\r\n" + Bulks({"a", "1"}));
  EXPECT_EQ(Run("HRANDFIELD key -2 WITHVALUES"),
            "*2\r\n" + Bulks({"a", "1"}) + Bulks({"a", "1"}));
}

TEST_F(HashCommandTest, RefusesOtherTypes) {
  Run("SET key value");
  for (const char* line : {"HGET key a",
                           "HSET key a 1",
                           "HMSET key a 1",
                           "HSETNX key a 1",
                           "HDEL key a",
                           "HGETALL key",
                           "HKEYS key",
                           "HVALS key",
                           "HLEN key",
                           "HSTRLEN key a",
                           "HEXISTS key a",
                           "HINCRBY key a 1",
                           "HINCRBYFLOAT key a 1",
                           "HRANDFIELD key",
                           "HRANDFIELD key 1",
                           "HSCAN key 0",
                           "HSCAN key 0 NONSENSE",
                           "HMGET key a",
                           "HEXPIRE key 10 FIELDS 1 a",
                           "HTTL key FIELDS 1 a",
                           "HPERSIST key FIELDS 1 a",
                           "HGETEX key FIELDS 1 a",
                           "HSETEX key FIELDS 1 a 1",
                           "HGETDEL key FIELDS 1 a"}) {
    EXPECT_EQ(Run(line), kWrongTypeReply) << line;
  }
}

TEST_F(HashCommandTest, ErasesTheKeyWithItsLastField) {
  Run("HSET key a 1 b 2");
  EXPECT_EQ(Run("HDEL key a a x"), ":1\r\n");
  EXPECT_EQ(harness.events, Events{"hdel:key"});
  EXPECT_EQ(Run("HDEL key b"), ":1\r\n");
  EXPECT_EQ(harness.events, (Events{"hdel:key", "del:key"}));
  EXPECT_EQ(Peek("key"), nullptr);
  harness.settings.hash_max_listpack_entries = 0;
  Run("HSET key a 1 b 2");
  EXPECT_TRUE(IsTable("key"));
  EXPECT_EQ(Run("HGETDEL key FIELDS 3 a b c"), "*3\r\n" + Bulk("1") + Bulk("2") + kNull);
  EXPECT_EQ(harness.events, (Events{"hdel:key", "del:key"}));
  EXPECT_EQ(Peek("key"), nullptr);
}

TEST_F(HashCommandTest, BecomesATableAtTheLimits) {
  std::vector<std::string> words = {"HSET", "key"};
  for (int i = 0; i < 512; ++i) {
    words.push_back(fmt::format("field{}", i));
    words.push_back(std::to_string(i));
  }
  EXPECT_EQ(harness.RunWords(words), ":512\r\n");
  EXPECT_FALSE(IsTable("key"));
  Run("HSET key field1 other");
  EXPECT_FALSE(IsTable("key"));
  Run("HSET key one-more 1");
  EXPECT_TRUE(IsTable("key"));
  EXPECT_EQ(Run("HLEN key"), ":513\r\n");
  EXPECT_EQ(Run("HGET key field1"), Bulk("other"));
  EXPECT_EQ(Run("HGET key field511"), Bulk("511"));

  harness.RunWords({"HSET", "value", "a", std::string(64, 'x')});
  EXPECT_FALSE(IsTable("value"));
  harness.RunWords({"HSET", "value", "a", std::string(65, 'x')});
  EXPECT_TRUE(IsTable("value"));
  harness.RunWords({"HSETNX", "name", std::string(65, 'x'), "1"});
  EXPECT_TRUE(IsTable("name"));
}

TEST_F(HashCommandTest, HincrbyAdds) {
  EXPECT_EQ(Run("HINCRBY key a 5"), ":5\r\n");
  EXPECT_EQ(harness.events, (Events{"new:key", "hincrby:key"}));
  EXPECT_EQ(Run("HINCRBY key a -7"), ":-2\r\n");
  EXPECT_EQ(Run("HINCRBY key a x"), "-ERR value is not an integer or out of range\r\n");
  Run("HSET key b text c 9223372036854775807");
  EXPECT_EQ(Run("HINCRBY key b 1"), "-ERR hash value is not an integer\r\n");
  EXPECT_EQ(Run("HINCRBY key c 1"), "-ERR increment or decrement would overflow\r\n");
  EXPECT_EQ(Run("HINCRBYFLOAT key a 1.25"), Bulk("-0.75"));
  EXPECT_EQ(Run("HINCRBYFLOAT key b 1"), "-ERR hash value is not a float\r\n");
  EXPECT_EQ(Run("HINCRBYFLOAT key b x"), "-ERR value is not a valid float\r\n");
  EXPECT_EQ(Run("HINCRBYFLOAT key b inf"), "-ERR value is NaN or Infinity\r\n");
  EXPECT_EQ(Run("HINCRBYFLOAT key d 1e80").size(), 88u);
  EXPECT_TRUE(IsTable("key"));
}

TEST_F(HashCommandTest, FieldsExpireOneByOne) {
  Run("HSET key a 1 b 2 c 3");
  EXPECT_EQ(Run("HPEXPIRE key 1000 FIELDS 3 a b x"), Integers({1, 1, -2}));
  EXPECT_EQ(harness.events, Events{"hexpire:key"});
  EXPECT_EQ(harness.changes, 2u);
  EXPECT_TRUE(IsTable("key"));
  EXPECT_EQ(CountFieldExpiries(), 1u);
  EXPECT_EQ(Run("HPTTL key FIELDS 3 a c x"), Integers({1000, -1, -2}));
  EXPECT_EQ(Run("HTTL key FIELDS 1 a"), Integers({1}));
  harness.Sleep(1001);
  // Missing for readers, but there until somebody needs the place.
  EXPECT_EQ(Run("HLEN key"), ":3\r\n");
  EXPECT_EQ(Run("HGETALL key"), Bulks({"c", "3"}));
  EXPECT_EQ(Run("HKEYS key"), Bulks({"c"}));
  EXPECT_EQ(Run("HVALS key"), Bulks({"3"}));
  EXPECT_EQ(Run("HGET key a"), kNull);
  EXPECT_EQ(Run("HEXISTS key a"), ":0\r\n");
  EXPECT_EQ(Run("HRANDFIELD key 5"), Bulks({"c"}));
  EXPECT_EQ(Run("HRANDFIELD key -3"), Bulks({"c", "c", "c"}));
  EXPECT_EQ(Run("HRANDFIELD key"), Bulk("c"));
  EXPECT_EQ(Run("HSCAN key 0 COUNT 1000"), "*2\r\n" + Bulk("0") + Bulks({"c", "3"}));
  EXPECT_EQ(Run("HDEL key a"), ":0\r\n");
  EXPECT_EQ(Run("HPERSIST key FIELDS 1 a"), Integers({-2}));
  EXPECT_EQ(Run("HEXPIRE key 5 FIELDS 1 a"), Integers({-2}));
  EXPECT_EQ(Run("HSET key a 9"), ":1\r\n");
  EXPECT_EQ(harness.events, (Events{"hexpired:key", "hset:key"}));
  EXPECT_EQ(harness.view().stats().expired_fields, 1u);
  EXPECT_EQ(Run("HTTL key FIELDS 1 a"), Integers({-1}));
  EXPECT_EQ(CountFieldExpiries(), 1u);
  EXPECT_EQ(ExpireDue("key"), 1u);
  EXPECT_EQ(harness.events, Events{"hexpired:key"});
  EXPECT_EQ(Run("HLEN key"), ":2\r\n");
  EXPECT_EQ(CountFieldExpiries(), 0u);
}

TEST_F(HashCommandTest, ActiveExpiryErasesAnEmptiedHash) {
  for (int i = 0; i < 50; ++i) Run(fmt::format("HSETEX key PX 10 FIELDS 1 f{} v", i));
  EXPECT_EQ(ExpireDue("key"), 0u);
  harness.Sleep(11);
  EXPECT_EQ(ExpireDue("key", 20), 20u);
  EXPECT_EQ(ExpireDue("key", 20), 20u);
  EXPECT_EQ(ExpireDue("key", 20), 10u);
  EXPECT_EQ(harness.events, (Events{"hexpired:key", "del:key"}));
  EXPECT_EQ(Peek("key"), nullptr);
  EXPECT_EQ(CountFieldExpiries(), 0u);
  EXPECT_EQ(harness.view().stats().expired_fields, 50u);
}

TEST_F(HashCommandTest, AnExpiryOfThePastErases) {
  Run("HSET key a 1 b 2 c 3");
  EXPECT_EQ(Run("HEXPIRE key 0 FIELDS 2 a a"), Integers({2, -2}));
  EXPECT_EQ(harness.events, Events{"hexpired:key"});
  EXPECT_FALSE(IsTable("key"));
  EXPECT_EQ(Run("HGETEX key PXAT 1 FIELDS 1 b"), Bulks({"2"}));
  EXPECT_EQ(harness.events, Events{"hexpired:key"});
  EXPECT_EQ(Run("HSETEX key PXAT 1 FIELDS 1 c 4"), ":1\r\n");
  EXPECT_EQ(harness.events,
            (Events{"hset:key", "hexpire:key", "hexpired:key", "del:key"}));
  EXPECT_EQ(Peek("key"), nullptr);
}

TEST_F(HashCommandTest, ConditionsOfHexpire) {
  Run("HSETEX key PX 5000 FIELDS 1 a 1");
  Run("HSET key b 2");
  EXPECT_EQ(Run("HEXPIRE key 9 NX FIELDS 2 a b"), Integers({0, 1}));
  EXPECT_EQ(Run("HPEXPIRE key 9000 GT FIELDS 2 a b"), Integers({1, 0}));
  EXPECT_EQ(Run("HPEXPIRE key 8000 LT FIELDS 1 a"), Integers({1}));
  EXPECT_EQ(Run("HPERSIST key FIELDS 2 a b"), Integers({1, 1}));
  EXPECT_EQ(harness.events, Events{"hpersist:key"});
  EXPECT_EQ(Run("HEXPIRE key 9 XX FIELDS 1 a"), Integers({0}));
  EXPECT_EQ(Run("HEXPIRE key 9 GT FIELDS 1 a"), Integers({0}));
  EXPECT_EQ(Run("HEXPIRE key 9 LT FIELDS 1 a"), Integers({1}));
  EXPECT_EQ(Run("HEXPIRE key 9 NX XX FIELDS 1 a"),
            "-ERR NX and XX, GT or LT options at the same time are not compatible\r\n");
  EXPECT_EQ(Run("HEXPIRE key 9 GT LT FIELDS 1 a"),
            "-ERR GT and LT options at the same time are not compatible\r\n");
  EXPECT_EQ(Run("HEXPIRE key 9 FOO FIELDS 1 a"), "-ERR Unsupported option FOO\r\n");
  EXPECT_EQ(Run("HEXPIRE key -1 FIELDS 1 a"),
            "-ERR invalid expire time in 'hexpire' command\r\n");
}

TEST_F(HashCommandTest, HsetexChecksThenSets) {
  EXPECT_EQ(Run("HSETEX key XX FIELDS 1 a 1"), ":0\r\n");
  EXPECT_EQ(Run("HSETEX key NX EX 10 FIELDS 2 a 1 b 2"), ":1\r\n");
  EXPECT_EQ(harness.events, (Events{"new:key", "hset:key", "hexpire:key"}));
  EXPECT_EQ(Run("HSETEX key FNX FIELDS 2 b 1 c 2"), ":0\r\n");
  EXPECT_EQ(Run("HSETEX key FXX FIELDS 2 b 1 c 2"), ":0\r\n");
  EXPECT_EQ(Run("HSETEX key FXX KEEPTTL FIELDS 1 b 5"), ":1\r\n");
  EXPECT_EQ(Run("HTTL key FIELDS 1 b"), Integers({10}));
  EXPECT_EQ(Run("HSETEX key FIELDS 1 b 5"), ":1\r\n");
  EXPECT_EQ(Run("HTTL key FIELDS 2 a b"), Integers({10, -1}));
  EXPECT_EQ(Run("HINCRBY key a 1"), ":2\r\n");
  EXPECT_EQ(Run("HTTL key FIELDS 1 a"), Integers({10}));
  EXPECT_EQ(Run("HGETEX key PERSIST FIELDS 1 a"), Bulks({"2"}));
  EXPECT_EQ(Run("HTTL key FIELDS 1 a"), Integers({-1}));
  EXPECT_EQ(Run("HSETEX key FIELDS 2 a 1"),
            "-ERR numfields should be greater than 0 and match the provided number of "
            "fields\r\n");
}

TEST_F(HashCommandTest, HrandfieldChoosesEvenlyAndDistinct) {
  for (const bool is_table : {false, true}) {
    harness.settings.hash_max_listpack_entries = is_table ? 0 : 512;
    const std::string key = is_table ? "table" : "small";
    for (int i = 10; i < 30; ++i) Run(fmt::format("HSET {} {} v", key, i));
    ASSERT_EQ(IsTable(key), is_table);
    for (const int count : {1, 3, 12, 19, 20, 50}) {
      std::map<std::string, int> hits;
      for (int round = 0; round < 2000; ++round) {
        const std::string reply = Run(fmt::format("HRANDFIELD {} {}", key, count));
        std::set<std::string> fields;
        for (size_t at = reply.find('\n') + 1; at < reply.size(); at += 8) {
          fields.insert(reply.substr(at + 4, 2));
        }
        ASSERT_EQ(fields.size(), size_t(std::min(count, 20)));
        for (const std::string& field : fields) ++hits[field];
      }
      const double expected = 2000.0 * std::min(count, 20) / 20;
      for (const auto& [field, hit] : hits) {
        EXPECT_NEAR(hit, expected, 6 * std::sqrt(expected) + 1) << count;
      }
    }
  }
}

TEST_F(HashCommandTest, HscanWalksATable) {
  std::map<std::string, std::string> expected;
  for (int i = 0; i < 2000; ++i) {
    expected[fmt::format("f{}", i)] = fmt::format("v{}", i);
    Run(fmt::format("HSET key f{} v{}", i, i));
  }
  std::set<std::string> seen;
  std::string cursor = "0";
  int calls = 0;
  do {
    const std::string reply = Run("HSCAN key " + cursor + " COUNT 20 NOVALUES");
    size_t at = reply.find('\n', 5) + 1;
    cursor = reply.substr(at, reply.find('\r', at) - at);
    EXPECT_LT(std::stoull(cursor), uint64_t{1} << 53);
    for (at = reply.find("\nf", at); at != std::string::npos;
         at = reply.find("\nf", at + 1)) {
      seen.insert(reply.substr(at + 1, reply.find('\r', at) - at - 1));
    }
    ++calls;
  } while (cursor != "0");
  EXPECT_EQ(seen.size(), expected.size());
  EXPECT_GT(calls, 20);
  EXPECT_EQ(Run("HSCAN key 0 MATCH f1999 COUNT 100000"),
            "*2\r\n" + Bulk("0") + Bulks({"f1999", "v1999"}));
  EXPECT_EQ(Run("HSCAN key x"), "-ERR invalid cursor\r\n");
}

// What a snapshot finds of a hash is its state at the cut, whichever way it is stored.
TEST_F(HashCommandTest, LeavesTheSnapshotItsState) {
  Run("HSET small a 1 b 2");
  Run("HSETEX table EX 100 FIELDS 2 a 1 b 2");
  Run("HSET converted a 1");
  Keyspace& keyspace = harness.view().keyspace();
  {
    SnapshotLane lane(keyspace.NextLaneEpoch());
    keyspace.set_lane(&lane);
    const std::map<std::string, std::string> both = {{"a", "1"}, {"b", "2"}};
    Run("HSET small a 9");
    Run("HDEL small a");
    Run("HSET table a 9 c 3");
    Run("HPERSIST table FIELDS 1 b");
    Run("HDEL table b");
    Run("HEXPIRE converted 10 FIELDS 1 a");
    Run("HSET new a 1");
    Run("HDEL new a");
    auto orphans = lane.TakeOrphans();
    ASSERT_EQ(orphans.size(), 2u);
    EXPECT_EQ(orphans[0].entry->key(), "small");
    EXPECT_EQ(Contents(orphans[0].entry), both);
    EXPECT_EQ(orphans[1].entry->key(), "converted");
    EXPECT_EQ(Contents(orphans[1].entry),
              (std::map<std::string, std::string>{{"a", "1"}}));
    for (const auto& orphan : orphans) lane.Free(orphan);
    auto captures = lane.TakeCaptures();
    ASSERT_EQ(captures.size(), 1u);
    std::map<std::string, std::string> captured;
    for (const Segment* segment : captures[0].capture->segments) {
      segment->ForEachSlot([&](const Bucket& bucket, unsigned slot) {
        const auto* field = static_cast<const Field*>(bucket.Block(slot));
        captured.emplace(field->name(), field->value());
        EXPECT_TRUE(field->HasExpiry());
      });
    }
    EXPECT_EQ(captured, both);
    captures[0].capture->table->EndCapture();
    keyspace.set_lane(nullptr);
  }
  EXPECT_EQ(Contents(Peek("small")), (std::map<std::string, std::string>{{"b", "2"}}));
  EXPECT_EQ(Contents(Peek("table")),
            (std::map<std::string, std::string>{{"a", "9"}, {"c", "3"}}));
  EXPECT_EQ(CountFieldExpiries(), 1u);
}

// Random commands on hashes of every size against a map, through growth of the listpack
// over all block sizes, blobs and tables.
TEST_F(HashCommandTest, AgreesWithAModel) {
  for (const size_t value_max : {4u, 60u, 64u, 600u}) {
    harness.settings.hash_max_listpack_value = value_max;
    Random random(value_max);
    std::map<std::string, std::string> model;
    for (int i = 0; i < 20000; ++i) {
      const std::string field = fmt::format("{}", random.Below(400));
      const bool grows = i / 2500 % 2 == 0;
      if (random.Below(10) < (grows ? 7u : 3u)) {
        const std::string value(random.Below(value_max + 1),
                                static_cast<char>('a' + i % 26));
        const std::string added = model.contains(field) ? ":0\r\n" : ":1\r\n";
        ASSERT_EQ(harness.RunWords({"HSET", "key", field, value}), added);
        model[field] = value;
      } else {
        ASSERT_EQ(Run("HDEL key " + field), fmt::format(":{}\r\n", model.erase(field)));
      }
      if (i % 100 != 0) continue;
      ASSERT_EQ(Contents(Peek("key")), model);
      ASSERT_EQ(Run("HLEN key"), fmt::format(":{}\r\n", model.size()));
    }
    for (const auto& [field, value] : model) Run("HDEL key " + field);
    ASSERT_EQ(Peek("key"), nullptr);
  }
}

}  // namespace
}  // namespace skarn

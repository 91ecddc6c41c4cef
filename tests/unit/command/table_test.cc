// SPDX-License-Identifier: BSD-3-Clause
#include "command/table.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace skarn {
namespace {

void Handle(CommandContext&, const Args&, ReplyWriter&) {}

constexpr KeySpec kOneKey[] = {{.flags = 0u | KeySpec::kRO}};
constexpr KeySpec kAllKeys[] = {{.flags = 0u | KeySpec::kRO, .last_key = -1}};
constexpr KeySpec kPairs[] = {{.flags = 0u | KeySpec::kOW, .last_key = -1, .step = 2}};
constexpr KeySpec kTwoSpecs[] = {
    {.flags = 0u | KeySpec::kOW, .index = 2},
    {.flags = 0u | KeySpec::kRO, .index = 3, .last_key = -1}};
constexpr KeySpec kCounted[] = {{.flags = 0u | KeySpec::kOW},
                                {.flags = 0u | KeySpec::kRO,
                                 .index = 2,
                                 .find = KeySpec::Find::kKeyCount,
                                 .first_key = 1}};
constexpr KeySpec kKeyword[] = {{.flags = 0u | KeySpec::kRO,
                                 .begin = KeySpec::Begin::kKeyword,
                                 .index = 1,
                                 .keyword = "STREAMS",
                                 .last_key = -1,
                                 .limit = 2}};
constexpr KeySpec kKeywordBackwards[] = {{.flags = 0u | KeySpec::kRO,
                                          .begin = KeySpec::Begin::kKeyword,
                                          .index = -2,
                                          .keyword = "KEYS",
                                          .last_key = -1}};
constexpr KeySpec kNotAKey[] = {{.flags = 0u | KeySpec::kNotKey}};
constexpr KeySpec kIncomplete[] = {{.flags = 0u | KeySpec::kRO},
                                   {.flags = KeySpec::kRO | KeySpec::kIncomplete,
                                    .begin = KeySpec::Begin::kUnknown,
                                    .find = KeySpec::Find::kUnknown}};
constexpr KeySpec kSetKeys[] = {{.flags = KeySpec::kRW | KeySpec::kAccess |
                                          KeySpec::kUpdate | KeySpec::kVariableFlags}};

constexpr CommandSpec kSubcommands[] = {
    {.name = "box|get", .arity = 3, .handler = &Handle},
    {.name = "box|no-evict", .arity = 2, .handler = &Handle},
};
constexpr CommandSpec kRows[] = {
    {.name = "get", .arity = 2, .key_specs = kOneKey, .handler = &Handle},
    {.name = "mget", .arity = -2, .key_specs = kAllKeys, .handler = &Handle},
    {.name = "mset", .arity = -3, .key_specs = kPairs, .handler = &Handle},
    {.name = "bitop", .arity = -4, .key_specs = kTwoSpecs, .handler = &Handle},
    {.name = "zunionstore", .arity = -4, .key_specs = kCounted, .handler = &Handle},
    {.name = "xread", .arity = -4, .key_specs = kKeyword, .handler = &Handle},
    {.name = "migrate", .arity = -3, .key_specs = kKeywordBackwards, .handler = &Handle},
    {.name = "spublish", .arity = 3, .key_specs = kNotAKey, .handler = &Handle},
    {.name = "sort", .arity = -2, .key_specs = kIncomplete, .handler = &Handle},
    {.name = "set", .arity = -3, .key_specs = kSetKeys, .handler = &Handle},
    {.name = "bitfield", .arity = -2, .key_specs = kSetKeys, .handler = &Handle},
    {.name = "eightbyt", .handler = &Handle},
    {.name = "sixteenbytesname", .handler = &Handle},
    {.name = "georadiusbymember_ro", .handler = &Handle},
    {.name = "georadiusbymember_rw", .handler = &Handle},
    {.name = "box", .arity = -2, .subcommands = kSubcommands},
};

class CommandTableTest : public testing::Test {
 protected:
  CommandTableTest() { table_.Add(kRows); }

  // The positions of the keys in a request of blank-separated words; {-1} if it does not
  // fit.
  std::vector<int> Positions(const std::string& request) {
    std::vector<Bytes> words = Split(request);
    const Args args{std::span<const Bytes>(words)};
    std::vector<int> positions;
    const Command* command = table_.Find(args);
    if (!FindKeyPositions(*command, args, &positions)) return {-1};
    return positions;
  }

  uint32_t FlagsOfFirstKey(const std::string& request) {
    std::vector<Bytes> words = Split(request);
    const Args args{std::span<const Bytes>(words)};
    std::vector<KeyPosition> keys;
    EXPECT_TRUE(FindKeys(*table_.Find(args), args, &keys));
    return keys.at(0).flags;
  }

  CommandTable table_;

 private:
  static std::vector<Bytes> Split(const std::string& request) {
    std::vector<Bytes> words;
    for (size_t begin = 0; begin < request.size();) {
      const size_t end = std::min(request.find(' ', begin), request.size());
      words.push_back(Bytes(request).substr(begin, end - begin));
      begin = end + 1;
    }
    return words;
  }
};

TEST_F(CommandTableTest, FindsEveryNameInAnyCase) {
  for (const CommandSpec& spec : kRows) {
    std::string upper(spec.name);
    for (char& c : upper) c = ToUpper(c);
    ASSERT_NE(table_.Find(spec.name), nullptr) << spec.name;
    EXPECT_EQ(table_.Find(spec.name)->spec, &spec);
    EXPECT_EQ(table_.Find(upper), table_.Find(spec.name)) << upper;
  }
}

TEST_F(CommandTableTest, FindsNothingForOtherNames) {
  const std::string with_zero("get\0", 4);
  for (const Bytes name :
       {Bytes(""), Bytes("ge"), Bytes("gett"), Bytes("g\x05t"), Bytes("eightbyte"),
        Bytes("sixteenbytesnam"), Bytes("sixteenbytesnames"),
        Bytes("georadiusbymember_rx"), Bytes("georadiusbymember"), Bytes("\xE7\xC5\xF4"),
        Bytes(with_zero)}) {
    EXPECT_EQ(table_.Find(name), nullptr) << name;
  }
  // Bytes beside the letters do not fold: '@' is not '`', '[' is not '{'.
  EXPECT_EQ(table_.Find("GEORADIUSBYMEMBER\x7FRO"), nullptr);
}

TEST_F(CommandTableTest, AMemoKnowsTheLastNameOnly) {
  CommandTable::Memo memo;
  EXPECT_EQ(memo.Find(""), nullptr);
  const Command* get = table_.Find("get");
  memo.Set("GeT", get);
  EXPECT_EQ(memo.Find("GeT"), get);
  for (const Bytes other : {"", "Ge", "GET", "GeTs", "geT"}) {
    EXPECT_EQ(memo.Find(other), nullptr) << other;
  }
  // What needs a second word, is unknown or too long leaves it as it is.
  memo.Set("box", table_.Find("box"));
  memo.Set("box", table_.FindFullName("box|get"));
  memo.Set("nothing", nullptr);
  memo.Set("georadiusbymember_ro", table_.Find("georadiusbymember_ro"));
  EXPECT_EQ(memo.Find("GeT"), get);
  EXPECT_EQ(memo.Find("box"), nullptr);
}

TEST_F(CommandTableTest, AnEmptyTableFindsNothing) {
  EXPECT_EQ(CommandTable().Find("get"), nullptr);
  EXPECT_EQ(CommandTable().Find(""), nullptr);
  EXPECT_EQ(CommandTable().Find(Args()), nullptr);
}

TEST_F(CommandTableTest, FindsSubcommands) {
  const Command* box = table_.Find("box");
  const Bytes known[] = {"BOX", "No-Evict"};
  const Command* found = table_.Find(Args(known));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->full_name, "box|no-evict");
  EXPECT_EQ(found->parent, box);
  EXPECT_EQ(table_.FindFullName("Box|Get")->full_name, "box|get");
  EXPECT_EQ(table_.FindFullName("box|nothing"), nullptr);
  EXPECT_EQ(table_.FindFullName("nothing|get"), nullptr);

  const Bytes unknown[] = {"box", "nothing"};
  EXPECT_EQ(table_.Find(Args(unknown)), box);
  const Bytes alone[] = {"box"};
  EXPECT_EQ(table_.Find(Args(alone)), box);
}

TEST_F(CommandTableTest, NumbersRowsWithoutGaps) {
  std::vector<bool> is_taken(table_.size());
  const auto take = [&](const Command& command) {
    ASSERT_LT(command.index, table_.size());
    EXPECT_FALSE(is_taken[command.index]);
    is_taken[command.index] = true;
  };
  for (const auto& command : table_.commands()) {
    take(*command);
    for (const auto& subcommand : command->subcommands) take(*subcommand);
  }
  EXPECT_EQ(table_.size(), std::size(kRows) + std::size(kSubcommands));
}

TEST_F(CommandTableTest, RenamesAndRemoves) {
  const Command* get = table_.Find("get");
  EXPECT_TRUE(table_.Rename("GET", "Fetch-By-A-Long-Name"));
  EXPECT_EQ(table_.Find("fetch-by-a-long-name"), get);
  EXPECT_EQ(table_.Find("fetch-by-a-long-nome"), nullptr);
  EXPECT_EQ(table_.Find("get"), nullptr);
  EXPECT_EQ(get->full_name, "get");

  EXPECT_FALSE(table_.Rename("get", "x"));
  EXPECT_FALSE(table_.Rename("mget", "mset"));

  const size_t count = table_.commands().size();
  EXPECT_TRUE(table_.Rename("mget", ""));
  EXPECT_EQ(table_.Find("mget"), nullptr);
  EXPECT_EQ(table_.commands().size(), count - 1);
  EXPECT_EQ(table_.size(), std::size(kRows) + std::size(kSubcommands));
}

TEST_F(CommandTableTest, DescribesSimpleKeysByThreeNumbers) {
  const auto expect = [&](Bytes name, int first, int last, int step, bool is_simple) {
    const Command* command = table_.Find(name);
    EXPECT_EQ(command->first_key, first) << name;
    EXPECT_EQ(command->last_key, last) << name;
    EXPECT_EQ(command->key_step, step) << name;
    EXPECT_EQ(command->has_simple_keys, is_simple) << name;
  };
  expect("get", 1, 1, 1, true);
  expect("mget", 1, -1, 1, true);
  expect("mset", 1, -1, 2, true);
  expect("bitop", 2, -1, 1, true);
  expect("zunionstore", 1, 1, 1, false);
  expect("xread", 0, 0, 0, false);
  expect("spublish", 1, 1, 1, false);
  expect("sort", 1, 1, 1, false);
  expect("eightbyt", 0, 0, 0, true);
}

TEST_F(CommandTableTest, FindsKeyPositions) {
  using Ints = std::vector<int>;
  const Ints kInvalid = {-1};
  EXPECT_EQ(Positions("get a"), Ints({1}));
  EXPECT_EQ(Positions("get"), kInvalid);
  EXPECT_EQ(Positions("mget a b c"), Ints({1, 2, 3}));
  EXPECT_EQ(Positions("mset a 1 b 2"), Ints({1, 3}));
  EXPECT_EQ(Positions("mset a 1 b"), Ints({1, 3}));
  EXPECT_EQ(Positions("bitop and d a b"), Ints({2, 3, 4}));
  EXPECT_EQ(Positions("eightbyt a b"), Ints());
  EXPECT_EQ(Positions("spublish a b"), Ints());
  EXPECT_EQ(Positions("sort a by b"), Ints({1}));
}

TEST_F(CommandTableTest, FindsCountedKeys) {
  using Ints = std::vector<int>;
  const Ints kInvalid = {-1};
  EXPECT_EQ(Positions("zunionstore d 2 a b"), Ints({1, 3, 4}));
  EXPECT_EQ(Positions("zunionstore d 1 a weights 1"), Ints({1, 3}));
  for (const char* count :
       {"0", "-1", "3", "x", "9223372036854775807", "99999999999999999999"}) {
    EXPECT_EQ(Positions(std::string("zunionstore d ") + count + " a b"), kInvalid)
        << count;
  }
  EXPECT_EQ(Positions("zunionstore d"), kInvalid);
}

TEST_F(CommandTableTest, FindsKeysBehindKeywords) {
  using Ints = std::vector<int>;
  EXPECT_EQ(Positions("xread count 1 streams a b 0 0"), Ints({4, 5}));
  EXPECT_EQ(Positions("xread Streams a 0"), Ints({2}));
  EXPECT_EQ(Positions("xread count 1"), Ints());
  EXPECT_EQ(Positions("xread streams"), Ints({-1}));
  EXPECT_EQ(Positions("migrate h p x keys a b"), Ints({5, 6}));
  EXPECT_EQ(Positions("migrate h p x"), Ints());
  EXPECT_EQ(Positions("migrate"), Ints());
}

TEST_F(CommandTableTest, ResolvesVariableFlags) {
  const uint32_t reads_and_writes = KeySpec::kRW | KeySpec::kAccess | KeySpec::kUpdate;
  EXPECT_EQ(FlagsOfFirstKey("set a get"), KeySpec::kOW | KeySpec::kUpdate);
  EXPECT_EQ(FlagsOfFirstKey("set a b nx GET"), reads_and_writes);
  EXPECT_EQ(FlagsOfFirstKey("bitfield a"), KeySpec::kRO | KeySpec::kAccess);
  EXPECT_EQ(FlagsOfFirstKey("bitfield a overflow wrap get u8 0"),
            KeySpec::kRO | KeySpec::kAccess);
  EXPECT_EQ(FlagsOfFirstKey("bitfield a get u8 0 set u8 0 1"), reads_and_writes);
  EXPECT_EQ(FlagsOfFirstKey("bitfield a get u8"), reads_and_writes);
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "commands/bitmap.h"

#include <random>

#include <gtest/gtest.h>

#include "commands/families.h"
#include "tests/unit/commands/command_harness.h"

namespace skarn {
namespace {

std::string Number(int64_t value) {
  return ":" + std::to_string(value) + "\r\n";
}

std::string Numbers(const std::vector<int64_t>& values) {
  std::string text = "*" + std::to_string(values.size()) + "\r\n";
  for (const int64_t value : values) text += Number(value);
  return text;
}

class BitmapCommandTest : public testing::Test {
 protected:
  std::string Run(Bytes line) { return harness.Run(line); }
  void Put(const std::string& key, const std::string& value) {
    harness.RunWords({"SET", key, value});
  }
  std::string Value(const std::string& key) {
    const std::string reply = harness.RunWords({"GET", key});
    const size_t begin = reply.find("\r\n") + 2;
    return reply.substr(begin, reply.size() - begin - 2);
  }

  CommandHarness harness{StringCommands(), BitmapCommands()};
};

// The bits of a string one by one, first the highest of the first byte.
std::vector<bool> BitsOf(const std::string& value) {
  std::vector<bool> bits;
  for (const char c : value) {
    for (int i = 7; i >= 0; --i) bits.push_back((static_cast<uint8_t>(c) >> i & 1) != 0);
  }
  return bits;
}

TEST_F(BitmapCommandTest, SetbitGrowsAndTellsTheOldBit) {
  EXPECT_EQ(Run("SETBIT key 7 1"), Number(0));
  EXPECT_EQ(harness.events, (std::vector<std::string>{"new:key", "setbit:key"}));
  EXPECT_EQ(Run("SETBIT key 7 1"), Number(1));
  EXPECT_EQ(harness.changes, 0u);
  EXPECT_EQ(Run("SETBIT key 100 0"), Number(0));
  EXPECT_EQ(harness.changes, 1u);
  EXPECT_EQ(Value("key").size(), 13u);
  EXPECT_EQ(Run("GETBIT key 7"), Number(1));
  EXPECT_EQ(Run("GETBIT key 4000"), Number(0));
  for (const char* line : {"SETBIT key -1 1", "SETBIT key x 1", "SETBIT key 4294967296 1",
                           "GETBIT key 4294967296"}) {
    EXPECT_EQ(Run(line), "-ERR bit offset is not an integer or out of range\r\n") << line;
  }
  EXPECT_EQ(Run("SETBIT key 1 2"), "-ERR bit is not an integer or out of range\r\n");
}

TEST_F(BitmapCommandTest, CountsAndFindsLikeTheModel) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string value(random() % 40, '\0');
    const unsigned kind = random() % 3;
    for (char& c : value)
      c = static_cast<char>(kind == 0 ? 0 : kind == 1 ? 0xff : random());
    if (!value.empty() && random() % 2 == 0) value[random() % value.size()] ^= 0x10;
    Put("key", value);
    const std::vector<bool> bits = BitsOf(value);
    const int64_t size = static_cast<int64_t>(bits.size());
    if (size == 0) continue;
    const int64_t first = static_cast<int64_t>(random() % bits.size());
    const int64_t last =
        first + static_cast<int64_t>(random() % (bits.size() - size_t(first)));
    int64_t count = 0, zero = -1, one = -1;
    for (int64_t i = last; i >= first; --i) {
      count += bits[size_t(i)];
      (bits[size_t(i)] ? one : zero) = i;
    }
    const std::string range =
        " " + std::to_string(first) + " " + std::to_string(last) + " BIT";
    const std::string from_end =
        " " + std::to_string(first - size) + " " + std::to_string(last - size) + " BIT";
    EXPECT_EQ(Run("BITCOUNT key" + range), Number(count)) << round;
    EXPECT_EQ(Run("BITCOUNT key" + from_end), Number(count)) << round;
    EXPECT_EQ(Run("BITPOS key 1" + range), Number(one)) << round;
    EXPECT_EQ(Run("BITPOS key 0" + from_end), Number(zero)) << round;
  }
}

TEST_F(BitmapCommandTest, BitposGoesOnBehindTheEndOnlyWithoutARange) {
  Put("key", "\xff\xff\xff");
  EXPECT_EQ(Run("BITPOS key 0"), Number(24));
  EXPECT_EQ(Run("BITPOS key 0 1"), Number(24));
  EXPECT_EQ(Run("BITPOS key 0 0 -1"), Number(-1));
  EXPECT_EQ(Run("BITPOS key 0 3"), Number(-1));
  EXPECT_EQ(Run("BITPOS none 0"), Number(0));
  EXPECT_EQ(Run("BITPOS none 1"), Number(-1));
  EXPECT_EQ(Run("BITPOS key 2"), "-ERR The bit argument must be 1 or 0.\r\n");
  EXPECT_EQ(Run("BITPOS key 1 0 1 NIBBLE"), "-ERR syntax error\r\n");
}

TEST_F(BitmapCommandTest, BitopTreatsWhatIsMissingAsZeros) {
  Put("a", "abc");
  Put("b", "\xff\x0f");
  EXPECT_EQ(Run("BITOP AND d a b"), Number(3));
  EXPECT_EQ(Value("d"), std::string("a\x02\0", 3));
  EXPECT_EQ(Run("BITOP OR d a b none"), Number(3));
  EXPECT_EQ(Value("d"), "\xff\x6f\x63");
  EXPECT_EQ(Run("BITOP XOR a a b"), Number(3));
  EXPECT_EQ(Value("a"), "\x9e\x6d\x63");
  EXPECT_EQ(Run("BITOP NOT d b"), Number(2));
  EXPECT_EQ(Value("d"), std::string("\0\xf0", 2));
  EXPECT_EQ(Run("BITOP AND d none"), Number(0));
  EXPECT_EQ(harness.events.back(), "del:d");
  EXPECT_EQ(Run("BITOP NOT d a b"),
            "-ERR BITOP NOT must be called with a single source key.\r\n");
  EXPECT_EQ(Run("BITOP NAND d a b"), "-ERR syntax error\r\n");
}

TEST_F(BitmapCommandTest, FieldsOverflowAsAsked) {
  EXPECT_EQ(Run("BITFIELD k SET u8 0 255 SET i8 #1 -1 GET u16 0"),
            Numbers({0, 0, 65535}));
  EXPECT_EQ(harness.changes, 2u);
  EXPECT_EQ(Run("BITFIELD k INCRBY u8 0 1 OVERFLOW SAT INCRBY i8 8 -200"),
            Numbers({0, -128}));
  EXPECT_EQ(Run("BITFIELD k OVERFLOW FAIL INCRBY i8 8 -1"), "*1\r\n$-1\r\n");
  EXPECT_EQ(harness.changes, 0u);
  EXPECT_EQ(Run("BITFIELD k SET i64 0 -9223372036854775808 INCRBY i64 0 -1"),
            Numbers({0x80000000000000, INT64_MAX}));
  EXPECT_EQ(Run("BITFIELD k OVERFLOW SAT SET u8 0 -5 GET u8 0"), Numbers({127, 255}));
}

TEST_F(BitmapCommandTest, FieldsAtOddOffsetsKeepTheirNeighbours) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    std::string value(24, '\0');
    for (char& c : value) c = static_cast<char>(random());
    Put("key", value);
    std::vector<bool> bits = BitsOf(value);
    const unsigned width = 1 + random() % 64;
    const size_t offset = random() % (bits.size() - width);
    const int64_t stored = static_cast<int64_t>(random()) >> (64 - width);
    for (unsigned i = 0; i < width; ++i)
      bits[offset + i] = (stored >> (width - 1 - i) & 1) != 0;
    const std::string field = " i" + std::to_string(width) + " " + std::to_string(offset);
    Run("BITFIELD key SET" + field + " " + std::to_string(stored));
    EXPECT_EQ(BitsOf(Value("key")), bits) << field;
    EXPECT_EQ(Run("BITFIELD_RO key GET" + field), Numbers({stored})) << field;
  }
}

TEST_F(BitmapCommandTest, FieldArgumentsAreChecked) {
  for (const char* type : {"u64", "i65", "u0", "u08", "U8", "x8", "u"}) {
    EXPECT_EQ(
        Run(std::string("BITFIELD k GET ") + type + " 0"),
        "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not "
        "supported but i64 is.\r\n");
  }
  for (const char* offset :
       {"-1", "#-1", "x", "#", "4294967296", "#9223372036854775807"}) {
    EXPECT_EQ(Run(std::string("BITFIELD k GET u8 ") + offset),
              "-ERR bit offset is not an integer or out of range\r\n");
  }
  EXPECT_EQ(Run("BITFIELD k OVERFLOW none"), "-ERR Invalid OVERFLOW type specified\r\n");
  EXPECT_EQ(Run("BITFIELD k SET u8 0"), "-ERR syntax error\r\n");
  EXPECT_EQ(Run("BITFIELD_RO k SET u8 0 1"),
            "-ERR BITFIELD_RO only supports the GET subcommand\r\n");
  EXPECT_EQ(Run("BITFIELD k"), "*0\r\n");
}

}  // namespace
}  // namespace skarn

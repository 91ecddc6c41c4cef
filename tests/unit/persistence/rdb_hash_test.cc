// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/rdb_hash.h"

#include <string>

#include <gtest/gtest.h>

#include "persistence/rdb_writer.h"
#include "tests/unit/persistence/test_data.h"

namespace skarn {
namespace {

constexpr int64_t kExpiry = 4102444800000;

std::string Pairs(const std::vector<std::string>& texts) {
  std::string out;
  ListpackBuilder builder(out);
  for (const std::string& text : texts) builder.Append(Bytes(text));
  builder.Finish();
  return out;
}

// The failure of reading a hash from what `writer` holds.
std::string Failure(const RdbWriter& writer, uint8_t type, RdbDialect dialect) {
  RdbReader reader(writer.bytes(), dialect);
  HashLines sink;
  const auto count = ReadRdbHash(reader, type, sink);
  return count ? "none" : count.error().text;
}

TEST(RdbHashTest, OffersAMinimalListpackAsAWhole) {
  RdbWriter writer;
  writer.String(Pairs({"f", "v", "g", "7"}));
  for (const bool takes : {false, true}) {
    RdbReader reader(writer.bytes());
    HashLines sink(takes);
    EXPECT_EQ(ReadRdbHash(reader, kRdbHashListpack, sink).value(), 2u);
    EXPECT_EQ(sink.took_listpack(), takes);
    EXPECT_EQ(ToHex(sink.text()), ToHex(Bytes("f\0v\0-1\ng\0"
                                              "7\0-1\n",
                                              14)));
  }
}

TEST(RdbHashTest, ReadsAListpackThatIsNotMinimalFieldByField) {
  RdbWriter writer;
  writer.String(
      FromHex("0d00000002008131028161"
              "02ff"));  // "1" as text, "a"
  RdbReader reader(writer.bytes());
  HashLines sink(true);
  EXPECT_EQ(ReadRdbHash(reader, kRdbHashListpack, sink).value(), 1u);
  EXPECT_FALSE(sink.took_listpack());
  EXPECT_EQ(sink.text(), std::string("1\0a\0-1\n", 7));
}

TEST(RdbHashTest, AnEmptyHashIsNoFailure) {
  RdbWriter writer;
  writer.String(Pairs({}));
  writer.Length(0);
  RdbReader reader(writer.bytes());
  HashLines sink(true);
  EXPECT_EQ(ReadRdbHash(reader, kRdbHashListpack, sink).value(), 0u);
  EXPECT_EQ(ReadRdbHash(reader, kRdbHash, sink).value(), 0u);
}

TEST(RdbHashTest, ReadsExpiriesOfBothProjects) {
  RdbWriter writer;
  writer.Length(2);
  writer.HashFieldWithExpiry("a", "1", kExpiry);
  writer.HashFieldWithExpiry("b", "2", kRdbNoExpiry);
  const std::string expected(
      "a\0"
      "1\0"
      "4102444800000\nb\0"
      "2\0-1\n",
      25);
  RdbReader valkey(writer.bytes(), RdbDialect::kValkey);
  HashLines sink;
  EXPECT_EQ(ReadRdbHash(valkey, kRdbHash2, sink).value(), 2u);
  EXPECT_EQ(sink.text(), expected);

  writer.Take();
  writer.Int64(kExpiry - 10);
  writer.Length(2);
  writer.Length(11);
  writer.HashField("a", "1");
  writer.Length(0);
  writer.HashField("b", "2");
  RdbReader redis(writer.bytes(), RdbDialect::kRedis);
  HashLines redis_sink;
  EXPECT_EQ(ReadRdbHash(redis, kRdbHashMetadata, redis_sink).value(), 2u);
  EXPECT_EQ(redis_sink.text(), expected);
}

TEST(RdbHashTest, RefusesWhatIsNoHash) {
  constexpr auto kCommon = RdbDialect::kCommon;
  RdbWriter writer;
  writer.Length(2);
  writer.HashField("a", "1");
  writer.HashField("a", "2");
  EXPECT_EQ(Failure(writer, kRdbHash, kCommon), "offset 9: a hash has a field twice");
  EXPECT_EQ(Failure(writer, kRdbList, kCommon), "offset 0: not a hash");

  writer.Take();
  writer.String(Pairs({"a", "b", "c"}));
  EXPECT_EQ(Failure(writer, kRdbHashListpack, kCommon),
            "offset 0: a field without a value");
  EXPECT_EQ(Failure(writer, kRdbHashZiplist, kCommon), "offset 0: a ziplist is broken");
  EXPECT_EQ(Failure(writer, kRdbHashZipmap, kCommon), "offset 0: a zipmap is broken");
  EXPECT_EQ(Failure(writer, kRdbHashListpackExPreGa, RdbDialect::kRedis),
            "offset 0: a field expiry is no integer");

  writer.Take();
  writer.String("no listpack");
  EXPECT_EQ(Failure(writer, kRdbHashListpack, kCommon), "offset 0: a listpack is broken");

  writer.Take();
  writer.Length(1);
  writer.HashFieldWithExpiry("a", "1", -2);
  EXPECT_EQ(Failure(writer, kRdbHash2, RdbDialect::kValkey),
            "offset 13: a field expiry is negative");

  writer.Take();
  writer.Int64(-1);
  writer.Length(1);
  writer.Length(5);
  writer.HashField("a", "1");
  writer.Int64(0);
  EXPECT_EQ(Failure(writer, kRdbHashMetadata, RdbDialect::kRedis),
            "none");  // Wraps to 3.
  writer.Take();
  writer.Int64(int64_t{1} << 50);
  writer.Length(1);
  writer.Length(5);
  writer.HashField("a", "1");
  EXPECT_EQ(Failure(writer, kRdbHashMetadata, RdbDialect::kRedis),
            "offset 14: a field expiry is out of range");
}

TEST(RdbHashTest, SeesRepeatedFields) {
  const auto repeats = [](const std::vector<std::string>& texts, size_t stride) {
    const std::string bytes = Pairs(texts);
    return ListpackHasRepeats(ListpackView(bytes), stride);
  };
  EXPECT_FALSE(repeats({}, 2));
  EXPECT_FALSE(repeats({"a", "x", "b", "x"}, 2));
  EXPECT_TRUE(repeats({"a", "x", "b", "y", "a", "z"}, 2));
  EXPECT_TRUE(repeats({"a", "x", "b", "x"}, 1));
  std::vector<std::string> many;
  for (int i = 0; i < 1000; ++i) many.insert(many.end(), {std::to_string(i * i), "v"});
  EXPECT_FALSE(repeats(many, 2));
  many.insert(many.end(), {"250000", "v"});
  EXPECT_TRUE(repeats(many, 2));
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/rdb_writer.h"

#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "persistence/crc64.h"
#include "persistence/rdb_reader.h"
#include "tests/unit/persistence/test_data.h"

namespace skarn {
namespace {

std::string LengthHex(uint64_t length) {
  RdbWriter writer;
  writer.Length(length);
  return ToHex(writer.bytes());
}

std::string StringHex(Bytes text, bool compresses = true) {
  RdbWriter writer({.compresses = compresses});
  writer.String(text);
  return ToHex(writer.bytes());
}

TEST(RdbWriterTest, WritesLengthsInTheShortestForm) {
  EXPECT_EQ(LengthHex(0), "00");
  EXPECT_EQ(LengthHex(63), "3f");
  EXPECT_EQ(LengthHex(64), "4040");
  EXPECT_EQ(LengthHex(16383), "7fff");
  EXPECT_EQ(LengthHex(16384), "8000004000");
  EXPECT_EQ(LengthHex(0xFFFFFFFF), "80ffffffff");
  EXPECT_EQ(LengthHex(0x100000000), "810000000100000000");
}

TEST(RdbWriterTest, ChoosesTheFormOfAString) {
  EXPECT_EQ(StringHex(""), "00");
  EXPECT_EQ(StringHex("-128"), "c080");
  EXPECT_EQ(StringHex("128"), "c18000");
  EXPECT_EQ(StringHex("-2147483648"), "c200000080");
  EXPECT_EQ(StringHex("2147483648"), "0a32313437343833363438");
  EXPECT_EQ(StringHex("007"), "03303037");
  EXPECT_EQ(StringHex(std::string(20, 'a')).substr(0, 2), "14");
  EXPECT_EQ(StringHex(std::string(21, 'a')), "c30615016161e00a00");
  EXPECT_EQ(StringHex(std::string(21, 'a'), false).substr(0, 2), "15");
}

TEST(RdbWriterTest, WritesAFileThatStockServersWouldWrite) {
  RdbWriter writer;
  writer.Header(kRdbVersionValkey);
  writer.Aux("valkey-ver", "9.1.2");
  writer.Aux("redis-bits", 64);
  writer.SelectDb(0);
  writer.ResizeDb(1, 1);
  writer.ExpiryMs(1);
  writer.IdleSeconds(100);
  writer.Frequency(5);
  writer.Key(kRdbString, "k");
  writer.String("v");
  writer.End();
  const Bytes bytes = writer.bytes();
  const std::string body =
      ToHex("VALKEY080") +
      "fa0a76616c6b65792d76657205392e312e32fa0a72656469732d62697473c040" +
      "fe00fb0101fc0100000000000000f84064f90500016b0176ff";
  EXPECT_EQ(ToHex(bytes.substr(0, bytes.size() - 8)), body);
  EXPECT_EQ(LoadLittle<uint64_t>(bytes.data() + bytes.size() - 8),
            Crc64(0, bytes.substr(0, bytes.size() - 8)));
}

TEST(RdbWriterTest, ClearKeepsTheChecksum) {
  const auto write = [](RdbWriter& writer, std::string& out, bool clears) {
    writer.Header(kRdbVersionCommon);
    for (int i = 0; i < 100; ++i) {
      writer.Key(kRdbHash, std::to_string(i * 1001));
      writer.Length(1);
      writer.HashField("f", std::string(static_cast<size_t>(i), 'v'));
      if (!clears || i % 7 != 0) continue;
      out += writer.bytes();
      writer.Clear();
      EXPECT_EQ(writer.total_bytes(), out.size());
    }
    writer.End();
    out += writer.bytes();
  };
  RdbWriter whole;
  RdbWriter parts;
  std::string whole_bytes;
  std::string part_bytes;
  write(whole, whole_bytes, false);
  write(parts, part_bytes, true);
  EXPECT_EQ(part_bytes, whole_bytes);

  // Take makes it new.
  EXPECT_EQ(whole.Take(), whole_bytes);
  whole_bytes.clear();
  write(whole, whole_bytes, false);
  EXPECT_EQ(part_bytes, whole_bytes);
}

TEST(RdbWriterTest, WritesNoChecksumWhenToldSo) {
  RdbWriter writer({.checksums = false});
  writer.Header(kRdbVersionCommon);
  writer.End();
  EXPECT_EQ(ToHex(writer.bytes()), ToHex("REDIS0011") + "ff0000000000000000");
}

TEST(RdbWriterTest, ReaderGivesBackWhatWasWritten) {
  std::mt19937_64 random(11);
  RdbWriter writer;
  std::vector<std::string> texts;
  std::vector<uint64_t> lengths;
  for (int i = 0; i < 2000; ++i) {
    std::string text(random() % (i % 50 == 0 ? 100000 : 80), 'a');
    if (i % 3 == 0)
      text = std::to_string(static_cast<int64_t>(random()) >> random() % 64);
    if (i % 3 == 1) {
      for (char& c : text) c = static_cast<char>(random() % (2u << random() % 8));
    }
    texts.push_back(text);
    lengths.push_back(random() >> random() % 64);
    writer.String(text);
    writer.Length(lengths.back());
    writer.Int64(static_cast<int64_t>(lengths.back()));
    writer.Double(0.1 * i);
  }
  for (const size_t piece_bytes : {1, 7, 1000, 1 << 20}) {
    PieceSource source(writer.bytes(), piece_bytes, piece_bytes % 2 == 0);
    RdbReader reader(source, 64);
    reader.EnableChecksum();
    for (size_t i = 0; i < texts.size(); ++i) {
      if (i % 5 == 4) {
        reader.SkipString();
      } else {
        ASSERT_EQ(reader.String(), texts[i]) << i << reader.status().error().text;
      }
      ASSERT_EQ(reader.Length(), lengths[i]);
      ASSERT_EQ(reader.Little<int64_t>(), static_cast<int64_t>(lengths[i]));
      ASSERT_EQ(reader.Double(), 0.1 * static_cast<double>(i));
    }
    EXPECT_EQ(reader.offset(), writer.size_bytes());
    EXPECT_TRUE(reader.AtEnd());
    EXPECT_EQ(reader.Checksum(), Crc64(0, writer.bytes()));
    EXPECT_TRUE(reader.ok());
  }
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/rdb_reader.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "persistence/crc64.h"
#include "persistence/rdb_skip.h"
#include "persistence/rdb_writer.h"
#include "tests/unit/persistence/test_data.h"

namespace skarn {
namespace {

std::string Failure(Bytes hex, void (*read)(RdbReader&)) {
  const std::string bytes = FromHex(hex);
  RdbReader reader(bytes);
  read(reader);
  EXPECT_FALSE(reader.ok());
  return reader.ok() ? "" : reader.status().error().text;
}

void ReadLength(RdbReader& reader) {
  EXPECT_EQ(reader.Length(), 0u);
}
void ReadString(RdbReader& reader) {
  EXPECT_EQ(reader.String(), "");
}

TEST(RdbReaderTest, TellsOffsetAndReason) {
  constexpr Bytes kEndsEarly = "the data ends in the middle of a record";
  const std::string at0 = "offset 0: ";
  EXPECT_EQ(Failure("", &ReadLength), at0 + std::string(kEndsEarly));
  EXPECT_EQ(Failure("800000", &ReadLength), "offset 1: " + std::string(kEndsEarly));
  EXPECT_EQ(Failure("82", &ReadLength), at0 + "not a length");
  EXPECT_EQ(Failure("c001", &ReadLength), at0 + "a string where a length belongs");
  EXPECT_EQ(Failure("0261", &ReadString),
            at0 + "a string of 2 bytes, more than there are");
  EXPECT_EQ(Failure("81ffffffffffffffff", &ReadString),
            at0 + "a string of 18446744073709551615 bytes, more than there are");
  EXPECT_EQ(Failure("c4", &ReadString), at0 + "unknown string encoding 4");
  EXPECT_EQ(Failure("c30281800000000000", &ReadString).substr(0, 10), "offset 3: ");
  EXPECT_EQ(Failure("c3014fff"
                    "00",
                    &ReadString),
            "offset 1: a compressed string of 4095 bytes in 1 cannot be");
  EXPECT_EQ(Failure("c3024004"
                    "0061",
                    &ReadString),
            "offset 4: a compressed string is broken");
}

TEST(RdbReaderTest, TheFirstFailureSticks) {
  RdbReader reader(Bytes("\xC4\x05hello", 7));
  reader.String();
  EXPECT_EQ(reader.String(), "");
  EXPECT_EQ(reader.Length(), 0u);
  EXPECT_EQ(reader.Byte(), 0);
  EXPECT_EQ(reader.Little<int64_t>(), 0);
  EXPECT_EQ(reader.Raw(2), "");
  reader.SetFailed("something else");
  EXPECT_EQ(reader.status().error().text, "offset 0: unknown string encoding 4");
}

TEST(RdbReaderTest, WritesStringsWhereTheCallerWants) {
  std::string big;
  for (int i = 0; big.size() < 300000; ++i) big += std::to_string(i * i);
  RdbWriter writer({.compresses = false});
  for (const Bytes text : {Bytes("short"), Bytes("-123456"), Bytes(big), Bytes("")}) {
    writer.String(text);
  }
  for (const size_t piece_bytes : {1000, 100000}) {
    PieceSource source(writer.bytes(), piece_bytes);
    RdbReader reader(source, 128);
    reader.EnableChecksum();
    for (const Bytes text : {Bytes("short"), Bytes("-123456"), Bytes(big), Bytes("")}) {
      const size_t size = reader.BeginString();
      ASSERT_EQ(size, text.size());
      const auto room = std::make_unique<char[]>(size);
      reader.EndString(room.get());
      EXPECT_EQ(Bytes(room.get(), size), text);
    }
    EXPECT_EQ(reader.Checksum(), Crc64(0, writer.bytes()));
    EXPECT_EQ(reader.offset(), writer.size_bytes());
    EXPECT_TRUE(reader.AtEnd());
  }
}

TEST(RdbReaderTest, AFalseLengthReservesNothing) {
  const std::string bytes = FromHex("80ffffffff") + std::string(1000, 'x');
  PieceSource source(bytes, 100, false);
  RdbReader reader(source, 64);
  EXPECT_EQ(reader.String(), "");
  EXPECT_EQ(reader.status().error().text,
            "offset 1005: the data ends in the middle of a record");
}

TEST(RdbReaderTest, SurvivesEveryCut) {
  RdbWriter writer;
  writer.String(std::string(100, 'a'));
  writer.Length(100000);
  writer.String("123456");
  writer.String("text");
  for (size_t i = 0; i < writer.size_bytes(); ++i) {
    const std::string cut(writer.bytes().substr(0, i));
    PieceSource source(cut, 3, i % 2 == 0);
    RdbReader reader(source, 8);
    reader.String();
    reader.Length();
    reader.SkipString();
    reader.SkipString();
    EXPECT_FALSE(reader.ok()) << i;
  }
}

TEST(RdbReaderTest, NamesWhatIsNotSupported) {
  EXPECT_EQ(UnsupportedRdbType(kRdbList, RdbDialect::kCommon),
            "type 1 (list) is not supported by this version");
  EXPECT_EQ(UnsupportedRdbType(26, RdbDialect::kRedis),
            "type 26 (stream) is not supported by this version");
  EXPECT_EQ(UnsupportedRdbType(8, RdbDialect::kCommon),
            "type 8 (unknown) is not supported by this version");
  RdbReader reader("x");
  EXPECT_EQ(SkipRdbValue(reader, 6).error().text,
            "offset 0: type 6 (module) is not supported by this version");
}

}  // namespace
}  // namespace skarn

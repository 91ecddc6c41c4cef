// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/dump_payload.h"

#include <string>

#include <gtest/gtest.h>

#include "persistence/crc64.h"
#include "persistence/rdb_hash.h"
#include "persistence/rdb_reader.h"
#include "persistence/rdb_skip.h"
#include "persistence/rdb_writer.h"
#include "tests/unit/persistence/test_data.h"

namespace skarn {
namespace {

TEST(DumpPayloadTest, ReadsWhatStockServersWrote) {
  for (const DumpVector& vector : ReadDumpVectors()) {
    SCOPED_TRACE(vector.name);
    const auto opened = OpenDumpPayload(vector.payload, RdbVersionCheck::kRelaxed);
    ASSERT_TRUE(opened);
    RdbReader reader(opened->value, opened->dialect);
    if (vector.kind == "string") {
      ASSERT_EQ(opened->type, kRdbString);
      const Bytes text = reader.String();
      EXPECT_EQ(text.size(), vector.size);
      EXPECT_EQ(Crc64(0, text), vector.content_crc);
    } else {
      ASSERT_TRUE(IsRdbHash(opened->type, opened->dialect));
      HashLines sink;
      const auto count = ReadRdbHash(reader, opened->type, sink);
      ASSERT_TRUE(count) << count.error().text;
      EXPECT_EQ(*count, vector.size);
      EXPECT_EQ(Crc64(0, sink.text()), vector.content_crc) << sink.text();
    }
    EXPECT_TRUE(reader.ok());
    EXPECT_TRUE(reader.AtEnd());

    RdbReader skipped(opened->value, opened->dialect);
    EXPECT_TRUE(SkipRdbValue(skipped, opened->type));
    EXPECT_TRUE(skipped.AtEnd());
  }
}

// Strings, integers and LZF alike: the writer makes the same choices and the same bytes.
TEST(DumpPayloadTest, WritesStringsAsStockServersDo) {
  RdbWriter writer;
  for (const DumpVector& vector : ReadDumpVectors()) {
    if (vector.kind != "string") continue;
    SCOPED_TRACE(vector.name);
    const auto opened = OpenDumpPayload(vector.payload, RdbVersionCheck::kStrict);
    ASSERT_TRUE(opened);
    RdbReader reader(opened->value);
    writer.Byte(kRdbString);
    writer.String(reader.String());
    std::string payload = writer.Take();
    AppendDumpFooter(payload, opened->version);
    EXPECT_EQ(ToHex(payload), ToHex(vector.payload));
  }
}

TEST(DumpPayloadTest, RefusesWhatIsNoPayload) {
  const std::string good = FromHex("00c3094064016161e05700016161500027897c962e3f9585");
  EXPECT_TRUE(OpenDumpPayload(good, RdbVersionCheck::kStrict));
  for (size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(OpenDumpPayload(Bytes(good).substr(0, i), RdbVersionCheck::kRelaxed));
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(OpenDumpPayload(bad, RdbVersionCheck::kRelaxed)) << i;
  }
  std::string unchecked = good.substr(0, good.size() - 8) + std::string(8, '\0');
  EXPECT_FALSE(OpenDumpPayload(unchecked, RdbVersionCheck::kRelaxed));
}

TEST(DumpPayloadTest, AcceptsTheVersionsThatStockServersAccept) {
  const auto accepts = [](int version, RdbVersionCheck check) {
    std::string payload("\0\x01x", 3);
    AppendDumpFooter(payload, version);
    return OpenDumpPayload(payload, check).has_value();
  };
  for (int version = 0; version < 100; ++version) {
    EXPECT_EQ(accepts(version, RdbVersionCheck::kStrict),
              (version >= 1 && version <= 11) || version == 80)
        << version;
    EXPECT_EQ(accepts(version, RdbVersionCheck::kRelaxed), version >= 1) << version;
  }
}

TEST(DumpPayloadTest, AFooterAloneHasNoValue) {
  std::string payload;
  AppendDumpFooter(payload, 80);
  EXPECT_EQ(ToHex(payload), "500092b195d1912dc52e");
  const auto opened = OpenDumpPayload(payload, RdbVersionCheck::kStrict);
  ASSERT_TRUE(opened);
  RdbReader reader(opened->value);
  reader.String();
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace skarn

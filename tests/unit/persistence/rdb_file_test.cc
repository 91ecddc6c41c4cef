// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/rdb_file.h"

#include <map>
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "persistence/rdb_skip.h"
#include "persistence/rdb_writer.h"
#include "tests/unit/persistence/test_data.h"

namespace skarn {
namespace {

// Reads a file to its end: a line for every record that a test may want to see, then
// "end" or the failure. Values are skipped but for strings and hashes.
std::string Describe(RdbReader& reader, RdbFileOptions options = {}) {
  using Kind = RdbRecord::Kind;
  RdbFileReader file(reader, options);
  if (const auto header = file.ReadHeader(); !header) return header.error().text;
  std::string lines;
  while (true) {
    const Result<RdbRecord> record = file.Next();
    if (!record) return lines + record.error().text;
    if (record->kind == Kind::kEnd) return lines + "end";
    if (record->kind == Kind::kSelectDb) lines += fmt::format("db {}\n", record->number);
    if (record->kind == Kind::kFunction) lines += "function\n";
    if (record->kind == Kind::kAux && record->name == "redis-bits") lines += "aux\n";
    if (record->kind != Kind::kKey) continue;
    lines +=
        fmt::format("{} {}", record->key, RdbTypeName(record->type, reader.dialect()));
    if (record->expires_at_ms >= 0)
      lines += fmt::format(" expires {}", record->expires_at_ms);
    if (record->idle_seconds >= 0) lines += fmt::format(" idle {}", record->idle_seconds);
    if (record->frequency >= 0) lines += fmt::format(" frequency {}", record->frequency);
    if (record->type == kRdbString) {
      lines += fmt::format(" {}", reader.String().substr(0, 20));
    } else if (IsRdbHash(record->type, reader.dialect())) {
      HashLines sink;
      const auto count = ReadRdbHash(reader, record->type, sink);
      if (count) lines += fmt::format(" {}", *count);
    } else {
      (void)SkipRdbValue(reader, record->type);
    }
    lines += "\n";
  }
}

std::string DescribeFile(const std::string& name) {
  const std::string bytes = ReadTestData(name);
  RdbReader reader(bytes);
  const std::string whole = Describe(reader);
  for (const size_t piece_bytes : {1, 4096}) {
    PieceSource source(bytes, piece_bytes, piece_bytes == 1);
    RdbReader pieces(source, 100);
    EXPECT_EQ(Describe(pieces), whole);
  }
  return whole;
}

TEST(RdbFileTest, ReadsFilesOfStockServers) {
  EXPECT_EQ(DescribeFile("empty-redis70.rdb"), "aux\nend");
  EXPECT_EQ(DescribeFile("empty-valkey91.rdb"), "aux\nend");
  EXPECT_EQ(DescribeFile("lru-idle-redis70.rdb"), "aux\ndb 0\na string idle 158 1\nend");
  EXPECT_EQ(DescribeFile("lfu-freq-valkey91.rdb"),
            "aux\ndb 0\na string frequency 5 1\nend");
  EXPECT_EQ(DescribeFile("no-checksum-key-valkey91.rdb"), "aux\ndb 0\na string 1\nend");
}

TEST(RdbFileTest, ReadsHashesOfRedis8) {
  const std::string lines = DescribeFile("hashes-redis80.rdb");
  for (const char* line :
       {"\ns string hello\n", "\nn string 12345\n", "\nh hash 2\n",
        "\ne string expires 4102444800000 x\n", "\nht hash 2\n", "\nbig hash 1\n",
        "\ndb 3\nz string yyyyyyyyyyyyyyyyyyyy\nend"}) {
    EXPECT_NE(lines.find(line), std::string::npos) << line << " in " << lines;
  }
}

TEST(RdbFileTest, PassesOverEveryTypeAndTellsItsKey) {
  for (const char* name : {"all-types-v80.rdb", "all-types-v9.rdb"}) {
    const std::string lines = DescribeFile(name);
    EXPECT_TRUE(lines.ends_with("\nend")) << lines;
    for (const char* type : {" list", " set", " zset", " hash", " stream"}) {
      EXPECT_NE(lines.find(type), std::string::npos) << type;
    }
  }
}

TEST(RdbFileTest, ReadsSeveralDatabasesAndFunctions) {
  const std::string lines = DescribeFile("two-dbs-expire-function-valkey91.rdb");
  EXPECT_NE(lines.find("function\ndb 0\n"), std::string::npos) << lines;
  EXPECT_NE(lines.find(" expires "), std::string::npos);
  EXPECT_TRUE(lines.ends_with("\nend"));
}

TEST(RdbFileTest, EveryCutAndEveryFlippedBitIsAFailure) {
  const std::string good = ReadTestData("two-dbs-expire-function-valkey91.rdb");
  for (size_t i = 0; i < good.size(); ++i) {
    const std::string cut = good.substr(0, i);
    RdbReader cut_reader(cut);
    EXPECT_TRUE(Describe(cut_reader).find("offset ") != std::string::npos) << i;
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ 1 << bit);
      RdbReader reader(bad);
      EXPECT_NE(Describe(reader).find("offset "), std::string::npos) << i;
    }
  }
}

TEST(RdbFileTest, LooksAtTheChecksumOnlyIfItShould) {
  std::string bytes = ReadTestData("lfu-freq-valkey91.rdb");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  RdbReader reader(bytes);
  const std::string failure = Describe(reader);
  EXPECT_NE(failure.find("offset 93: CRC error: the file says"), std::string::npos)
      << failure;
  RdbReader unchecked(bytes);
  EXPECT_TRUE(Describe(unchecked, {.verifies_checksum = false}).ends_with("end"));
  bytes.replace(bytes.size() - 8, 8, 8, '\0');
  RdbReader zero(bytes);
  EXPECT_TRUE(Describe(zero).ends_with("end"));
}

TEST(RdbFileTest, AcceptsVersionsByMagic) {
  const auto accepts = [](const std::string& header, RdbVersionCheck check) {
    const std::string bytes = header + "\xFF" + std::string(8, '\0');
    RdbReader reader(bytes);
    return Describe(reader, {.version_check = check}) == "end";
  };
  for (const char* header : {"REDIS0005", "REDIS0011", "REDIS0012", "VALKEY080"}) {
    EXPECT_TRUE(accepts(header, RdbVersionCheck::kStrict)) << header;
  }
  for (const char* header : {"REDIS0013", "REDIS0079", "VALKEY081", "VALKEY999"}) {
    EXPECT_FALSE(accepts(header, RdbVersionCheck::kStrict)) << header;
    EXPECT_TRUE(accepts(header, RdbVersionCheck::kRelaxed)) << header;
  }
  for (const char* header : {"REDIS0000", "REDIS0080", "VALKEY011", "REDIS00x1",
                             "REDISX011", "PNG\r\n\x1a\nab", "VALKEY08"}) {
    EXPECT_FALSE(accepts(header, RdbVersionCheck::kRelaxed)) << header;
  }
}

TEST(RdbFileTest, NamesAnUnknownOpcode) {
  RdbWriter writer;
  writer.Header(kRdbVersionCommon);
  writer.Byte(kRdbFunctionPreGa);
  RdbReader reader(writer.bytes());
  EXPECT_EQ(Describe(reader), "offset 9: opcode 246 is not supported by this version");
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "persistence/rdb_value.h"

#include <gtest/gtest.h>

#include "persistence/rdb_hash.h"
#include "types/listpack.h"

namespace skarn {
namespace {

// A hash of type 4 with fields "0", "1", ...
std::string PlainHash(size_t field_count, Bytes value) {
  RdbWriter writer;
  writer.Length(field_count);
  for (size_t i = 0; i < field_count; ++i) writer.HashField(std::to_string(i), value);
  return writer.Take();
}

Result<RdbValue> Read(uint8_t type, Bytes bytes, const RdbValueLimits& limits = {}) {
  RdbReader reader(bytes);
  return ReadRdbValue(reader, type, limits);
}

TEST(RdbValueTest, ReadsStringsOfEveryForm) {
  for (const std::string& text : {std::string(), std::string("hello"),
                                  std::string("-123"), std::string(1000, 'x')}) {
    RdbWriter writer;
    writer.String(text);
    const auto value = Read(kRdbString, writer.bytes());
    ASSERT_TRUE(value);
    EXPECT_EQ(value->type, ValueType::kString);
    EXPECT_EQ(value->bytes, text);
  }
}

TEST(RdbValueTest, AHashIsAListpackUpToTheLimits) {
  const RdbValueLimits limits{.hash_listpack_entries = 4, .hash_listpack_value_bytes = 8};
  const auto small = Read(kRdbHash, PlainHash(4, "12345678"), limits);
  ASSERT_TRUE(small);
  EXPECT_EQ(small->table, nullptr);
  EXPECT_EQ(ListpackView(Bytes(small->bytes)).count(), 8u);
  const auto many = Read(kRdbHash, PlainHash(5, "1"), limits);
  ASSERT_TRUE(many && many->table != nullptr);
  EXPECT_EQ(many->table->size(), 5u);
  const auto wide = Read(kRdbHash, PlainHash(2, "123456789"), limits);
  ASSERT_TRUE(wide && wide->table != nullptr);
  EXPECT_EQ(wide->table->Find("1")->value(), "123456789");
}

TEST(RdbValueTest, AListpackMayHaveLongValuesButNotTooMany) {
  std::string listpack;
  ListpackBuilder builder(listpack);
  for (const Bytes text : {"a", "123456789", "b", "2"}) builder.Append(text);
  builder.Finish();
  RdbWriter writer;
  writer.String(listpack);
  const auto kept =
      Read(kRdbHashListpack, writer.bytes(), {.hash_listpack_value_bytes = 8});
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->bytes, listpack);
  const auto split = Read(kRdbHashListpack, writer.bytes(), {.hash_listpack_entries = 1});
  ASSERT_TRUE(split && split->table != nullptr);
  EXPECT_EQ(split->table->Find("b")->value(), "2");
}

TEST(RdbValueTest, FieldExpiriesAlwaysMakeATable) {
  RdbWriter writer;
  writer.Length(1);
  writer.HashFieldWithExpiry("f", "v", kRdbNoExpiry);
  const auto value = Read(kRdbHash2, writer.bytes());
  ASSERT_TRUE(value && value->table != nullptr);
  EXPECT_FALSE(value->table->Find("f")->HasExpiry());
}

TEST(RdbValueTest, RefusesRepeatedFieldsInEveryEncoding) {
  for (const size_t limit : {0u, 1u, 2u, 8u}) {
    RdbWriter writer;
    writer.Length(3);
    for (const Bytes field : {"a", "a", "b"}) writer.HashField(field, "v");
    EXPECT_FALSE(Read(kRdbHash, writer.bytes(), {.hash_listpack_entries = limit}))
        << limit;
  }
}

TEST(RdbValueTest, RefusesEmptyAndTornValues) {
  RdbWriter writer;
  writer.Length(0);
  EXPECT_FALSE(Read(kRdbHash, writer.bytes()));
  const std::string whole = PlainHash(10, "value");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(Read(kRdbHash, Bytes(whole).substr(0, size))) << size;
  }
  EXPECT_FALSE(Read(kRdbHash, "\x80\x7f\xff\xff\xff"));
}

TEST(RdbValueTest, ChoosesTheTypeByContent) {
  Entry* entry = Entry::Create({.key = "k", .value_size = 2});
  std::memcpy(entry->EmbeddedValue(), "42", 2);
  EXPECT_EQ(RdbTypeOf(*entry), kRdbString);
  RdbWriter writer;
  WriteRdbValue(writer, *entry);
  EXPECT_EQ(writer.bytes(), "\xc0\x2a");
  Entry::FreeBlock(entry);

  HashTable table;
  entry = Entry::Create({.key = "h",
                         .root = &table,
                         .type = ValueType::kHash,
                         .encoding = Encoding::kTable});
  table.Set("f", "v");
  EXPECT_EQ(RdbTypeOf(*entry), kRdbHash);
  EXPECT_EQ(RdbVersionOf(kRdbHash), kRdbVersionCommon);
  table.Set("g", "v", 123);
  EXPECT_EQ(RdbTypeOf(*entry), kRdbHash2);
  EXPECT_EQ(RdbVersionOf(kRdbHash2), kRdbVersionValkey);
  Entry::FreeBlock(entry);
}

}  // namespace
}  // namespace skarn

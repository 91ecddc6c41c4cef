// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/legacy_blobs.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/persistence/test_data.h"

namespace skarn {
namespace {

using Texts = std::vector<std::string>;

// The elements, or a single "broken".
Texts ReadZiplist(Bytes bytes) {
  const std::vector<char> exact(bytes.begin(),
                                bytes.end());  // For the address sanitizer.
  ZiplistCursor cursor(Bytes(exact.data(), exact.size()));
  Texts texts;
  while (const auto element = cursor.Next()) texts.push_back(element->ToString());
  return cursor.is_valid() ? texts : Texts{"broken"};
}

Texts ReadZipmap(Bytes bytes) {
  const std::vector<char> exact(bytes.begin(), bytes.end());
  ZipmapCursor cursor(Bytes(exact.data(), exact.size()));
  Texts texts;
  while (const auto pair = cursor.Next()) {
    texts.emplace_back(pair->field);
    texts.emplace_back(pair->value);
  }
  return cursor.is_valid() ? texts : Texts{"broken"};
}

// Entries of a ziplist, to which each gets the size of the one before.
std::string MakeZiplist(const Texts& entries) {
  std::string bytes(10, '\0');
  size_t last = 10;
  size_t previous = 0;
  for (const std::string& entry : entries) {
    last = bytes.size();
    if (previous < 254) {
      bytes += static_cast<char>(previous);
    } else {
      bytes += '\xFE';
      bytes.resize(bytes.size() + 4);
      StoreLittle<uint32_t>(bytes.data() + bytes.size() - 4,
                            static_cast<uint32_t>(previous));
    }
    bytes += entry;
    previous = bytes.size() - last;
  }
  bytes += '\xFF';
  StoreLittle<uint32_t>(bytes.data(), static_cast<uint32_t>(bytes.size()));
  StoreLittle<uint32_t>(bytes.data() + 4, static_cast<uint32_t>(last));
  StoreLittle<uint16_t>(bytes.data() + 8, static_cast<uint16_t>(entries.size()));
  return bytes;
}

TEST(LegacyBlobsTest, ReadsAZiplist) {
  EXPECT_EQ(ReadZiplist(FromHex("0f0000000c000000020000f302f6ff")), (Texts{"2", "5"}));
  EXPECT_EQ(ReadZiplist(MakeZiplist({})), Texts{});
  const std::string text300(300, 'x');
  const std::string text20000(20000, 'y');
  const auto hex = [](Bytes h) { return FromHex(h); };
  EXPECT_EQ(
      ReadZiplist(MakeZiplist(
          {hex("00"), hex("0161"), hex("412c") + text300, hex("8000004e20") + text20000,
           hex("c0ff7f"), hex("d0ffffff7f"), hex("e00000000000000080"), hex("f0ffff7f"),
           hex("f0000080"), hex("fe80"), hex("f1"), hex("fd")})),
      (Texts{"", "a", text300, text20000, "32767", "2147483647", "-9223372036854775808",
             "8388607", "-8388608", "-128", "0", "12"}));
}

TEST(LegacyBlobsTest, RefusesABrokenZiplist) {
  const std::string good = MakeZiplist(
      {FromHex("0161"), FromHex("412c") + std::string(300, 'x'), FromHex("c00100")});
  ASSERT_EQ(ReadZiplist(good).size(), 3u);
  for (size_t i = 0; i < good.size(); ++i) {
    EXPECT_EQ(ReadZiplist(Bytes(good).substr(0, i)), Texts{"broken"}) << i;
    for (int value = 0; value < 256; ++value) {
      std::string bad = good;
      bad[i] = static_cast<char>(value);
      ReadZiplist(bad);
    }
  }
  for (const Bytes hex :
       {"0f0000000c000000030000f302f6ff", "0f0000000b000000020000f302f6ff",
        "0f0000000c000000020000f303f6ff", "0f0000000c000000020000ff02f6ff"}) {
    EXPECT_EQ(ReadZiplist(FromHex(hex)), Texts{"broken"}) << hex;
  }
}

TEST(LegacyBlobsTest, ReadsAZipmap) {
  EXPECT_EQ(ReadZipmap(FromHex("0203666f6f03006261720568656c6c6f0500776f726c64ff")),
            (Texts{"foo", "bar", "hello", "world"}));
  EXPECT_EQ(ReadZipmap(FromHex("0103666f6f0203686958595aff")), (Texts{"foo", "hi"}));
  EXPECT_EQ(ReadZipmap(FromHex("00ff")), Texts{});
  EXPECT_EQ(ReadZipmap(FromHex("fe0161fe0100000000"
                               "62ff")),
            (Texts{"a", "b"}));
}

TEST(LegacyBlobsTest, RefusesABrokenZipmap) {
  const std::string good = FromHex("0203666f6f03006261720568656c6c6f0501776f726c6458ff");
  ASSERT_EQ(ReadZipmap(good).size(), 4u);
  for (size_t i = 0; i < good.size(); ++i) {
    EXPECT_EQ(ReadZipmap(Bytes(good).substr(0, i)), Texts{"broken"}) << i;
    for (int value = 0; value < 256; ++value) {
      std::string bad = good;
      bad[i] = static_cast<char>(value);
      ReadZipmap(bad);
    }
  }
  EXPECT_EQ(ReadZipmap(FromHex("0103666f6f03006261720568656c6c6f0500776f726c64ff")),
            Texts{"broken"});
  EXPECT_EQ(ReadZipmap(FromHex("01ff")), Texts{"broken"});
}

}  // namespace
}  // namespace skarn

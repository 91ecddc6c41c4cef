// SPDX-License-Identifier: BSD-3-Clause

#include "types/lzf.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace skarn {
namespace {

constexpr uint32_t kSeed = 77;

class LzfTest : public testing::Test {
 protected:
  // The compressed form of `input` in a buffer of exactly its capacity; empty if it did
  // not fit.
  std::string Compress(Bytes input, size_t capacity_bytes) {
    const auto out = std::make_unique<uint8_t[]>(capacity_bytes);
    const size_t size_bytes = compressor_->Compress(input, out.get(), capacity_bytes);
    return std::string(reinterpret_cast<char*>(out.get()), size_bytes);
  }
  std::string Compress(Bytes input) {
    return Compress(input, input.size() * 33 / 32 + 4);
  }

  std::unique_ptr<LzfCompressor> compressor_ = std::make_unique<LzfCompressor>();
};

// In buffers of their exact sizes, so that the address sanitizer sees each step outside.
bool Decompress(Bytes stream, size_t size_bytes, std::string& text) {
  const std::vector<char> in(stream.begin(), stream.end());
  const auto out = std::make_unique<uint8_t[]>(size_bytes);
  if (!LzfDecompress(Bytes(in.data(), in.size()), out.get(), size_bytes)) return false;
  text.assign(reinterpret_cast<char*>(out.get()), size_bytes);
  return true;
}

std::string RandomText(std::mt19937& random) {
  const size_t size = random() % (random() % 8 == 0 ? 40000 : 600);
  const unsigned letters = 1u << random() % 9;
  std::string text;
  while (text.size() < size) {
    if (!text.empty() && random() % 8 == 0) {
      const size_t from = random() % text.size();
      text += text.substr(from, random() % 400);
    } else {
      text += static_cast<char>('a' + random() % letters);
    }
  }
  return text;
}

TEST_F(LzfTest, WritesWhatStockServersWrite) {
  using std::string_literals::operator""s;
  EXPECT_EQ(Compress(std::string(100, 'a')),
            "\x01"s
            "aa\xE0\x57\x00\x01"s
            "aa");
  EXPECT_EQ(Compress(std::string(21, 'a')),
            "\x01"s
            "aa\xE0\x0A\x00"s);
  EXPECT_EQ(Compress(std::string(22, 'a')),
            "\x01"s
            "aa\xE0\x0A\x00\x00"s
            "a");
  std::string letters;
  for (int i = 0; i < 40; ++i) letters += "abcdefgh";
  EXPECT_EQ(Compress(letters),
            "\x08"s
            "abcdefgha\xE0\xFF\x07\xE1\x24\x07\x01"s
            "gh");
}

TEST_F(LzfTest, GivesBackWhatWasCompressed) {
  std::mt19937 random(kSeed);
  for (int i = 0; i < 600; ++i) {
    const std::string text = RandomText(random);
    const std::string stream = Compress(text);
    ASSERT_EQ(stream.empty(), text.empty());
    std::string back;
    ASSERT_TRUE(Decompress(stream, text.size(), back)) << i;
    ASSERT_EQ(back, text) << i;
  }
}

TEST_F(LzfTest, KeepsInsideItsCapacity) {
  std::mt19937 random(kSeed);
  for (int i = 0; i < 100; ++i) {
    const std::string text = RandomText(random).substr(0, 300);
    const std::string stream = Compress(text);
    for (size_t capacity = 0; capacity < stream.size(); ++capacity) {
      ASSERT_EQ(Compress(text, capacity), "");
    }
  }
}

TEST_F(LzfTest, OutputDependsOnTheInputAlone) {
  std::mt19937 random(kSeed);
  for (int i = 0; i < 200; ++i) {
    const std::string text = RandomText(random).substr(0, 2000);
    const std::string used = Compress(text);
    compressor_ = std::make_unique<LzfCompressor>();
    ASSERT_EQ(Compress(text), used);
  }
}

TEST_F(LzfTest, RefusesStreamsThatAreNotOfTheSize) {
  const std::string stream = Compress(std::string(100, 'a'));
  std::string text;
  EXPECT_TRUE(Decompress(stream, 100, text));
  EXPECT_FALSE(Decompress(stream, 99, text));
  EXPECT_FALSE(Decompress(stream, 101, text));
  for (size_t size = 0; size < stream.size(); ++size) {
    EXPECT_FALSE(Decompress(Bytes(stream).substr(0, size), 100, text));
  }
  EXPECT_FALSE(Decompress(Bytes("\x20\x00", 2), 3, text));  // Before the start.
  EXPECT_FALSE(Decompress(Bytes("\x00"
                                "a\x20\x01",
                                4),
                          4, text));
  EXPECT_TRUE(Decompress(Bytes("\x00"
                               "a\x20\x00",
                               4),
                         4, text));
  EXPECT_EQ(text, "aaaa");
}

TEST_F(LzfTest, SurvivesRandomStreams) {
  std::mt19937 random(kSeed);
  for (int i = 0; i < 20000; ++i) {
    std::string stream(1 + random() % 40, '\0');
    for (char& c : stream)
      c = static_cast<char>(random() % 4 == 0 ? random() : random() % 34);
    std::string text;
    Decompress(stream, random() % 300, text);
  }
}

}  // namespace
}  // namespace skarn

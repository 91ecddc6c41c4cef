// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "arch/generic/hash.h"
#include "guarded_bytes.h"
#include "supported_kernels.h"

namespace skarn {
namespace {

constexpr uint8_t kRandomKey[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

void HashKeysByReference(HashKind kind, const HashSecret& secret, const Bytes* keys,
                         size_t key_count, uint64_t* hashes) {
  if (kind == HashKind::kAesRounds) {
    generic::HashKeysAesReference(secret, keys, key_count, hashes);
  } else {
    generic::HashKeysSip(secret, keys, key_count, hashes);
  }
}

TEST(HashTest, AesRoundMatchesTheStandard) {
  // FIPS 197, appendix B: the state at the start of round 1 and 2, and the key of
  // round 1.
  const HashBlock start = {{0x19, 0x3d, 0xe3, 0xbe, 0xa0, 0xf4, 0xe2, 0x2b, 0x9a, 0xc6,
                            0x8d, 0x2a, 0xe9, 0xf8, 0x48, 0x08}};
  const HashBlock round_key = {{0xa0, 0xfa, 0xfe, 0x17, 0x88, 0x54, 0x2c, 0xb1, 0x23,
                                0xa3, 0x39, 0x39, 0x2a, 0x6c, 0x76, 0x05}};
  const HashBlock next = {{0xa4, 0x9c, 0x7f, 0xf2, 0x68, 0x9f, 0x35, 0x2b, 0x6b, 0x5b,
                           0xea, 0x43, 0x02, 0x6a, 0x50, 0x49}};
  const HashBlock result = generic::AesRound(start, round_key);
  EXPECT_EQ(std::memcmp(result.bytes, next.bytes, sizeof next.bytes), 0);
}

TEST(HashTest, SipHash13MatchesKnownValues) {
  // Key 00..0f, messages of 0 and 1 bytes, as in the vectors of SipHash-2-4.
  const uint64_t keys[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::string message;
  for (char c = 0; c < 15; ++c) message.push_back(c);
  EXPECT_EQ(generic::SipHash13(keys, ""), 0xabac0158050fc4dcu);
  EXPECT_EQ(generic::SipHash13(keys, Bytes(message).substr(0, 1)), 0xc9f49bf37d57ca93u);
}

TEST(HashTest, RowsAgreeWithTheMeaningOfTheirKind) {
  const HashSecret secret = MakeHashSecret(kRandomKey);
  for (const Kernels* row : SupportedKernels()) {
    SCOPED_TRACE(row->name);
    for (size_t size_bytes = 0; size_bytes <= 4 * kVectorBytesMax + 1; ++size_bytes) {
      for (const bool at_page_start : {false, true}) {
        const GuardedBytes key(size_bytes, kSeed + size_bytes, at_page_start);
        const Bytes keys[] = {key.bytes()};
        uint64_t expected = 0;
        HashKeysByReference(row->hash_kind, secret, keys, 1, &expected);
        uint64_t hash = 0;
        row->hash_keys(secret, keys, 1, &hash);
        EXPECT_EQ(hash, expected) << size_bytes;
      }
    }
  }
}

TEST(HashTest, BatchesOfAnySizeAgreeWithSingleKeys) {
  const HashSecret secret = MakeHashSecret(kRandomKey);
  std::mt19937_64 random(kSeed);
  const GuardedBytes data(4096, kSeed);
  for (const Kernels* row : SupportedKernels()) {
    SCOPED_TRACE(row->name);
    for (size_t key_count = 0; key_count <= 40; ++key_count) {
      for (const size_t size_bytes_max : {16, 32, 100}) {
        std::vector<Bytes> keys;
        for (size_t i = 0; i < key_count; ++i) {
          const size_t size_bytes = random() % (size_bytes_max + 1);
          // Every other key ends at the guard page.
          const size_t room = data.size() - size_bytes;
          keys.push_back(
              data.bytes().substr(i % 2 == 0 ? room : random() % room, size_bytes));
        }
        std::vector<uint64_t> expected(key_count + 1, 0x5a5a);
        HashKeysByReference(row->hash_kind, secret, keys.data(), key_count,
                            expected.data());
        std::vector<uint64_t> hashes(key_count + 1, 0x5a5a);
        row->hash_keys(secret, keys.data(), key_count, hashes.data());
        ASSERT_EQ(hashes, expected) << key_count;
      }
    }
  }
}

TEST(HashTest, DiffersBySecretAndLength) {
  const HashSecret secret = MakeHashSecret(kRandomKey);
  uint8_t other_key[16];
  std::memcpy(other_key, kRandomKey, sizeof other_key);
  other_key[15] ^= 0x80;
  const HashSecret other_secret = MakeHashSecret(other_key);
  const std::string zeros(64, '\0');
  for (const Kernels* row : SupportedKernels()) {
    SCOPED_TRACE(row->name);
    std::vector<uint64_t> hashes;
    for (size_t size_bytes = 0; size_bytes <= zeros.size(); ++size_bytes) {
      const Bytes key = Bytes(zeros).substr(0, size_bytes);
      hashes.resize(hashes.size() + 2);
      row->hash_keys(secret, &key, 1, &hashes[hashes.size() - 2]);
      row->hash_keys(other_secret, &key, 1, &hashes[hashes.size() - 1]);
    }
    std::ranges::sort(hashes);
    EXPECT_EQ(std::ranges::adjacent_find(hashes), hashes.end());
  }
}

struct KeyFamily {
  std::string name;
  std::function<std::string(size_t)> key;
};

std::vector<KeyFamily> KeyFamilies() {
  return {
      {"prefix and number", [](size_t i) { return "user:" + std::to_string(i); }},
      {"padded number",
       [](size_t i) {
         const std::string number = std::to_string(i);
         return "key:" + std::string(12 - number.size(), '0') + number;
       }},
      {"number and long suffix",
       [](size_t i) { return std::to_string(i) + ":session:attributes:of:the:shop"; }},
      {"binary little endian",
       [](size_t i) { return std::string(reinterpret_cast<char*>(&i), 8); }},
      {"one length each",
       [](size_t i) { return std::string(i % 200, 'a') + std::to_string(i / 200); }},
      {"few bits in 32 bytes",
       [](size_t i) {
         std::string key(32, '\0');
         for (size_t bit = 0; bit < 20; ++bit)
           key[bit * 31 % 32] ^= (i >> bit & 1) << (bit % 8);
         return key;
       }},
  };
}

// Chi-squared over `bucket_count` buckets, as standard deviations from what chance gives.
double SpreadDeviation(const std::vector<uint32_t>& buckets, size_t key_count) {
  const double expected =
      static_cast<double>(key_count) / static_cast<double>(buckets.size());
  double chi_squared = 0;
  for (const uint32_t count : buckets) {
    chi_squared += (count - expected) * (count - expected) / expected;
  }
  const double freedom = static_cast<double>(buckets.size() - 1);
  return (chi_squared - freedom) / std::sqrt(2 * freedom);
}

// The best row stands for all of its kind, since those agree.
TEST(HashTest, MillionKeysOfEachFamilySpread) {
#ifdef SKARN_SANITIZED
  constexpr size_t kKeyCount = 100'000;
#else
  constexpr size_t kKeyCount = 1'000'000;
#endif
  constexpr size_t kBucketBits = 12;
  const HashSecret secret = MakeHashSecret(kRandomKey);
  const Kernels& row = *SupportedKernels().front();
  for (const KeyFamily& family : KeyFamilies()) {
    SCOPED_TRACE(family.name);
    std::vector<uint64_t> hashes(kKeyCount);
    for (size_t i = 0; i < kKeyCount; ++i) {
      const std::string key = family.key(i);
      const Bytes view = key;
      row.hash_keys(secret, &view, 1, &hashes[i]);
    }
    for (const int shift : {0, 12, 26, 40, 52}) {
      std::vector<uint32_t> buckets(size_t{1} << kBucketBits);
      for (const uint64_t hash : hashes) ++buckets[hash >> shift & (buckets.size() - 1)];
      EXPECT_LT(std::abs(SpreadDeviation(buckets, kKeyCount)), 6) << shift;
    }
    std::ranges::sort(hashes);
    EXPECT_EQ(std::ranges::adjacent_find(hashes), hashes.end());
  }
}

TEST(HashTest, EachInputBitFlipsHalfTheOutput) {
  const HashSecret secret = MakeHashSecret(kRandomKey);
  for (const Kernels* row : SupportedKernels()) {
    SCOPED_TRACE(row->name);
    for (const size_t size_bytes : {3, 7, 15, 16, 17, 40}) {
      GuardedBytes data(size_bytes, kSeed);
      const Bytes key = data.bytes();
      uint64_t hash;
      row->hash_keys(secret, &key, 1, &hash);
      int flipped = 0;
      for (size_t bit = 0; bit < 8 * size_bytes; ++bit) {
        data.data()[bit / 8] ^= 1 << bit % 8;
        uint64_t changed;
        row->hash_keys(secret, &key, 1, &changed);
        data.data()[bit / 8] ^= 1 << bit % 8;
        flipped += std::popcount(hash ^ changed);
        EXPECT_NE(hash, changed);
      }
      EXPECT_NEAR(flipped / (8.0 * size_bytes), 32, 4) << size_bytes;
    }
  }
}

}  // namespace
}  // namespace skarn

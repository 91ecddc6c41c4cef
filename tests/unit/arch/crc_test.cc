// SPDX-License-Identifier: BSD-3-Clause
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "arch/crc64.h"
#include "guarded_bytes.h"
#include "supported_kernels.h"

namespace skarn {
namespace {

constexpr size_t kSizesMax = 4 * kVectorBytesMax + 1;

// The definitions, bit by bit.
uint64_t Crc64BitByBit(uint64_t crc, Bytes bytes) {
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x95ac9329ac4bc9b5 : 0);
  }
  return crc;
}

uint16_t Crc16BitByBit(Bytes bytes) {
  uint32_t crc = 0;
  for (const char c : bytes) {
    crc ^= static_cast<uint32_t>(static_cast<uint8_t>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return static_cast<uint16_t>(crc);
}

TEST(CrcTest, KnownVectors) {
  const struct {
    Bytes key;
    int slot;
  } kSlots[] = {
      {"123456789", 12739}, {"", 0},        {"foo", 12182}, {"hello", 866},
      {"user1000", 3443},   {"{bar", 4015}, {"bar", 5061},  {"foo{}{bar}", 8363}};
  for (const Kernels* row : SupportedKernels()) {
    SCOPED_TRACE(row->name);
    const Bytes check = "123456789";
    EXPECT_EQ(row->crc64(0, AsUnsigned(check), check.size()), 0xe9c6d914c4b8d9cau);
    EXPECT_EQ(row->crc64(0, nullptr, 0), 0u);
    EXPECT_EQ(row->crc16(AsUnsigned(check), check.size()), 0x31c3);
    for (const auto& [key, slot] : kSlots) {
      EXPECT_EQ(row->crc16(AsUnsigned(key), key.size()) & 16383, slot) << key;
    }
  }
}

TEST(CrcTest, RowsAgreeWithTheDefinition) {
  for (const Kernels* row : SupportedKernels()) {
    SCOPED_TRACE(row->name);
    for (size_t size_bytes = 0; size_bytes <= kSizesMax; ++size_bytes) {
      for (const bool at_page_start : {false, true}) {
        const GuardedBytes data(size_bytes, kSeed + size_bytes, at_page_start);
        for (const uint64_t crc :
             {uint64_t{0}, ~uint64_t{0}, uint64_t{0x0123456789abcdef}}) {
          ASSERT_EQ(row->crc64(crc, data.data(), size_bytes),
                    Crc64BitByBit(crc, data.bytes()))
              << size_bytes;
        }
        ASSERT_EQ(row->crc16(data.data(), size_bytes), Crc16BitByBit(data.bytes()))
            << size_bytes;
      }
    }
    for (const size_t size_bytes : {511, 512, 513, 767, 768, 1040, 5000, 65537}) {
      const GuardedBytes data(size_bytes, kSeed);
      EXPECT_EQ(row->crc64(7, data.data(), size_bytes), Crc64BitByBit(7, data.bytes()))
          << size_bytes;
      EXPECT_EQ(row->crc16(data.data(), size_bytes), Crc16BitByBit(data.bytes()))
          << size_bytes;
    }
  }
}

TEST(CrcTest, Crc64GoesOnWhereItStopped) {
  const GuardedBytes data(3000, kSeed);
  const uint64_t whole = Crc64BitByBit(0, data.bytes());
  for (const Kernels* row : SupportedKernels()) {
    SCOPED_TRACE(row->name);
    for (size_t cut = 0; cut <= data.size(); cut += 37) {
      const uint64_t first = row->crc64(0, data.data(), cut);
      EXPECT_EQ(row->crc64(first, data.data() + cut, data.size() - cut), whole);
    }
  }
}

TEST(CrcTest, Crc64CombinesPieces) {
  const GuardedBytes data(5000, kSeed);
  const uint64_t whole = Crc64(data.bytes());
  for (size_t cut = 0; cut <= data.size(); cut += 61) {
    const Bytes head = data.bytes().substr(0, cut);
    const Bytes tail = data.bytes().substr(cut);
    EXPECT_EQ(Crc64Combine(Crc64(head), Crc64(tail), tail.size()), whole);
    EXPECT_EQ(Crc64(tail, Crc64(head)), whole);
  }
  EXPECT_EQ(Crc64Combine(5, 0, 0), 5u);
  // Far apart: twice 2^40 zero bytes is once 2^41.
  const uint64_t far = Crc64Combine(5, 0, uint64_t{1} << 40);
  EXPECT_EQ(Crc64Combine(far, 0, uint64_t{1} << 40),
            Crc64Combine(5, 0, uint64_t{1} << 41));
}

}  // namespace
}  // namespace skarn

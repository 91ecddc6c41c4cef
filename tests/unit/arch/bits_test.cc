// SPDX-License-Identifier: BSD-3-Clause
#include <bit>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "guarded_bytes.h"
#include "supported_kernels.h"

namespace skarn {
namespace {

constexpr size_t kSizesMax = 4 * kVectorBytesMax + 1;

uint64_t CountBitByBit(const GuardedBytes& data) {
  uint64_t count = 0;
  for (size_t i = 0; i < data.size(); ++i) {
    count += static_cast<uint64_t>(std::popcount(unsigned{data.data()[i]}));
  }
  return count;
}

uint8_t Apply(BitOperation operation, uint8_t left, uint8_t right) {
  switch (operation) {
    case BitOperation::kAnd:
      return left & right;
    case BitOperation::kOr:
      return left | right;
    case BitOperation::kXor:
      return left ^ right;
    case BitOperation::kAndNot:
      return left & static_cast<uint8_t>(~right);
    case BitOperation::kNot:
      return static_cast<uint8_t>(~left);
  }
  return 0;
}

constexpr BitOperation kOperations[] = {BitOperation::kAnd, BitOperation::kOr,
                                        BitOperation::kXor, BitOperation::kAndNot,
                                        BitOperation::kNot};

TEST(BitsTest, CountsEachBitOnce) {
  for (const Kernels* row : SupportedKernels()) {
    SCOPED_TRACE(row->name);
    for (size_t size_bytes = 0; size_bytes <= kSizesMax; ++size_bytes) {
      for (const bool at_page_start : {false, true}) {
        const GuardedBytes data(size_bytes, kSeed + size_bytes, at_page_start);
        ASSERT_EQ(row->bit_count(data.data(), size_bytes), CountBitByBit(data))
            << size_bytes;
      }
    }
    // All bits set: the narrow sums inside are at their largest.
    GuardedBytes ones(100'003, kSeed);
    std::memset(ones.data(), 0xff, ones.size());
    EXPECT_EQ(row->bit_count(ones.data(), ones.size()), 8 * ones.size());
  }
}

TEST(BitsTest, OperatesOnEachByte) {
  for (const Kernels* row : SupportedKernels()) {
    SCOPED_TRACE(row->name);
    for (size_t size_bytes = 0; size_bytes <= kSizesMax; ++size_bytes) {
      const GuardedBytes left(size_bytes, kSeed + size_bytes);
      const GuardedBytes right(size_bytes, kSeed - size_bytes, true);
      GuardedBytes result(size_bytes, kSeed);
      for (const BitOperation operation : kOperations) {
        row->bit_operation(operation, {.result = result.data(),
                                       .left = left.data(),
                                       .right = right.data(),
                                       .size_bytes = size_bytes});
        for (size_t i = 0; i < size_bytes; ++i) {
          ASSERT_EQ(result.data()[i], Apply(operation, left.data()[i], right.data()[i]))
              << size_bytes << " at " << i;
        }
      }
    }
  }
}

TEST(BitsTest, OperatesInPlace) {
  for (const Kernels* row : SupportedKernels()) {
    SCOPED_TRACE(row->name);
    for (const size_t size_bytes : {1, 15, 64, 200, 1001}) {
      for (const BitOperation operation : kOperations) {
        const GuardedBytes original(size_bytes, kSeed);
        const GuardedBytes other(size_bytes, kSeed + 1);
        GuardedBytes as_left(size_bytes, kSeed);
        const bool is_not = operation == BitOperation::kNot;
        row->bit_operation(operation, {.result = as_left.data(),
                                       .left = as_left.data(),
                                       .right = is_not ? nullptr : other.data(),
                                       .size_bytes = size_bytes});
        GuardedBytes as_right(size_bytes, kSeed);
        row->bit_operation(operation, {.result = as_right.data(),
                                       .left = other.data(),
                                       .right = as_right.data(),
                                       .size_bytes = size_bytes});
        for (size_t i = 0; i < size_bytes; ++i) {
          const uint8_t a = original.data()[i];
          const uint8_t b = other.data()[i];
          ASSERT_EQ(as_left.data()[i], Apply(operation, a, b));
          ASSERT_EQ(as_right.data()[i], Apply(operation, b, a));
        }
      }
    }
  }
}

}  // namespace
}  // namespace skarn

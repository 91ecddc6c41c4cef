// SPDX-License-Identifier: BSD-3-Clause
#include "base/bytes.h"

#include <memory>

#include <gtest/gtest.h>

namespace skarn {
namespace {

// Blocks of exactly their size, so that the address sanitizer sees a step outside.
TEST(BytesTest, EqualShortSeesEveryByte) {
  for (size_t size = 0; size <= 40; ++size) {
    const auto a = std::make_unique<char[]>(size);
    const auto b = std::make_unique<char[]>(size);
    for (size_t i = 0; i < size; ++i) a[i] = b[i] = static_cast<char>(i * 37);
    EXPECT_TRUE(EqualShort(a.get(), b.get(), size)) << size;
    for (size_t i = 0; i < size; ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        b[i] = static_cast<char>(b[i] ^ 1 << bit);
        EXPECT_FALSE(EqualShort(a.get(), b.get(), size)) << size << ", byte " << i;
        b[i] = a[i];
      }
    }
  }
}

}  // namespace
}  // namespace skarn

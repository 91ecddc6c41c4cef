// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/crc64.h"

#include <string>

#include <gtest/gtest.h>

namespace skarn {
namespace {

TEST(Crc64Test, GivesTheCheckValueOfTheFormat) {
  EXPECT_EQ(Crc64(0, "123456789"), 0xe9c6d914c4b8d9ca);
  EXPECT_EQ(Crc64(0, ""), 0u);
}

TEST(Crc64Test, CarriesOverAnySplit) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes += static_cast<char>(i * 37);
  const uint64_t whole = Crc64(0, bytes);
  for (size_t i = 0; i <= bytes.size(); ++i) {
    EXPECT_EQ(Crc64(Crc64(0, Bytes(bytes).substr(0, i)), Bytes(bytes).substr(i)), whole);
  }
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <limits>
#include <optional>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "guarded_bytes.h"
#include "supported_kernels.h"

namespace skarn {
namespace {

// The definition: an integer is what printing it again gives.
std::optional<int64_t> ParseByDefinition(const std::string& text) {
  if (text.empty() || text.size() > 20) return std::nullopt;
  __int128 value = 0;
  const bool is_negative = text[0] == '-';
  for (size_t i = is_negative; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = 10 * value + (text[i] - '0');
  }
  if (is_negative) value = -value;
  if (value < INT64_MIN || value > INT64_MAX) return std::nullopt;
  if (std::to_string(static_cast<int64_t>(value)) != text) return std::nullopt;
  return static_cast<int64_t>(value);
}

void ExpectParsed(const std::string& text) {
  static GuardedBytes buffer(32, kSeed);
  char* const start =
      reinterpret_cast<char*>(buffer.data() + buffer.size() - text.size());
  std::copy(text.begin(), text.end(), start);
  const Bytes bytes(start, text.size());
  const std::optional<int64_t> expected = ParseByDefinition(text);
  for (const Kernels* row : SupportedKernels()) {
    SCOPED_TRACE(row->name);
    int64_t value = 4711;
    ASSERT_EQ(row->parse_int64(bytes, &value), expected.has_value()) << text;
    ASSERT_EQ(value, expected.value_or(4711)) << text;
  }
}

TEST(ParseInt64Test, TakesTheLimitsAndNotOneMore) {
  for (const char* text : {"",
                           "-",
                           "0",
                           "-0",
                           "00",
                           "01",
                           "-01",
                           "+1",
                           " 1",
                           "1 ",
                           "1\n",
                           "--1",
                           "1-",
                           "1.0",
                           "0x1",
                           "9223372036854775807",
                           "9223372036854775808",
                           "-9223372036854775808",
                           "-9223372036854775809",
                           "9999999999999999999",
                           "18446744073709551615",
                           "18446744073709551616",
                           "-9999999999999999999",
                           "10000000000000000000",
                           "99999999999999999999",
                           "-10000000000000000000",
                           "000000000000000000001"}) {
    ExpectParsed(text);
  }
  ExpectParsed(std::string("1\0", 2));
  ExpectParsed(std::string("\0", 1));
}

TEST(ParseInt64Test, TakesNumbersOfEachLength) {
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 3000; ++i) {
    const int64_t value = static_cast<int64_t>(random() >> random() % 64);
    ExpectParsed(std::to_string(value));
    ExpectParsed(std::to_string(-value));
  }
  std::string nines;
  for (int digits = 1; digits <= 20; ++digits) {
    nines.push_back('9');
    ExpectParsed(nines);
    ExpectParsed("-" + nines);
    ExpectParsed("1" + std::string(static_cast<size_t>(digits), '0'));
  }
}

TEST(ParseInt64Test, RefusesAnyOtherByteAnywhere) {
  for (const std::string number : {"7", "1234567", "12345678", "1234567890123456",
                                   "1234567890123456789", "-1234567890123456789"}) {
    for (size_t i = 0; i < number.size(); ++i) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text = number;
        text[i] = static_cast<char>(byte);
        ExpectParsed(text);
      }
    }
  }
}

}  // namespace
}  // namespace skarn

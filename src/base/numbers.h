// SPDX-License-Identifier: BSD-3-Clause
//
// Numbers as the protocol writes them: strict parsing and exact formatting, free of
// locale. Threads: any; nothing here keeps state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "base/bytes.h"

namespace skarn {

inline constexpr size_t kInt64TextMax = 20;   // "-9223372036854775808"
inline constexpr size_t kUint64TextMax = 20;  // "18446744073709551615"
inline constexpr size_t kDoubleTextMax = 32;  // What FormatDouble may write.
inline constexpr size_t kLongDoubleTextMax =
    5 * 1024;  // "%.17Lf" of the largest long double.

// Reads a decimal of at most 20 digits: no sign, no leading zero, no blank, in range.
// On false `*value` is unchanged; so it is for every parser of this header.
inline bool ParseUint64(Bytes text, uint64_t* value) {
  const size_t size = text.size();
  if (size == 0 || size > 20) return false;
  if (text[0] == '0' && size > 1) return false;
  uint64_t sum = 0;
  const size_t safe_count = size < 19 ? size : 19;  // 19 digits never overflow 64 bits.
  for (size_t i = 0; i < safe_count; ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit > 9) return false;
    sum = sum * 10 + digit;
  }
  if (size == 20) {
    const unsigned digit = static_cast<unsigned char>(text[19]) - unsigned{'0'};
    if (digit > 9) return false;
    if (__builtin_mul_overflow(sum, uint64_t{10}, &sum)) return false;
    if (__builtin_add_overflow(sum, uint64_t{digit}, &sum)) return false;
  }
  *value = sum;
  return true;
}

// Reads a signed decimal as the protocol spells it: an optional '-', no '+', no leading
// zero, no
// "-0", no blank. A text it accepts is the one FormatInt64 writes for the value.
inline bool ParseInt64(Bytes text, int64_t* value) {
  const size_t size = text.size();
  if (size == 0 || size > 20) return false;
  const char* p = text.data();
  const char* const end = p + size;
  const bool is_negative = *p == '-';
  p += is_negative;
  if (end - p > 19 || p == end) return false;
  uint64_t sum = static_cast<unsigned char>(*p) - unsigned{'0'};
  if (sum == 0) {
    if (size != 1) return false;
    *value = 0;
    return true;
  }
  if (sum > 9) return false;
  for (++p; p != end; ++p) {
    const unsigned digit = static_cast<unsigned char>(*p) - unsigned{'0'};
    if (digit > 9) return false;
    sum = sum * 10 + digit;
  }
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  if (sum > kMax + is_negative) return false;
  *value = static_cast<int64_t>(is_negative ? 0 - sum : sum);
  return true;
}

// True if `text` is the spelling FormatInt64 gives some integer, so it may be stored as
// one.
inline bool IsCanonicalInt64(Bytes text) {
  int64_t ignored;
  return ParseInt64(text, &ignored);
}

// Reads a decimal float: digits with optional sign ('+' too), point and exponent, or
// inf/infinity in any case. Refuses blanks, hex, NaN, and what a double can hold only as
// infinity or as zero.
bool ParseDouble(Bytes text, double* value);

// Like ParseDouble for INCRBYFLOAT and its kin, which also take hex floats. Below 5120
// bytes.
bool ParseLongDouble(Bytes text, long double* value);

namespace numbers_internal {

inline constexpr struct DigitPairs {
  char text[200];
  constexpr DigitPairs() : text() {
    for (int i = 0; i < 100; ++i) {
      text[2 * i] = static_cast<char>('0' + i / 10);
      text[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
  }
} kDigitPairs;

inline constexpr uint64_t kPowersOfTen[20] = {0,
                                              10,
                                              100,
                                              1000,
                                              10000,
                                              100000,
                                              1000000,
                                              10000000,
                                              100000000,
                                              1000000000,
                                              10000000000,
                                              100000000000,
                                              1000000000000,
                                              10000000000000,
                                              100000000000000,
                                              1000000000000000,
                                              10000000000000000,
                                              100000000000000000,
                                              1000000000000000000,
                                              10000000000000000000u};

}  // namespace numbers_internal

// How many decimal digits `value` has; 1 for 0.
inline size_t DecimalDigitCount(uint64_t value) {
  // 1233/4096 is log10(2), close enough for 64 bits; the table corrects the guess by one.
  const unsigned bits = 64u - static_cast<unsigned>(__builtin_clzll(value | 1));
  const unsigned guess = bits * 1233 >> 12;
  return guess + (value >= numbers_internal::kPowersOfTen[guess]);
}

// Writes `value` to `out` (at least 20 bytes) and returns how many bytes that took.
inline size_t FormatUint64(char* out, uint64_t value) {
  if (value < 10) {
    out[0] = static_cast<char>('0' + value);
    return 1;
  }
  const size_t size = DecimalDigitCount(value);
  char* p = out + size;
  while (value >= 100) {
    p -= 2;
    std::memcpy(p, &numbers_internal::kDigitPairs.text[value % 100 * 2], 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(out, &numbers_internal::kDigitPairs.text[value * 2], 2);
  } else {
    out[0] = static_cast<char>('0' + value);
  }
  return size;
}

inline size_t FormatInt64(char* out, int64_t value) {
  if (value >= 0) return FormatUint64(out, static_cast<uint64_t>(value));
  *out = '-';
  return 1 + FormatUint64(out + 1, 0 - static_cast<uint64_t>(value));
}

inline void AppendInt64(std::string* out, int64_t value) {
  char text[kInt64TextMax];
  out->append(text, FormatInt64(text, value));
}

// Writes the RESP3 text of a double to `out` (at least kDoubleTextMax bytes), returns its
// size: shortest digits that read back as `value`, integers up to 2^62 without exponent,
// inf, -inf, nan.
size_t FormatDouble(char* out, double value);

// Writes `value` with up to 17 decimals, without trailing zeros and never "-0", as
// INCRBYFLOAT stores it. `out` has at least kLongDoubleTextMax bytes. `value` is finite.
// Returns the size.
size_t FormatLongDoubleHuman(char* out, long double value);

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// The arithmetic of CRC-64 (Jones, reflected), from which tables and folding constants
// are made. A polynomial of degree below 64 is a word whose bit 63 is the coefficient of
// x^0.
#pragma once

#include <cstddef>
#include <cstdint>

namespace skarn::crc64 {

inline constexpr uint64_t kPolynomial = 0x95ac9329ac4bc9b5;  // Without its x^64.

constexpr uint64_t TimesX(uint64_t a) {
  return a >> 1 ^ (a & 1 ? kPolynomial : 0);
}

// x^exponent modulo the polynomial, for exponents of a few thousand.
constexpr uint64_t PowerOfX(size_t exponent) {
  uint64_t power = uint64_t{1} << 63;
  for (size_t i = 0; i < exponent; ++i) power = TimesX(power);
  return power;
}

constexpr uint64_t Multiply(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  for (int bit = 63; bit >= 0; --bit) {
    if (b >> bit & 1) product ^= a;
    a = TimesX(a);
  }
  return product;
}

// Folding by carry-less multiplication. A product of two reflected words comes out one
// place low, as a * b * x, so the factor that moves a word up by x^n is x^(n - 1).
//
// To carry 16 bytes `distance_bits` further along: the first eight bytes (the low word,
// of higher degree) times `low`, the other eight times `high`; the sum of both products
// has 128 bits again.
struct FoldFactors {
  uint64_t low;
  uint64_t high;
};
constexpr FoldFactors FoldBy(size_t distance_bits) {
  return {.low = PowerOfX(distance_bits + 64 - 1), .high = PowerOfX(distance_bits - 1)};
}

// The last 128 bits are reduced by Barrett's method, with words whose bit 0 is the
// coefficient of x^64. Their 65th bit, for x^0, is left out: in the polynomial it is 1
// and added separately, and in the quotient it only reaches bits that are thrown away.
inline constexpr uint64_t kReducePolynomial = kPolynomial << 1 | 1;

// x^128 divided by the polynomial: the quotient's bits, found one after the other from
// x^64 down.
constexpr uint64_t BarrettQuotient() {
  uint64_t quotient = 1;  // It begins with x^64, which leaves the rest of the polynomial.
  uint64_t remainder = kPolynomial;
  for (int bit = 1; bit < 64; ++bit) {
    // The coefficient that the next shift moves past x^63 is the next bit of the
    // quotient.
    if (remainder & 1) quotient |= uint64_t{1} << bit;
    remainder = TimesX(remainder);
  }
  return quotient;
}

}  // namespace skarn::crc64

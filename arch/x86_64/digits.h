// SPDX-License-Identifier: BSD-3-Clause
//
// Decimal digits to integers: the part which the x86 rows share.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "arch/target.h"

namespace skarn::x86_64 {

// The number whose sixteen digits (as values 0 to 9, the first one highest) are in
// `digits`.
SKARN_TARGET_INLINE("sse4.2")
int64_t SumDigits(__m128i digits) {
  const __m128i tens = _mm_set1_epi16(1 << 8 | 10);
  const __m128i hundreds = _mm_set1_epi32(1 << 16 | 100);
  const __m128i ten_thousands = _mm_set1_epi32(1 << 16 | 10000);
  const __m128i pairs = _mm_maddubs_epi16(digits, tens);
  const __m128i fours = _mm_madd_epi16(pairs, hundreds);
  const __m128i packed = _mm_packus_epi32(fours, fours);
  const int64_t eights = _mm_cvtsi128_si64(_mm_madd_epi16(packed, ten_thousands));
  return (eights & 0xffffffff) * 100'000'000 + (eights >> 32);
}

}  // namespace skarn::x86_64

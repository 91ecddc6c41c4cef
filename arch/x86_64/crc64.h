// SPDX-License-Identifier: BSD-3-Clause
//
// CRC-64 by folding: parts which the x86 rows share. The arithmetic is in
// generic/crc64.h.
#pragma once

#include <immintrin.h>

#include "arch/generic/crc64.h"
#include "arch/generic/generic.h"
#include "arch/target.h"

namespace skarn::x86_64 {

#define SKARN_TARGET_FOLD "sse4.2,pclmul"

SKARN_TARGET_INLINE(SKARN_TARGET_FOLD)
__m128i LoadFold(crc64::FoldFactors factors) {
  return _mm_set_epi64x(static_cast<int64_t>(factors.high),
                        static_cast<int64_t>(factors.low));
}

SKARN_TARGET_INLINE(SKARN_TARGET_FOLD)
__m128i Load16(const uint8_t* data) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(data));
}

// Carries `folded` along by the distance of `factors` and adds what stands there.
SKARN_TARGET_INLINE(SKARN_TARGET_FOLD)
__m128i Fold(__m128i folded, __m128i factors, __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(folded, factors, 0x00);
  const __m128i high = _mm_clmulepi64_si128(folded, factors, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// The CRC of the 16 bytes in `folded`.
SKARN_TARGET_INLINE(SKARN_TARGET_FOLD)
uint64_t Reduce(__m128i folded) {
  // The first eight bytes move up by x^128, the others by x^64: then 64 bits remain to be
  // divided.
  const __m128i up = _mm_cvtsi64_si128(static_cast<int64_t>(crc64::PowerOfX(127)));
  const __m128i sum =
      _mm_xor_si128(_mm_clmulepi64_si128(folded, up, 0x00), _mm_srli_si128(folded, 8));
  const __m128i divide = _mm_set_epi64x(static_cast<int64_t>(crc64::kReducePolynomial),
                                        static_cast<int64_t>(crc64::BarrettQuotient()));
  const __m128i quotient = _mm_clmulepi64_si128(sum, divide, 0x00);
  const __m128i product = _mm_clmulepi64_si128(quotient, divide, 0x10);
  const __m128i rest =
      _mm_xor_si128(_mm_slli_si128(quotient, 8), _mm_xor_si128(product, sum));
  return static_cast<uint64_t>(_mm_extract_epi64(rest, 1));
}

// Folds the whole 16-byte pieces of data, reduces, and leaves the last bytes to the
// table.
SKARN_TARGET_INLINE(SKARN_TARGET_FOLD)
uint64_t FoldRest(__m128i folded, const uint8_t* data, size_t size_bytes) {
  const __m128i by_16 = LoadFold(crc64::FoldBy(128));
  for (; size_bytes >= 16; size_bytes -= 16, data += 16)
    folded = Fold(folded, by_16, Load16(data));
  return generic::Crc64(Reduce(folded), data, size_bytes);
}

}  // namespace skarn::x86_64

// SPDX-License-Identifier: BSD-3-Clause
//
// Compares the seven 16-bit tags of a table bucket with one tag in one step. Inline,
// because a call costs more than the work: every CPU of an architecture has the
// instructions used here. Threads: any; reads only the 16 bytes it is given.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace skarn {

// A bucket starts with seven tags; the eighth lane of the 16 bytes is other data and
// never matches.
inline constexpr uint32_t kTagLanesMask = 0x7f;

// The meaning of MatchTags in plain C++, and the code for CPUs which have nothing better.
inline uint32_t MatchTagsGeneric(const void* bucket16, uint16_t tag) {
  constexpr uint64_t kOnes = 0x0001000100010001;
  constexpr uint64_t kLow15 = 0x7fff * kOnes;
  // Moves bits 0, 16, 32, 48 to bits 48, 49, 50, 51; no two partial products meet, so
  // none carries.
  constexpr uint64_t kGather = uint64_t{1} << 48 | uint64_t{1} << 33 | 1 << 18 | 1 << 3;
  uint64_t lanes[2];
  std::memcpy(lanes, bucket16, sizeof lanes);
  uint32_t mask = 0;
  for (int half = 0; half < 2; ++half) {
    const uint64_t difference = lanes[half] ^ tag * kOnes;
    // Bit 15 of a lane is set exactly where the lane of `difference` is zero.
    const uint64_t zero = ~(((difference & kLow15) + kLow15) | difference | kLow15);
    mask |= static_cast<uint32_t>((zero >> 15) * kGather >> 48 & 0xf) << 4 * half;
  }
  return mask & kTagLanesMask;
}

// Returns a mask whose bit i (0 to 6) is set when the u16 at bucket16 + 2 * i equals
// `tag`. Needs no alignment; a 16-byte aligned bucket never straddles a cache line.
// Always inlined: whether the thread sanitizer looks at it is for the caller to say
// (base/racy.h).
__attribute__((always_inline)) inline uint32_t MatchTags(const void* bucket16,
                                                         uint16_t tag) {
#if defined(__x86_64__)
  const __m128i lanes = _mm_loadu_si128(static_cast<const __m128i*>(bucket16));
  const __m128i equal = _mm_cmpeq_epi16(lanes, _mm_set1_epi16(static_cast<short>(tag)));
  const __m128i bytes = _mm_packs_epi16(equal, _mm_setzero_si128());
  return static_cast<uint32_t>(_mm_movemask_epi8(bytes)) & kTagLanesMask;
#elif defined(__aarch64__)
  static constexpr uint16_t kLaneBits[8] = {1, 2, 4, 8, 16, 32, 64, 0};
  const uint16x8_t lanes =
      vreinterpretq_u16_u8(vld1q_u8(static_cast<const uint8_t*>(bucket16)));
  const uint16x8_t equal = vceqq_u16(lanes, vdupq_n_u16(tag));
  return vaddvq_u16(vandq_u16(equal, vld1q_u16(kLaneBits)));
#else
  return MatchTagsGeneric(bucket16, tag);
#endif
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#if defined(__GNUC__) && !defined(__clang__)
// The intrinsics of GCC 12 start from values they call undefined, and GCC then warns of
// them.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <array>

#include "arch/generic/generic.h"
#include "arch/x86_64/crc64.h"
#include "arch/x86_64/digits.h"
#include "arch/x86_64/hash.h"
#include "arch/x86_64/x86_64.h"

namespace skarn {
namespace {

#define SKARN_TARGET_WORDS                  \
  "sse4.2,popcnt,aes,pclmul,avx2,bmi,bmi2," \
  "avx512f,avx512bw,avx512vl,avx512vpopcntdq,vpclmulqdq"
#define SKARN_TARGET_ROW SKARN_TARGET(SKARN_TARGET_WORDS)

bool HasAvx512() {
  return kAvx2Kernels.is_supported() && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512vpopcntdq") &&
         __builtin_cpu_supports("vpclmulqdq");
}

// --- hash ----------------------------------------------------------------------------

// For each size the places from which the block of a short key takes its bytes, as the
// contract in generic/hash.h orders them; 0x80 gives zero.
constexpr std::array<HashBlock, kHashBlockBytes + 1> MakeShortKeyOrders() {
  std::array<HashBlock, kHashBlockBytes + 1> orders{};
  for (size_t size_bytes = 0; size_bytes < orders.size(); ++size_bytes) {
    const size_t half_bytes = size_bytes >= 8 ? 8 : 4;
    for (size_t i = 0; i < kHashBlockBytes; ++i) {
      size_t from = 0x80;
      if (size_bytes >= 4) {
        if (i < half_bytes)
          from = i;
        else if (i < 2 * half_bytes)
          from = size_bytes + i - 2 * half_bytes;
      } else if (size_bytes > 0 && i < 3) {
        from = i == 0 ? 0 : i == 1 ? size_bytes / 2 : size_bytes - 1;
      }
      orders[size_bytes].bytes[i] = static_cast<uint8_t>(from);
    }
  }
  return orders;
}
constexpr std::array<HashBlock, kHashBlockBytes + 1> kShortKeyOrders =
    MakeShortKeyOrders();

// Without branches on the size, which for keys of many sizes are mispredicted. A masked
// load never faults on bytes it leaves out.
SKARN_TARGET_INLINE(SKARN_TARGET_WORDS)
__m128i AbsorbKeyMasked(const HashSecret& secret, Bytes key) {
  const size_t size_bytes = key.size();
  if (size_bytes > kHashBlockBytes)
    return x86_64::AbsorbLongKey(secret, key.data(), size_bytes);
  const auto mask =
      static_cast<__mmask16>(_bzhi_u32(0xffff, static_cast<uint32_t>(size_bytes)));
  const __m128i bytes = _mm_maskz_loadu_epi8(mask, key.data());
  const __m128i block =
      _mm_shuffle_epi8(bytes, x86_64::LoadBlock(kShortKeyOrders[size_bytes]));
  return _mm_xor_si128(block, x86_64::LoadBlock(secret.tail_keys[size_bytes]));
}

template <size_t count>
SKARN_TARGET_INLINE(SKARN_TARGET_WORDS)
void HashGroupMasked(const HashSecret& secret, const Bytes* keys, uint64_t* hashes) {
  __m128i states[count];
#pragma GCC unroll 8
  for (size_t i = 0; i < count; ++i) states[i] = AbsorbKeyMasked(secret, keys[i]);
  x86_64::FinishHashes(secret, states, hashes);
}

SKARN_TARGET_ROW
void HashKeys(const HashSecret& secret, const Bytes* keys, size_t key_count,
              uint64_t* hashes) {
  constexpr size_t kGroup = 8;
  size_t i = 0;
  for (; i + kGroup <= key_count; i += kGroup) {
    HashGroupMasked<kGroup>(secret, keys + i, hashes + i);
  }
  for (; i < key_count; ++i) HashGroupMasked<1>(secret, keys + i, hashes + i);
}

// --- CRC-64 --------------------------------------------------------------------------

SKARN_TARGET_INLINE(SKARN_TARGET_WORDS)
__m512i Load64(const uint8_t* data) {
  return _mm512_loadu_si512(data);
}

SKARN_TARGET_INLINE(SKARN_TARGET_WORDS)
__m512i FoldWide(__m512i folded, __m512i factors, __m512i next) {
  const __m512i low = _mm512_clmulepi64_epi128(folded, factors, 0x00);
  const __m512i high = _mm512_clmulepi64_epi128(folded, factors, 0x11);
  return _mm512_ternarylogic_epi64(low, high, next, 0x96);  // XOR of all three.
}

SKARN_TARGET_ROW
uint64_t Crc64(uint64_t crc, const uint8_t* data, size_t size_bytes) {
  if (size_bytes < 512) return sse42::Crc64(crc, data, size_bytes);
  const __m512i start =
      _mm512_zextsi128_si512(_mm_cvtsi64_si128(static_cast<int64_t>(crc)));
  __m512i first = _mm512_xor_si512(Load64(data), start);
  __m512i second = Load64(data + 64);
  __m512i third = Load64(data + 128);
  __m512i fourth = Load64(data + 192);
  const __m512i by_256 = _mm512_broadcast_i32x4(x86_64::LoadFold(crc64::FoldBy(2048)));
  for (data += 256, size_bytes -= 256; size_bytes >= 256;
       size_bytes -= 256, data += 256) {
    first = FoldWide(first, by_256, Load64(data));
    second = FoldWide(second, by_256, Load64(data + 64));
    third = FoldWide(third, by_256, Load64(data + 128));
    fourth = FoldWide(fourth, by_256, Load64(data + 192));
  }
  const __m512i by_64 = _mm512_broadcast_i32x4(x86_64::LoadFold(crc64::FoldBy(512)));
  second = FoldWide(first, by_64, second);
  third = FoldWide(second, by_64, third);
  fourth = FoldWide(third, by_64, fourth);

  const __m128i by_16 = x86_64::LoadFold(crc64::FoldBy(128));
  __m128i folded = _mm512_castsi512_si128(fourth);
  folded = x86_64::Fold(folded, by_16, _mm512_extracti32x4_epi32(fourth, 1));
  folded = x86_64::Fold(folded, by_16, _mm512_extracti32x4_epi32(fourth, 2));
  folded = x86_64::Fold(folded, by_16, _mm512_extracti32x4_epi32(fourth, 3));
  return x86_64::FoldRest(folded, data, size_bytes);
}

// --- bits ----------------------------------------------------------------------------

// The first `size_bytes` (0 to 64) bytes of a vector.
SKARN_TARGET_INLINE(SKARN_TARGET_WORDS)
__mmask64 FirstBytes(size_t size_bytes) {
  return _bzhi_u64(~uint64_t{0}, static_cast<uint32_t>(size_bytes));
}

SKARN_TARGET_ROW
uint64_t BitCount(const uint8_t* data, size_t size_bytes) {
  __m512i sums[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
  for (; size_bytes >= 128; size_bytes -= 128, data += 128) {
    sums[0] = _mm512_add_epi64(sums[0], _mm512_popcnt_epi64(Load64(data)));
    sums[1] = _mm512_add_epi64(sums[1], _mm512_popcnt_epi64(Load64(data + 64)));
  }
  if (size_bytes >= 64) {
    sums[0] = _mm512_add_epi64(sums[0], _mm512_popcnt_epi64(Load64(data)));
    size_bytes -= 64;
    data += 64;
  }
  const __m512i rest = _mm512_maskz_loadu_epi8(FirstBytes(size_bytes), data);
  sums[1] = _mm512_add_epi64(sums[1], _mm512_popcnt_epi64(rest));
  return static_cast<uint64_t>(
      _mm512_reduce_add_epi64(_mm512_add_epi64(sums[0], sums[1])));
}

// --- integers ------------------------------------------------------------------------

// Moves the first `count` bytes of a vector to its end, when loaded from kMoveToEnd +
// count.
alignas(64) constexpr uint8_t kMoveToEnd[32] = {
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0,    1,    2,    3,    4,    5,
    6,    7,    8,    9,    10,   11,   12,   13,   14,   15};

// Without branches on the number of digits up to 16.
SKARN_TARGET_ROW
bool ParseInt64(Bytes text, int64_t* value) {
  const bool is_negative = !text.empty() && text[0] == '-';
  const char* first = text.data() + is_negative;
  const size_t count = text.size() - is_negative;
  if (count - 1 >= 16) return generic::ParseInt64(text, value);
  if (first[0] == '0' && text.size() > 1) return false;

  const auto mask =
      static_cast<__mmask16>(_bzhi_u32(0xffff, static_cast<uint32_t>(count)));
  const __m128i bytes = _mm_maskz_loadu_epi8(mask, first);
  const __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
  if (_mm_mask_cmpgt_epu8_mask(mask, digits, _mm_set1_epi8(9)) != 0) return false;
  const __m128i order =
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(kMoveToEnd + count));
  const int64_t magnitude = x86_64::SumDigits(_mm_shuffle_epi8(digits, order));
  *value = is_negative ? -magnitude : magnitude;
  return true;
}

}  // namespace

const Kernels kAvx512Kernels = {
    .name = "avx512",
    .is_supported = &HasAvx512,
    .hash_kind = HashKind::kAesRounds,
    .hash_keys = &HashKeys,
    .crc16 = &sse42::Crc16,
    .crc64 = &Crc64,
    .bit_count = &BitCount,
    .bit_operation = &avx2::BitOperate,
    .parse_int64 = &ParseInt64,
};

}  // namespace skarn

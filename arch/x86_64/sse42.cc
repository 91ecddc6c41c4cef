// SPDX-License-Identifier: BSD-3-Clause
#include "arch/generic/generic.h"
#include "arch/generic/load.h"
#include "arch/x86_64/crc64.h"
#include "arch/x86_64/digits.h"
#include "arch/x86_64/hash.h"
#include "arch/x86_64/x86_64.h"

namespace skarn {
namespace {

#define SKARN_TARGET_WORDS "sse4.2,popcnt,aes,pclmul"
#define SKARN_TARGET_ROW SKARN_TARGET(SKARN_TARGET_WORDS)

bool HasSse42() {
  return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt") &&
         __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
}

SKARN_TARGET_ROW
void HashKeys(const HashSecret& secret, const Bytes* keys, size_t key_count,
              uint64_t* hashes) {
  x86_64::HashKeysInGroups(secret, keys, key_count, hashes);
}

SKARN_TARGET_INLINE(SKARN_TARGET_WORDS)
__m128i Apply(BitOperation operation, __m128i left, __m128i right) {
  switch (operation) {
    case BitOperation::kAnd:
      return _mm_and_si128(left, right);
    case BitOperation::kOr:
      return _mm_or_si128(left, right);
    case BitOperation::kXor:
      return _mm_xor_si128(left, right);
    case BitOperation::kAndNot:
      return _mm_andnot_si128(right, left);
    case BitOperation::kNot:
      return _mm_xor_si128(left, _mm_set1_epi8(-1));
  }
  __builtin_unreachable();
}

template <BitOperation operation>
SKARN_TARGET_ROW void OperateAs(const BitOperands& operands) {
  if (operands.size_bytes < 16) return generic::BitOperate(operation, operands);
  const uint8_t* right = operation == BitOperation::kNot ? operands.left : operands.right;
  // The last vector may overlap the one before it, so it is read before anything is
  // written.
  const size_t last = operands.size_bytes - 16;
  const __m128i last_value = Apply(operation, x86_64::Load16(operands.left + last),
                                   x86_64::Load16(right + last));
  for (size_t i = 0; i < last; i += 16) {
    const __m128i value =
        Apply(operation, x86_64::Load16(operands.left + i), x86_64::Load16(right + i));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(operands.result + i), value);
  }
  _mm_storeu_si128(reinterpret_cast<__m128i*>(operands.result + last), last_value);
}

// --- CRC-16 --------------------------------------------------------------------------
//
// The key is one long number, its first byte the highest; zeros in front change nothing,
// since the initial value is 0. Sixteen bytes at a time are folded into the next sixteen.

constexpr uint32_t kCrc16Polynomial = 0x11021;

constexpr uint64_t Crc16PowerOfX(int exponent) {
  uint32_t power = 1;
  for (int i = 0; i < exponent; ++i) {
    power <<= 1;
    if (power & 0x10000) power ^= kCrc16Polynomial;
  }
  return power;
}

// x^64 divided by the polynomial, of degree 48.
constexpr uint64_t Crc16Quotient() {
  uint64_t quotient = 0;
  uint32_t remainder = 0;
  for (int exponent = 64; exponent >= 0; --exponent) {
    remainder = remainder << 1 | (exponent == 64);
    quotient <<= 1;
    if (remainder & 0x10000) {
      remainder ^= kCrc16Polynomial;
      quotient |= 1;
    }
  }
  return quotient;
}

SKARN_TARGET_INLINE(SKARN_TARGET_WORDS)
__m128i Words(uint64_t high, uint64_t low) {
  return _mm_set_epi64x(static_cast<int64_t>(high), static_cast<int64_t>(low));
}

// The number made of 1 to 16 bytes.
SKARN_TARGET_INLINE(SKARN_TARGET_WORDS)
__m128i LoadNumber(const uint8_t* data, size_t size_bytes) {
  if (size_bytes < 8) {
    const uint64_t word = __builtin_bswap64(LoadPartialWord(data, size_bytes));
    return Words(0, word >> 8 >> 8 * (7 - size_bytes));
  }
  const uint64_t low = __builtin_bswap64(LoadWord<uint64_t>(data + size_bytes - 8));
  const uint64_t high = __builtin_bswap64(LoadWord<uint64_t>(data));
  return Words(size_bytes == 16 ? high : high >> 8 >> 8 * (15 - size_bytes), low);
}

// The number times x^16, modulo the polynomial.
SKARN_TARGET_INLINE(SKARN_TARGET_WORDS)
uint16_t ReduceCrc16(__m128i number) {
  const __m128i powers = Words(Crc16PowerOfX(64), Crc16PowerOfX(80));
  const __m128i low_up = _mm_slli_si128(_mm_move_epi64(number), 2);
  const __m128i bits_80 =
      _mm_xor_si128(_mm_clmulepi64_si128(number, powers, 0x01), low_up);
  const __m128i bits_64 =
      _mm_xor_si128(_mm_clmulepi64_si128(bits_80, powers, 0x11), bits_80);
  // Barrett: the quotient by the polynomial, which times the polynomial leaves the rest.
  const __m128i divide = Words(kCrc16Polynomial, Crc16Quotient());
  const __m128i top = _mm_srli_si128(_mm_move_epi64(bits_64), 2);
  const __m128i quotient = _mm_srli_si128(_mm_clmulepi64_si128(top, divide, 0x00), 6);
  const __m128i rest =
      _mm_xor_si128(_mm_clmulepi64_si128(quotient, divide, 0x10), bits_64);
  return static_cast<uint16_t>(_mm_cvtsi128_si32(rest));
}

}  // namespace

namespace sse42 {

SKARN_TARGET_ROW
uint16_t Crc16(const uint8_t* data, size_t size_bytes) {
  // Below this the table is faster.
  if (size_bytes <= 8) return generic::Crc16(data, size_bytes);
  const size_t front_bytes = (size_bytes - 1) % 16 + 1;
  __m128i number = LoadNumber(data, front_bytes);
  const __m128i up = Words(Crc16PowerOfX(192), Crc16PowerOfX(128));
  const __m128i reversed =
      _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (size_t i = front_bytes; i < size_bytes; i += 16) {
    const __m128i next = _mm_shuffle_epi8(x86_64::Load16(data + i), reversed);
    number = _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(number, up, 0x00),
                                         _mm_clmulepi64_si128(number, up, 0x11)),
                           next);
  }
  return ReduceCrc16(number);
}

SKARN_TARGET_ROW
uint64_t Crc64(uint64_t crc, const uint8_t* data, size_t size_bytes) {
  // Below this the table is as fast.
  if (size_bytes < 32) return generic::Crc64(crc, data, size_bytes);
  const __m128i start = _mm_cvtsi64_si128(static_cast<int64_t>(crc));
  __m128i first = _mm_xor_si128(x86_64::Load16(data), start);
  if (size_bytes < 128) return x86_64::FoldRest(first, data + 16, size_bytes - 16);

  // Four chains hide the latency of the multiplication.
  const __m128i by_64 = x86_64::LoadFold(crc64::FoldBy(512));
  __m128i second = x86_64::Load16(data + 16);
  __m128i third = x86_64::Load16(data + 32);
  __m128i fourth = x86_64::Load16(data + 48);
  for (data += 64, size_bytes -= 64; size_bytes >= 64; size_bytes -= 64, data += 64) {
    first = x86_64::Fold(first, by_64, x86_64::Load16(data));
    second = x86_64::Fold(second, by_64, x86_64::Load16(data + 16));
    third = x86_64::Fold(third, by_64, x86_64::Load16(data + 32));
    fourth = x86_64::Fold(fourth, by_64, x86_64::Load16(data + 48));
  }
  const __m128i by_16 = x86_64::LoadFold(crc64::FoldBy(128));
  second = x86_64::Fold(first, by_16, second);
  third = x86_64::Fold(second, by_16, third);
  fourth = x86_64::Fold(third, by_16, fourth);
  return x86_64::FoldRest(fourth, data, size_bytes);
}

SKARN_TARGET_ROW
uint64_t BitCount(const uint8_t* data, size_t size_bytes) {
  // Four sums, so that additions do not wait for each other.
  uint64_t counts[4] = {};
  for (; size_bytes >= 32; size_bytes -= 32, data += 32) {
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      counts[i] +=
          static_cast<uint64_t>(_mm_popcnt_u64(LoadWord<uint64_t>(data + 8 * i)));
    }
  }
  uint64_t count = counts[0] + counts[1] + counts[2] + counts[3];
  for (; size_bytes >= 8; size_bytes -= 8, data += 8) {
    count += static_cast<uint64_t>(_mm_popcnt_u64(LoadWord<uint64_t>(data)));
  }
  return count + static_cast<uint64_t>(_mm_popcnt_u64(LoadPartialWord(data, size_bytes)));
}

SKARN_TARGET_ROW
bool ParseInt64(Bytes text, int64_t* value) {
  const bool is_negative = !text.empty() && text[0] == '-';
  const char* first = text.data() + is_negative;
  const size_t count = text.size() - is_negative;
  // Outside 8 to 16 digits words are faster.
  if (count - 8 > 8) return generic::ParseInt64(text, value);
  if (first[0] == '0') return false;

  // Zeros in front fill the vector; 8 digits leave nothing but zeros in the lower word.
  const size_t fill_bits = 8 * (16 - count);
  const uint64_t zeros = 0x3030303030303030;
  const uint64_t front = LoadWord<uint64_t>(first) << fill_bits / 2 << fill_bits / 2;
  const uint64_t fill = fill_bits == 0 ? 0 : zeros >> (64 - fill_bits);
  const uint64_t back = LoadWord<uint64_t>(first + count - 8);
  const __m128i digits = _mm_sub_epi8(Words(back, front | fill), _mm_set1_epi8('0'));
  const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
  if (_mm_movemask_epi8(is_digit) != 0xffff) return false;
  const int64_t magnitude = x86_64::SumDigits(digits);
  *value = is_negative ? -magnitude : magnitude;
  return true;
}

void BitOperate(BitOperation operation, const BitOperands& operands) {
  switch (operation) {
    case BitOperation::kAnd:
      return OperateAs<BitOperation::kAnd>(operands);
    case BitOperation::kOr:
      return OperateAs<BitOperation::kOr>(operands);
    case BitOperation::kXor:
      return OperateAs<BitOperation::kXor>(operands);
    case BitOperation::kAndNot:
      return OperateAs<BitOperation::kAndNot>(operands);
    case BitOperation::kNot:
      return OperateAs<BitOperation::kNot>(operands);
  }
}

}  // namespace sse42

const Kernels kSse42Kernels = {
    .name = "sse42",
    .is_supported = &HasSse42,
    .hash_kind = HashKind::kAesRounds,
    .hash_keys = &HashKeys,
    .crc16 = &sse42::Crc16,
    .crc64 = &sse42::Crc64,
    .bit_count = &sse42::BitCount,
    .bit_operation = &sse42::BitOperate,
    .parse_int64 = &sse42::ParseInt64,
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "arch/x86_64/hash.h"
#include "arch/x86_64/x86_64.h"

namespace skarn {
namespace {

#define SKARN_TARGET_WORDS "sse4.2,popcnt,aes,pclmul,avx2,bmi,bmi2"
#define SKARN_TARGET_ROW SKARN_TARGET(SKARN_TARGET_WORDS)

bool HasAvx2() {
  return kSse42Kernels.is_supported() && __builtin_cpu_supports("avx2") &&
         __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

SKARN_TARGET_INLINE(SKARN_TARGET_WORDS)
__m256i Load32(const uint8_t* data) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data));
}

SKARN_TARGET_ROW
void HashKeys(const HashSecret& secret, const Bytes* keys, size_t key_count,
              uint64_t* hashes) {
  x86_64::HashKeysInGroups(secret, keys, key_count, hashes);
}

// --- bits ----------------------------------------------------------------------------

// The bits of each byte: two look-ups in a table of the sixteen nibbles.
SKARN_TARGET_INLINE(SKARN_TARGET_WORDS)
__m256i CountBytes(__m256i data) {
  const __m256i table =
      _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                       0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i nibble = _mm256_set1_epi8(0x0f);
  const __m256i low = _mm256_and_si256(data, nibble);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(data, 4), nibble);
  return _mm256_add_epi8(_mm256_shuffle_epi8(table, low),
                         _mm256_shuffle_epi8(table, high));
}

SKARN_TARGET_ROW
uint64_t BitCount(const uint8_t* data, size_t size_bytes) {
  if (size_bytes < 128) return sse42::BitCount(data, size_bytes);
  const __m256i zero = _mm256_setzero_si256();
  __m256i sums = zero;
  for (; size_bytes >= 128; size_bytes -= 128, data += 128) {
    // At most 32 in a byte, so four vectors are added before they are widened.
    const __m256i first =
        _mm256_add_epi8(CountBytes(Load32(data)), CountBytes(Load32(data + 32)));
    const __m256i second =
        _mm256_add_epi8(CountBytes(Load32(data + 64)), CountBytes(Load32(data + 96)));
    sums = _mm256_add_epi64(sums, _mm256_sad_epu8(_mm256_add_epi8(first, second), zero));
  }
  uint64_t lanes[4];
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(lanes), sums);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3] + sse42::BitCount(data, size_bytes);
}

SKARN_TARGET_INLINE(SKARN_TARGET_WORDS)
__m256i Apply(BitOperation operation, __m256i left, __m256i right) {
  switch (operation) {
    case BitOperation::kAnd:
      return _mm256_and_si256(left, right);
    case BitOperation::kOr:
      return _mm256_or_si256(left, right);
    case BitOperation::kXor:
      return _mm256_xor_si256(left, right);
    case BitOperation::kAndNot:
      return _mm256_andnot_si256(right, left);
    case BitOperation::kNot:
      return _mm256_xor_si256(left, _mm256_set1_epi8(-1));
  }
  __builtin_unreachable();
}

template <BitOperation operation>
SKARN_TARGET_ROW void OperateAs(const BitOperands& operands) {
  if (operands.size_bytes < 32) return sse42::BitOperate(operation, operands);
  const uint8_t* right = operation == BitOperation::kNot ? operands.left : operands.right;
  // The last vector may overlap the one before it, so it is read before anything is
  // written.
  const size_t last = operands.size_bytes - 32;
  const __m256i last_value =
      Apply(operation, Load32(operands.left + last), Load32(right + last));
  for (size_t i = 0; i < last; i += 32) {
    const __m256i value = Apply(operation, Load32(operands.left + i), Load32(right + i));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(operands.result + i), value);
  }
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(operands.result + last), last_value);
}

}  // namespace

void avx2::BitOperate(BitOperation operation, const BitOperands& operands) {
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

const Kernels kAvx2Kernels = {
    .name = "avx2",
    .is_supported = &HasAvx2,
    .hash_kind = HashKind::kAesRounds,
    .hash_keys = &HashKeys,
    .crc16 = &sse42::Crc16,
    .crc64 = &sse42::Crc64,
    .bit_count = &BitCount,
    .bit_operation = &avx2::BitOperate,
    .parse_int64 = &sse42::ParseInt64,
};

}  // namespace skarn

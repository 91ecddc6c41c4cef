// SPDX-License-Identifier: BSD-3-Clause
#include <arm_neon.h>
#include <sys/auxv.h>

#include <cstring>

#include "arch/aarch64/aarch64.h"
#include "arch/generic/crc64.h"
#include "arch/generic/generic.h"
#include "arch/target.h"

namespace skarn {
namespace {

#define SKARN_TARGET_AES "+crypto"

bool HasNeonAes() {
  constexpr unsigned long kAes = 1 << 3;
  constexpr unsigned long kPmull = 1 << 4;
  return (getauxval(AT_HWCAP) & (kAes | kPmull)) == (kAes | kPmull);
}

// AESE XORs its key before the substitution where x86 XORs it after the mixing, so a
// chain of rounds gives each AESE the key of the round before it and XORs the last key at
// the end.
SKARN_TARGET_INLINE(SKARN_TARGET_AES)
uint8x16_t Round(uint8x16_t state, uint8x16_t key_before) {
  return vaesmcq_u8(vaeseq_u8(state, key_before));
}

SKARN_TARGET_INLINE(SKARN_TARGET_AES)
uint8x16_t LoadBlock(const HashBlock& block) {
  return vld1q_u8(block.bytes);
}

// The only block of a key of 0 to 16 bytes; see generic/hash.h.
SKARN_TARGET_INLINE(SKARN_TARGET_AES)
uint8x16_t LoadShortKey(const uint8_t* bytes, size_t size_bytes) {
  if (size_bytes >= 8)
    return vcombine_u8(vld1_u8(bytes), vld1_u8(bytes + size_bytes - 8));
  uint64_t low = 0;
  if (size_bytes >= 4) {
    uint32_t words[2];
    std::memcpy(&words[0], bytes, 4);
    std::memcpy(&words[1], bytes + size_bytes - 4, 4);
    low = words[0] | uint64_t{words[1]} << 32;
  } else if (size_bytes > 0) {
    low = bytes[0] | uint32_t{bytes[size_bytes / 2]} << 8 |
          uint32_t{bytes[size_bytes - 1]} << 16;
  }
  return vcombine_u8(vcreate_u8(low), vcreate_u8(0));
}

// Absorbs a key up to the final rounds. What is XORed before a round, AESE takes as its
// key; so the state and the last block are kept apart: the final rounds begin with
// `state` and `key`.
struct Absorbed {
  uint8x16_t state;
  uint8x16_t key;
};

SKARN_TARGET_INLINE(SKARN_TARGET_AES)
Absorbed AbsorbKey(const HashSecret& secret, Bytes key) {
  const uint8_t* bytes = AsUnsigned(key);
  size_t rest = key.size();
  if (rest <= kHashBlockBytes) {
    return {LoadShortKey(bytes, rest), LoadBlock(secret.tail_keys[rest])};
  }
  const uint8_t* const last = bytes + rest - kHashBlockBytes;
  const uint8x16_t zero = vdupq_n_u8(0);
  uint8x16_t state = LoadBlock(secret.chain_key);
  do {
    state = Round(state, vld1q_u8(bytes));
    state = Round(state, zero);
    state = Round(state, zero);
    state = Round(state, zero);
    bytes += kHashBlockBytes;
    rest -= kHashBlockBytes;
  } while (rest > kHashBlockBytes);
  return {state, veorq_u8(vld1q_u8(last), LoadBlock(secret.tail_keys[rest]))};
}

template <size_t count>
SKARN_TARGET_INLINE(SKARN_TARGET_AES)
void HashGroup(const HashSecret& secret, const Bytes* keys, uint64_t* hashes) {
  uint8x16_t states[count];
#pragma GCC unroll 8
  for (size_t i = 0; i < count; ++i) {
    const Absorbed absorbed = AbsorbKey(secret, keys[i]);
    states[i] = Round(absorbed.state, absorbed.key);
  }
#pragma GCC unroll 4
  for (size_t round = 1; round < kHashRounds; ++round) {
    const uint8x16_t round_key = LoadBlock(secret.round_keys[round - 1]);
#pragma GCC unroll 8
    for (size_t i = 0; i < count; ++i) states[i] = Round(states[i], round_key);
  }
  const uint8x16_t last_key = LoadBlock(secret.round_keys[kHashRounds - 1]);
#pragma GCC unroll 8
  for (size_t i = 0; i < count; ++i) {
    hashes[i] = vgetq_lane_u64(vreinterpretq_u64_u8(veorq_u8(states[i], last_key)), 0);
  }
}

SKARN_TARGET(SKARN_TARGET_AES)
void HashKeys(const HashSecret& secret, const Bytes* keys, size_t key_count,
              uint64_t* hashes) {
  constexpr size_t kGroup = 8;
  size_t i = 0;
  for (; i + kGroup <= key_count; i += kGroup) {
    HashGroup<kGroup>(secret, keys + i, hashes + i);
  }
  for (; i < key_count; ++i) HashGroup<1>(secret, keys + i, hashes + i);
}

// --- CRC-64 --------------------------------------------------------------------------

SKARN_TARGET_INLINE(SKARN_TARGET_AES)
uint64x2_t Load16(const uint8_t* data) {
  return vreinterpretq_u64_u8(vld1q_u8(data));
}

SKARN_TARGET_INLINE(SKARN_TARGET_AES)
uint64x2_t MultiplyWords(uint64_t a, uint64_t b) {
  return vreinterpretq_u64_p128(
      vmull_p64(static_cast<poly64_t>(a), static_cast<poly64_t>(b)));
}

// Carries `folded` along by the distance of `factors` and adds what stands there.
SKARN_TARGET_INLINE(SKARN_TARGET_AES)
uint64x2_t Fold(uint64x2_t folded, uint64x2_t factors, uint64x2_t next) {
  const uint64x2_t low =
      MultiplyWords(vgetq_lane_u64(folded, 0), vgetq_lane_u64(factors, 0));
  const uint64x2_t high = vreinterpretq_u64_p128(
      vmull_high_p64(vreinterpretq_p64_u64(folded), vreinterpretq_p64_u64(factors)));
  return veorq_u64(veorq_u64(low, high), next);
}

SKARN_TARGET_INLINE(SKARN_TARGET_AES)
uint64x2_t LoadFold(crc64::FoldFactors factors) {
  return vcombine_u64(vcreate_u64(factors.low), vcreate_u64(factors.high));
}

// The CRC of the 16 bytes in `folded`: the first eight move up by x^128, the others by
// x^64, then 64 bits remain to be divided.
SKARN_TARGET_INLINE(SKARN_TARGET_AES)
uint64_t Reduce(uint64x2_t folded) {
  const uint64x2_t product =
      MultiplyWords(vgetq_lane_u64(folded, 0), crc64::PowerOfX(127));
  const uint64_t low = vgetq_lane_u64(product, 0) ^ vgetq_lane_u64(folded, 1);
  const uint64_t quotient =
      vgetq_lane_u64(MultiplyWords(low, crc64::BarrettQuotient()), 0);
  const uint64x2_t multiple = MultiplyWords(quotient, crc64::kReducePolynomial);
  return vgetq_lane_u64(multiple, 1) ^ quotient ^ vgetq_lane_u64(product, 1);
}

SKARN_TARGET(SKARN_TARGET_AES)
uint64_t Crc64(uint64_t crc, const uint8_t* data, size_t size_bytes) {
  // Below this the table is as fast.
  if (size_bytes < 32) return generic::Crc64(crc, data, size_bytes);
  const uint64x2_t by_16 = LoadFold(crc64::FoldBy(128));
  uint64x2_t folded =
      veorq_u64(Load16(data), vcombine_u64(vcreate_u64(crc), vcreate_u64(0)));
  data += 16, size_bytes -= 16;
  if (size_bytes >= 112) {
    // Four chains hide the latency of the multiplication.
    const uint64x2_t by_64 = LoadFold(crc64::FoldBy(512));
    uint64x2_t second = Load16(data);
    uint64x2_t third = Load16(data + 16);
    uint64x2_t fourth = Load16(data + 32);
    for (data += 48, size_bytes -= 48; size_bytes >= 64; size_bytes -= 64, data += 64) {
      folded = Fold(folded, by_64, Load16(data));
      second = Fold(second, by_64, Load16(data + 16));
      third = Fold(third, by_64, Load16(data + 32));
      fourth = Fold(fourth, by_64, Load16(data + 48));
    }
    folded = Fold(Fold(Fold(folded, by_16, second), by_16, third), by_16, fourth);
  }
  for (; size_bytes >= 16; size_bytes -= 16, data += 16)
    folded = Fold(folded, by_16, Load16(data));
  return generic::Crc64(Reduce(folded), data, size_bytes);
}

}  // namespace

const Kernels kNeonAesKernels = {
    .name = "neon_aes",
    .is_supported = &HasNeonAes,
    .hash_kind = HashKind::kAesRounds,
    .hash_keys = &HashKeys,
    .crc16 = &generic::Crc16,
    .crc64 = &Crc64,
    .bit_count = &neon::BitCount,
    .bit_operation = &neon::BitOperate,
    .parse_int64 = &generic::ParseInt64,
};

}  // namespace skarn

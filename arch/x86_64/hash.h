// SPDX-License-Identifier: BSD-3-Clause
//
// Parts of the kAesRounds hash (see generic/hash.h) which the x86 rows share.
#pragma once

#include <immintrin.h>

#include <cstring>

#include "arch/hash_secret.h"
#include "arch/target.h"
#include "base/bytes.h"

namespace skarn::x86_64 {

#define SKARN_TARGET_AES "sse4.2,aes"

SKARN_TARGET_INLINE(SKARN_TARGET_AES)
__m128i LoadBlock(const HashBlock& block) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(block.bytes));
}

SKARN_TARGET_INLINE(SKARN_TARGET_AES)
__m128i LoadBytes16(const char* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

// The only block of a key of 0 to 16 bytes.
SKARN_TARGET_INLINE(SKARN_TARGET_AES)
__m128i LoadShortKey(const char* bytes, size_t size_bytes) {
  if (size_bytes >= 8) {
    const __m128i low = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
    const __m128i high =
        _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes + size_bytes - 8));
    return _mm_unpacklo_epi64(low, high);
  }
  if (size_bytes >= 4) {
    uint32_t words[2];
    std::memcpy(&words[0], bytes, 4);
    std::memcpy(&words[1], bytes + size_bytes - 4, 4);
    return _mm_cvtsi64_si128(static_cast<int64_t>(words[0] | uint64_t{words[1]} << 32));
  }
  if (size_bytes == 0) return _mm_setzero_si128();
  const auto* unsigned_bytes = reinterpret_cast<const uint8_t*>(bytes);
  return _mm_cvtsi32_si128(unsigned_bytes[0] | unsigned_bytes[size_bytes / 2] << 8 |
                           unsigned_bytes[size_bytes - 1] << 16);
}

// Absorbs a key of more than 16 bytes, up to the final rounds.
SKARN_TARGET_INLINE(SKARN_TARGET_AES)
__m128i AbsorbLongKey(const HashSecret& secret, const char* bytes, size_t size_bytes) {
  const __m128i zero = _mm_setzero_si128();
  __m128i state = LoadBlock(secret.chain_key);
  const char* const end = bytes + size_bytes;
  size_t rest = size_bytes;
  do {
    state = _mm_xor_si128(state, LoadBytes16(bytes));
    state = _mm_aesenc_si128(state, zero);
    state = _mm_aesenc_si128(state, zero);
    state = _mm_aesenc_si128(state, zero);
    state = _mm_aesenc_si128(state, zero);
    bytes += kHashBlockBytes;
    rest -= kHashBlockBytes;
  } while (rest > kHashBlockBytes);
  state = _mm_xor_si128(state, LoadBytes16(end - kHashBlockBytes));
  return _mm_xor_si128(state, LoadBlock(secret.tail_keys[rest]));
}

SKARN_TARGET_INLINE(SKARN_TARGET_AES)
__m128i AbsorbKey(const HashSecret& secret, Bytes key) {
  if (key.size() > kHashBlockBytes) return AbsorbLongKey(secret, key.data(), key.size());
  return _mm_xor_si128(LoadShortKey(key.data(), key.size()),
                       LoadBlock(secret.tail_keys[key.size()]));
}

// The final rounds of `count` keys side by side, so that each round hides the latency of
// the others.
template <size_t count>
SKARN_TARGET_INLINE(SKARN_TARGET_AES)
void FinishHashes(const HashSecret& secret, __m128i (&states)[count], uint64_t* hashes) {
#pragma GCC unroll 4
  for (size_t round = 0; round < kHashRounds; ++round) {
    const __m128i round_key = LoadBlock(secret.round_keys[round]);
#pragma GCC unroll 8
    for (size_t i = 0; i < count; ++i) states[i] = _mm_aesenc_si128(states[i], round_key);
  }
#pragma GCC unroll 8
  for (size_t i = 0; i < count; ++i) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(hashes + i), states[i]);
  }
}

template <size_t count>
SKARN_TARGET_INLINE(SKARN_TARGET_AES)
void HashGroup(const HashSecret& secret, const Bytes* keys, uint64_t* hashes) {
  __m128i states[count];
#pragma GCC unroll 8
  for (size_t i = 0; i < count; ++i) states[i] = AbsorbKey(secret, keys[i]);
  FinishHashes(secret, states, hashes);
}

// The kernel itself; each row compiles a copy with its own encoding of the instructions.
SKARN_TARGET_INLINE(SKARN_TARGET_AES)
void HashKeysInGroups(const HashSecret& secret, const Bytes* keys, size_t key_count,
                      uint64_t* hashes) {
  constexpr size_t kGroup = 8;
  size_t i = 0;
  for (; i + kGroup <= key_count; i += kGroup) {
    HashGroup<kGroup>(secret, keys + i, hashes + i);
  }
  for (; i < key_count; ++i) HashGroup<1>(secret, keys + i, hashes + i);
}

}  // namespace skarn::x86_64

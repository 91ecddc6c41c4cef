// SPDX-License-Identifier: BSD-3-Clause
#include "arch/generic/hash.h"

#include <array>
#include <bit>
#include <cstring>

#include "arch/generic/generic.h"
#include "arch/generic/load.h"

namespace skarn {

static_assert(std::endian::native == std::endian::little,
              "kernels load words as they are");

namespace generic {
namespace {

// --- SipHash -------------------------------------------------------------------------

struct SipState {
  uint64_t v0, v1, v2, v3;

  explicit SipState(const uint64_t (&keys)[2])
      : v0(keys[0] ^ 0x736f6d6570736575),
        v1(keys[1] ^ 0x646f72616e646f6d),
        v2(keys[0] ^ 0x6c7967656e657261),
        v3(keys[1] ^ 0x7465646279746573) {}

  void Round() {
    v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
  }

  template <int rounds>
  void Absorb(uint64_t word) {
    v3 ^= word;
    for (int i = 0; i < rounds; ++i) Round();
    v0 ^= word;
  }

  template <int rounds>
  uint64_t Finish() {
    v2 ^= 0xff;
    for (int i = 0; i < rounds; ++i) Round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

template <int absorb_rounds, int finish_rounds>
uint64_t SipHash(const uint64_t (&sip_keys)[2], Bytes key) {
  SipState state(sip_keys);
  const char* next = key.data();
  for (size_t words = key.size() / 8; words > 0; --words, next += 8) {
    state.Absorb<absorb_rounds>(LoadWord<uint64_t>(next));
  }
  const uint64_t partial = LoadPartialWord(next, key.size() % 8);
  state.Absorb<absorb_rounds>(partial | uint64_t{key.size()} << 56);
  return state.Finish<finish_rounds>();
}

// --- AES in software -----------------------------------------------------------------

// Doubles in the field of AES, modulo x^8 + x^4 + x^3 + x + 1.
constexpr uint8_t Double(uint8_t a) {
  return static_cast<uint8_t>(a << 1 ^ (a & 0x80 ? 0x1b : 0));
}

// The S-box: the inverse in the field, then an affine map. `p` runs over the powers of
// the generator 3 and `q` over their inverses.
constexpr std::array<uint8_t, 256> MakeSubstitution() {
  std::array<uint8_t, 256> box{};
  uint8_t p = 1;
  uint8_t q = 1;
  do {
    p = static_cast<uint8_t>(p ^ Double(p));
    q = static_cast<uint8_t>(q ^ q << 1);
    q = static_cast<uint8_t>(q ^ q << 2);
    q = static_cast<uint8_t>(q ^ q << 4);
    if (q & 0x80) q ^= 0x09;
    box[p] = static_cast<uint8_t>(q ^ std::rotl(q, 1) ^ std::rotl(q, 2) ^
                                  std::rotl(q, 3) ^ std::rotl(q, 4) ^ 0x63);
  } while (p != 1);
  box[0] = 0x63;
  return box;
}
constexpr std::array<uint8_t, 256> kSubstitution = MakeSubstitution();
static_assert(kSubstitution[0x01] == 0x7c && kSubstitution[0x53] == 0xed);

HashBlock operator^(HashBlock a, const HashBlock& b) {
  for (size_t i = 0; i < kHashBlockBytes; ++i) a.bytes[i] ^= b.bytes[i];
  return a;
}

HashBlock LastBlock(Bytes key) {
  HashBlock block{};
  const size_t size_bytes = key.size();
  const char* end = key.data() + size_bytes;
  if (size_bytes >= 16) {
    std::memcpy(block.bytes, end - 16, 16);
  } else if (size_bytes >= 8) {
    std::memcpy(block.bytes, key.data(), 8);
    std::memcpy(block.bytes + 8, end - 8, 8);
  } else if (size_bytes >= 4) {
    std::memcpy(block.bytes, key.data(), 4);
    std::memcpy(block.bytes + 4, end - 4, 4);
  } else if (size_bytes >= 1) {
    block.bytes[0] = static_cast<uint8_t>(key[0]);
    block.bytes[1] = static_cast<uint8_t>(key[size_bytes / 2]);
    block.bytes[2] = static_cast<uint8_t>(key[size_bytes - 1]);
  }
  return block;
}

uint64_t HashKeyAes(const HashSecret& secret, Bytes key) {
  HashBlock state{};
  size_t rest = key.size();
  if (rest > kHashBlockBytes) state = secret.chain_key;
  for (const char* next = key.data(); rest > kHashBlockBytes; rest -= kHashBlockBytes) {
    HashBlock block;
    std::memcpy(block.bytes, next, sizeof block);
    next += sizeof block;
    state = state ^ block;
    for (size_t round = 0; round < kHashRounds; ++round)
      state = AesRound(state, HashBlock{});
  }
  state = state ^ LastBlock(key) ^ secret.tail_keys[rest];
  for (const HashBlock& round_key : secret.round_keys) state = AesRound(state, round_key);
  return LoadWord<uint64_t>(state.bytes);
}

}  // namespace

HashBlock AesRound(HashBlock state, const HashBlock& round_key) {
  HashBlock next = round_key;
  for (size_t column = 0; column < 4; ++column) {
    // ShiftRows: row r of a column comes from the column r places to the right.
    uint8_t in[4];
    for (size_t row = 0; row < 4; ++row) {
      in[row] = kSubstitution[state.bytes[4 * ((column + row) % 4) + row]];
    }
    for (size_t row = 0; row < 4; ++row) {
      const uint8_t a = in[row];
      const uint8_t b = in[(row + 1) % 4];
      next.bytes[4 * column + row] ^= static_cast<uint8_t>(
          Double(a) ^ Double(b) ^ b ^ in[(row + 2) % 4] ^ in[(row + 3) % 4]);
    }
  }
  return next;
}

uint64_t SipHash13(const uint64_t (&sip_keys)[2], Bytes key) {
  return SipHash<1, 3>(sip_keys, key);
}

void HashKeysSip(const HashSecret& secret, const Bytes* keys, size_t key_count,
                 uint64_t* hashes) {
  for (size_t i = 0; i < key_count; ++i) hashes[i] = SipHash13(secret.sip_keys, keys[i]);
}

void HashKeysAesReference(const HashSecret& secret, const Bytes* keys, size_t key_count,
                          uint64_t* hashes) {
  for (size_t i = 0; i < key_count; ++i) hashes[i] = HashKeyAes(secret, keys[i]);
}

}  // namespace generic

HashSecret MakeHashSecret(std::span<const uint8_t, kHashBlockBytes> random_key) {
  uint64_t keys[2];
  std::memcpy(keys, random_key.data(), sizeof keys);
  // Each word of the secret is SipHash-2-4 of its index: a random function to who lacks
  // the key.
  HashSecret secret{};
  constexpr size_t kWords = sizeof secret / sizeof(uint64_t);
  uint64_t words[kWords];
  for (uint64_t i = 0; i < kWords; ++i) {
    const Bytes index(reinterpret_cast<const char*>(&i), sizeof i);
    words[i] = generic::SipHash<2, 4>(keys, index);
  }
  std::memcpy(&secret, words, sizeof secret);
  return secret;
}

}  // namespace skarn

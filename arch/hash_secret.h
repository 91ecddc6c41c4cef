// SPDX-License-Identifier: BSD-3-Clause
//
// The secret behind the hashes of keys: 128 random bits, expanded once so that a hash
// only loads what it needs. Never stored and never sent; a new one each start makes
// flooding impossible. Threads: constant once made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace skarn {

inline constexpr size_t kHashBlockBytes = 16;
inline constexpr size_t kHashRounds = 4;

struct alignas(kHashBlockBytes) HashBlock {
  uint8_t bytes[kHashBlockBytes];
};

// Plain data: each part is independent of the others to anyone who does not know the
// random key.
struct alignas(64) HashSecret {
  // XORed into the last block, by the number of key bytes in it (0 to 16). A value of its
  // own for each length keeps "ab" and "ab\0" apart.
  HashBlock tail_keys[kHashBlockBytes + 1];
  HashBlock chain_key;                // XORed into the first block when others follow it.
  HashBlock round_keys[kHashRounds];  // Of the final rounds.
  uint64_t sip_keys[2];               // For rows without AES instructions.
};

// Expands `random_key`, which should come from the system's random source.
// The same key gives the same secret on every machine.
HashSecret MakeHashSecret(std::span<const uint8_t, kHashBlockBytes> random_key);

}  // namespace skarn

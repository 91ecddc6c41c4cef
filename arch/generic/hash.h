// SPDX-License-Identifier: BSD-3-Clause
//
// The two hashes of keys, in plain C++: what every row must agree with.
//
// kAesRounds. R(s, k) is one AES encryption round: SubBytes, ShiftRows, MixColumns, XOR
// k.
//   A key of n bytes is cut into blocks of 16. All but the last are absorbed one after
//   the other:
//     s = chain_key;  s = R(R(R(R(s ^ block, 0), 0), 0), 0)
//   The last block holds 1 to 16 bytes (0 only when the key is empty) and is read in
//   place:
//     n >= 16      the last 16 bytes of the key, which may overlap the block before
//     n in 8..15   the first 8 bytes, then the last 8
//     n in 4..7    the first 4 bytes, then the last 4, then zeros
//     n in 1..3    key[0], key[n / 2], key[n - 1], then zeros
//   Then s = s ^ last ^ tail_keys[bytes of the key in the last block], where s begins as
//   zero when there was only one block, and the hash is the low 64 bits of
//     R(R(R(R(s, round_keys[0]), round_keys[1]), round_keys[2]), round_keys[3])
//   Every step is a bijection of what was read, so equal hashes come only from the cut to
//   64 bits or from two chains that meet; four AES rounds let a chosen difference pass
//   with a probability of at most 2^-113, and the attacker sees neither the keys nor the
//   hashes. The scheme is that of the Pelican and CMAC message codes.
//
// kSipHash13 is SipHash-1-3 as published, keyed with sip_keys.
#pragma once

#include "arch/kernels.h"

namespace skarn::generic {

// kAesRounds with the AES round in software: slow, for tests; no row names it.
void HashKeysAesReference(const HashSecret& secret, const Bytes* keys, size_t key_count,
                          uint64_t* hashes);

// One AES round as defined above; also for tests.
HashBlock AesRound(HashBlock state, const HashBlock& round_key);

// SipHash-1-3 of one key.
uint64_t SipHash13(const uint64_t (&sip_keys)[2], Bytes key);

}  // namespace skarn::generic

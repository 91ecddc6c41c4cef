// SPDX-License-Identifier: BSD-3-Clause
//
// Random numbers: a fast generator per thread for choices (RANDOMKEY, eviction samples,
// jitter) and the kernel's own bytes for secrets and seeds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace skarn {

// xoshiro256**: fast, 2^256 - 1 states, not for secrets. Threads: one.
class Random {
 public:
  explicit Random(uint64_t seed);

  uint64_t Next() {
    const uint64_t result = RotateLeft(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = RotateLeft(state_[3], 45);
    return result;
  }

  // Evenly in [0, limit); 0 when limit is 0. The bias is below limit / 2^64.
  uint64_t Below(uint64_t limit) {
    return static_cast<uint64_t>((static_cast<Wide>(Next()) * limit) >> 64);
  }

  // Evenly in [low, high], both included.
  int64_t Between(int64_t low, int64_t high) {
    const uint64_t width = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
    const uint64_t step = width == 0 ? Next() : Below(width);
    return static_cast<int64_t>(static_cast<uint64_t>(low) + step);
  }

  // Evenly in [0, 1).
  double NextDouble() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

 private:
  __extension__ using Wide = unsigned __int128;
  static uint64_t RotateLeft(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

  uint64_t state_[4];
};

// The generator of the calling thread, seeded by the kernel at its first use.
Random& ThreadRandom();

// Fills the buffer with random bytes of the kernel, fit for secrets.
void FillRandomBytes(void* out, size_t size_bytes);

// `size` lower-case hex digits of kernel randomness: run ids, replication ids, node ids.
std::string RandomHex(size_t size);

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/check.h"

namespace skarn {

// SplitMix64 spreads the seed, so that close seeds give unrelated states and none is all
// zero.
Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15u;
    uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    word = mixed ^ (mixed >> 31);
  }
}

Random& ThreadRandom() {
  thread_local Random random([] {
    uint64_t seed;
    FillRandomBytes(&seed, sizeof seed);
    return seed;
  }());
  return random;
}

void FillRandomBytes(void* out, size_t size_bytes) {
  char* p = static_cast<char*>(out);
  while (size_bytes > 0) {
    const ssize_t got = getrandom(p, size_bytes, 0);
    if (got < 0) {
      SKARN_CHECK(errno == EINTR);
      continue;
    }
    p += got;
    size_bytes -= static_cast<size_t>(got);
  }
}

std::string RandomHex(size_t size) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex(size, '\0');
  FillRandomBytes(hex.data(), size);
  for (char& c : hex) c = kDigits[c & 15];
  return hex;
}

}  // namespace skarn

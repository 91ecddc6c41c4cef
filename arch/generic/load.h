// SPDX-License-Identifier: BSD-3-Clause
//
// Words from bytes of any alignment. Nothing outside the given bytes is touched.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace skarn {

static_assert(std::endian::native == std::endian::little,
              "kernels load words as they are");

template <class Word>
inline Word LoadWord(const void* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

template <class Word>
inline void StoreWord(void* bytes, Word word) {
  std::memcpy(bytes, &word, sizeof word);
}

// The 0 to 7 bytes at `bytes`, the first one lowest, zeros above them. Three loads at
// most: they overlap, and put the same bytes in the same places.
inline uint64_t LoadPartialWord(const void* bytes, size_t size_bytes) {
  const auto* first = static_cast<const uint8_t*>(bytes);
  if (size_bytes >= 4) {
    const uint64_t high = LoadWord<uint32_t>(first + size_bytes - 4);
    return LoadWord<uint32_t>(first) | high << 8 * (size_bytes - 4);
  }
  if (size_bytes == 0) return 0;
  const size_t middle = size_bytes / 2;
  const size_t last = size_bytes - 1;
  return first[0] | uint64_t{first[middle]} << 8 * middle |
         uint64_t{first[last]} << 8 * last;
}

}  // namespace skarn

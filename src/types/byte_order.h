// SPDX-License-Identifier: BSD-3-Clause
//
// Integers in memory as the file formats want them: unaligned, of a stated byte order.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace skarn {

template <std::integral T>
constexpr T SwapOnBigEndian(T value) {
  if constexpr (std::endian::native == std::endian::big) return std::byteswap(value);
  return value;
}

template <std::integral T>
constexpr T SwapOnLittleEndian(T value) {
  if constexpr (std::endian::native == std::endian::little) return std::byteswap(value);
  return value;
}

// Reads sizeof(T) bytes at `from`, least significant first.
template <std::integral T>
inline T LoadLittle(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return SwapOnBigEndian(value);
}

// Reads sizeof(T) bytes at `from`, most significant first.
template <std::integral T>
inline T LoadBig(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return SwapOnLittleEndian(value);
}

// Writes sizeof(T) bytes at `to`, least significant first.
template <std::integral T>
inline void StoreLittle(void* to, T value) {
  value = SwapOnBigEndian(value);
  std::memcpy(to, &value, sizeof value);
}

// Writes sizeof(T) bytes at `to`, most significant first.
template <std::integral T>
inline void StoreBig(void* to, T value) {
  value = SwapOnLittleEndian(value);
  std::memcpy(to, &value, sizeof value);
}

}  // namespace skarn

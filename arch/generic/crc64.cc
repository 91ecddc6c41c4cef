// SPDX-License-Identifier: BSD-3-Clause
#include "arch/generic/crc64.h"

#include <array>

#include "arch/crc64.h"
#include "arch/generic/generic.h"
#include "arch/generic/load.h"

namespace skarn {
namespace {

constexpr size_t kSlices = 8;
using Table = std::array<std::array<uint64_t, 256>, kSlices>;

// table[s][b] is the CRC of byte b followed by s zero bytes.
constexpr Table MakeTable() {
  Table table{};
  for (uint64_t byte = 0; byte < 256; ++byte) {
    uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc64::TimesX(crc);
    table[0][byte] = crc;
  }
  for (size_t slice = 1; slice < kSlices; ++slice) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t crc = table[slice - 1][byte];
      table[slice][byte] = crc >> 8 ^ table[0][crc & 0xff];
    }
  }
  return table;
}
constexpr Table kTable = MakeTable();

// kZeroBytes[i] moves a CRC over 2^i zero bytes: x^(8 * 2^i).
constexpr std::array<uint64_t, 64> MakeZeroBytes() {
  std::array<uint64_t, 64> powers{};
  powers[0] = crc64::PowerOfX(8);
  for (size_t i = 1; i < powers.size(); ++i) {
    powers[i] = crc64::Multiply(powers[i - 1], powers[i - 1]);
  }
  return powers;
}
constexpr std::array<uint64_t, 64> kZeroBytes = MakeZeroBytes();

}  // namespace

uint64_t generic::Crc64(uint64_t crc, const uint8_t* data, size_t size_bytes) {
  for (; size_bytes >= 8; size_bytes -= 8, data += 8) {
    const uint64_t word = crc ^ LoadWord<uint64_t>(data);
    crc = kTable[7][word & 0xff] ^ kTable[6][word >> 8 & 0xff] ^
          kTable[5][word >> 16 & 0xff] ^ kTable[4][word >> 24 & 0xff] ^
          kTable[3][word >> 32 & 0xff] ^ kTable[2][word >> 40 & 0xff] ^
          kTable[1][word >> 48 & 0xff] ^ kTable[0][word >> 56];
  }
  if (size_bytes == 0) return crc;
  // One to seven bytes: look-ups that do not wait for each other.
  uint64_t word = crc ^ LoadPartialWord(data, size_bytes);
  crc >>= 8 * size_bytes;
  for (size_t slice = size_bytes; slice-- > 0; word >>= 8)
    crc ^= kTable[slice][word & 0xff];
  return crc;
}

uint64_t Crc64Combine(uint64_t crc_a, uint64_t crc_b, uint64_t size_bytes_b) {
  for (size_t i = 0; size_bytes_b != 0; ++i, size_bytes_b >>= 1) {
    if (size_bytes_b & 1) crc_a = crc64::Multiply(crc_a, kZeroBytes[i]);
  }
  return crc_a ^ crc_b;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include <array>

#include "arch/generic/generic.h"
#include "arch/generic/load.h"

namespace skarn {
namespace {

constexpr uint16_t kPolynomial = 0x1021;  // XMODEM; bit 15 is the coefficient of x^15.
constexpr size_t kSlices = 8;
using Table = std::array<std::array<uint16_t, 256>, kSlices>;

// table[s][b] is the CRC of byte b followed by s zero bytes.
constexpr Table MakeTable() {
  Table table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = crc << 1 ^ (crc & 0x8000 ? kPolynomial : 0);
    table[0][byte] = static_cast<uint16_t>(crc);
  }
  for (size_t slice = 1; slice < kSlices; ++slice) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint16_t crc = table[slice - 1][byte];
      table[slice][byte] = static_cast<uint16_t>(crc << 8 ^ table[0][crc >> 8]);
    }
  }
  return table;
}
constexpr Table kTable = MakeTable();

}  // namespace

uint16_t generic::Crc16(const uint8_t* data, size_t size_bytes) {
  uint16_t crc = 0;
  for (; size_bytes >= 8; size_bytes -= 8, data += 8) {
    const uint64_t word = LoadWord<uint64_t>(data) ^ __builtin_bswap16(crc);
    crc = kTable[7][word & 0xff] ^ kTable[6][word >> 8 & 0xff] ^
          kTable[5][word >> 16 & 0xff] ^ kTable[4][word >> 24 & 0xff] ^
          kTable[3][word >> 32 & 0xff] ^ kTable[2][word >> 40 & 0xff] ^
          kTable[1][word >> 48 & 0xff] ^ kTable[0][word >> 56];
  }
  if (size_bytes == 0) return crc;
  // One to seven bytes: look-ups that do not wait for each other.
  uint64_t word = LoadPartialWord(data, size_bytes) ^ __builtin_bswap16(crc);
  crc = size_bytes == 1 ? static_cast<uint16_t>(crc << 8) : 0;
  for (size_t slice = size_bytes; slice-- > 0; word >>= 8)
    crc ^= kTable[slice][word & 0xff];
  return crc;
}

}  // namespace skarn

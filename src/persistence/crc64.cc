// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/crc64.h"

#include <array>
#include <cstddef>

#include "types/byte_order.h"

namespace skarn {

namespace {

constexpr uint64_t kPolynomial = 0x95AC9329AC4BC9B5;  // ad93d23594c935a9, reflected.

using Table = std::array<std::array<uint64_t, 256>, 8>;

// Row r: what a byte followed by r zero bytes contributes.
constexpr Table MakeTable() {
  Table table{};
  for (uint64_t byte = 0; byte < 256; ++byte) {
    uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
    table[0][byte] = crc;
  }
  for (size_t row = 1; row < table.size(); ++row) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t before = table[row - 1][byte];
      table[row][byte] = before >> 8 ^ table[0][before & 0xFF];
    }
  }
  return table;
}

constexpr Table kTable = MakeTable();

}  // namespace

uint64_t Crc64(uint64_t crc, Bytes bytes) {
  const uint8_t* data = AsUnsigned(bytes);
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, data += 8) {
    const uint64_t word = crc ^ LoadLittle<uint64_t>(data);
    crc = 0;
    for (int i = 0; i < 8; ++i) crc ^= kTable[7 - i][word >> (8 * i) & 0xFF];
  }
  for (; left > 0; --left) crc = crc >> 8 ^ kTable[0][(crc ^ *data++) & 0xFF];
  return crc;
}

}  // namespace skarn

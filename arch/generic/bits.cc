// SPDX-License-Identifier: BSD-3-Clause
#include "arch/generic/generic.h"
#include "arch/generic/load.h"

namespace skarn {
namespace {

void StorePartialWord(uint8_t* bytes, uint64_t word, size_t size_bytes) {
  for (size_t i = 0; i < size_bytes; ++i, word >>= 8)
    bytes[i] = static_cast<uint8_t>(word);
}

// `apply` is known when this is compiled, so each operation gets a loop of its own.
template <class Apply>
void ForEachWord(const BitOperands& operands, Apply apply) {
  size_t i = 0;
  for (; i + 8 <= operands.size_bytes; i += 8) {
    const uint64_t left = LoadWord<uint64_t>(operands.left + i);
    StoreWord(operands.result + i, apply(left, LoadWord<uint64_t>(operands.right + i)));
  }
  const size_t rest_bytes = operands.size_bytes - i;
  if (rest_bytes == 0) return;
  const uint64_t left = LoadPartialWord(operands.left + i, rest_bytes);
  const uint64_t right = LoadPartialWord(operands.right + i, rest_bytes);
  StorePartialWord(operands.result + i, apply(left, right), rest_bytes);
}

// Counts the bits of the low bits, of pairs, of nibbles, then adds the bytes up in the
// top one.
uint64_t CountWord(uint64_t word) {
  word -= word >> 1 & 0x5555555555555555;
  word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
  word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
  return word * 0x0101010101010101 >> 56;
}

}  // namespace

uint64_t generic::BitCount(const uint8_t* data, size_t size_bytes) {
  uint64_t count = 0;
  for (; size_bytes >= 8; size_bytes -= 8, data += 8)
    count += CountWord(LoadWord<uint64_t>(data));
  return count + CountWord(LoadPartialWord(data, size_bytes));
}

void generic::BitOperate(BitOperation operation, const BitOperands& operands) {
  switch (operation) {
    case BitOperation::kAnd:
      return ForEachWord(operands, [](uint64_t a, uint64_t b) { return a & b; });
    case BitOperation::kOr:
      return ForEachWord(operands, [](uint64_t a, uint64_t b) { return a | b; });
    case BitOperation::kXor:
      return ForEachWord(operands, [](uint64_t a, uint64_t b) { return a ^ b; });
    case BitOperation::kAndNot:
      return ForEachWord(operands, [](uint64_t a, uint64_t b) { return a & ~b; });
    case BitOperation::kNot: {
      BitOperands same = operands;
      same.right = operands.left;  // Not used, but read.
      return ForEachWord(same, [](uint64_t a, uint64_t) { return ~a; });
    }
  }
}

}  // namespace skarn

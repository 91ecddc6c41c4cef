// SPDX-License-Identifier: BSD-3-Clause
#include "arch/generic/generic.h"
#include "arch/generic/load.h"

namespace skarn {
namespace {

constexpr size_t kDigitsMax = 19;  // 9223372036854775808; 19 nines still fit 64 bits.
constexpr uint64_t kTopBits = 0x8080808080808080;
constexpr uint64_t kEightZeros = 0x3030303030303030;

// The value of eight digits as text, the first one in the lowest byte. Sets bits of `bad`
// when a byte is not a digit.
uint64_t ParseEight(uint64_t text, uint64_t* bad) {
  const uint64_t digits = text ^ kEightZeros;
  // Adding 0x76 carries 10 and more into bit 7; a byte with bit 7 set has it already.
  *bad |= ((digits & 0x7f7f7f7f7f7f7f7f) + 0x7676767676767676) | digits;
  // Pairs become tens and ones, pairs of pairs hundreds, and so on: each multiplication
  // adds the weighted lower half to the upper one.
  const uint64_t pairs = digits * (10 << 8 | 1) >> 8 & 0x00ff00ff00ff00ff;
  const uint64_t fours = pairs * (100 << 16 | 1) >> 16 & 0x0000ffff0000ffff;
  return fours * (uint64_t{10000} << 32 | 1) >> 32;
}

// One to eight digits, with zeros put in front.
uint64_t LoadDigits(const char* digits, size_t count) {
  if (count == 8) return LoadWord<uint64_t>(digits);
  const size_t zeros_bits = 8 * (8 - count);
  return LoadPartialWord(digits, count) << zeros_bits | kEightZeros >> 8 * count;
}

// Nine digits and more: the part in front, of one to eight digits, then whole eights.
// Apart from the short way, which then needs no registers saved.
[[gnu::noinline]] bool ParseLong(const char* digits, size_t count, bool is_negative,
                                 int64_t* value) {
  uint64_t bad = 0;
  const size_t front = (count - 1) % 8 + 1;
  uint64_t magnitude = ParseEight(LoadDigits(digits, front), &bad);
  for (size_t i = front; i < count; i += 8) {
    magnitude =
        magnitude * 100'000'000 + ParseEight(LoadWord<uint64_t>(digits + i), &bad);
  }
  const uint64_t magnitude_max = static_cast<uint64_t>(INT64_MAX) + is_negative;
  if ((bad & kTopBits) != 0 || magnitude > magnitude_max) return false;
  *value = static_cast<int64_t>(is_negative ? 0 - magnitude : magnitude);
  return true;
}

}  // namespace

bool generic::ParseInt64(Bytes text, int64_t* value) {
  const bool is_negative = !text.empty() && text[0] == '-';
  const char* digits = text.data() + is_negative;
  const size_t count = text.size() - is_negative;
  if (count - 1 >= kDigitsMax) return false;  // Also when there is none.
  if (digits[0] == '0' && text.size() > 1) return false;
  if (count > 8) return ParseLong(digits, count, is_negative, value);

  uint64_t bad = 0;
  const auto magnitude =
      static_cast<int64_t>(ParseEight(LoadDigits(digits, count), &bad));
  if ((bad & kTopBits) != 0) return false;
  *value = is_negative ? -magnitude : magnitude;
  return true;
}

}  // namespace skarn

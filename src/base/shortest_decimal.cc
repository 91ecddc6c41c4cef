// SPDX-License-Identifier: BSD-3-Clause
//
// Grisu2, after Florian Loitsch, "Printing Floating-Point Numbers Quickly and Accurately
// with Integers" (2010). The value and the two points half way to its neighbours are
// scaled by a power of ten such that the integer part of the product fits 32 bits:
//
//        low                value                 high
//   -----|--------------------|---------------------|-----   scaled by 10^-k
//           ^ the number with the fewest digits between them, then moved towards the
//           value
//
// The products are inexact by less than one unit, so the interval is made smaller by one
// at each end.
#include "base/shortest_decimal.h"

#include <bit>
#include <cmath>
#include <cstdint>

#include "base/check.h"
#include "base/powers_of_ten.h"

namespace skarn {
namespace {

constexpr int kSignificandBits = 52;
constexpr uint64_t kHiddenBit = uint64_t{1} << kSignificandBits;
constexpr int kExponentBias = 1023 + kSignificandBits;

// After scaling the binary exponent lies in this range.
constexpr int kScaledExponentMin = -60;
constexpr int kScaledExponentMax = -32;

constexpr uint64_t kTens[20] = {1,
                                10,
                                100,
                                1000,
                                10000,
                                100000,
                                1000000,
                                10000000,
                                100000000,
                                1000000000,
                                10000000000,
                                100000000000,
                                1000000000000,
                                10000000000000,
                                100000000000000,
                                1000000000000000,
                                10000000000000000,
                                100000000000000000,
                                1000000000000000000,
                                10000000000000000000u};

// significand * 2^exponent
struct Scaled {
  uint64_t significand;
  int exponent;
};

Scaled Normalized(Scaled x) {
  const int shift = std::countl_zero(x.significand);
  return {x.significand << shift, x.exponent - shift};
}

// The upper 64 bits of the product, rounded.
Scaled Multiply(Scaled a, PowerOfTen b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a.significand) * b.significand;
  const Wide rounded = product + (uint64_t{1} << 63);
  return {static_cast<uint64_t>(rounded >> 64), a.exponent + b.exponent + 64};
}

// The power that brings a number of this binary exponent into range; `*k` is its decimal
// exponent.
PowerOfTen FindPower(int exponent, int* k) {
  const double approximate = -(exponent + 64) * 0.30102999566398120;
  int index = static_cast<int>((approximate - kPowersOfTenFirst) / kPowersOfTenStep);
  while (true) {
    const int scaled = exponent + kPowersOfTen[index].exponent + 64;
    if (scaled < kScaledExponentMin) {
      ++index;
    } else if (scaled > kScaledExponentMax) {
      --index;
    } else {
      *k = kPowersOfTenFirst + index * kPowersOfTenStep;
      return kPowersOfTen[index];
    }
  }
}

// Moves the last digit down while that brings the number closer to the value. All are
// distances from the upper end: `rest` of the number, `wanted` of the value, `delta` of
// the lower end.
void RoundTowardsValue(Decimal* decimal, uint64_t delta, uint64_t rest, uint64_t unit,
                       uint64_t wanted) {
  char& last = decimal->digits[decimal->digit_count - 1];
  while (rest < wanted && delta - rest >= unit &&
         (rest + unit < wanted || wanted - rest > rest + unit - wanted)) {
    --last;
    rest += unit;
  }
}

void GenerateDigits(Scaled value, Scaled high, Scaled low, Decimal* decimal) {
  const int shift = -high.exponent;
  const uint64_t one = uint64_t{1} << shift;
  const uint64_t wanted = high.significand - value.significand;
  uint64_t delta = high.significand - low.significand;
  uint64_t whole = high.significand >> shift;
  uint64_t fraction = high.significand & (one - 1);
  const auto push = [decimal](uint64_t digit) {
    if (digit != 0 || decimal->digit_count != 0) {
      decimal->digits[decimal->digit_count++] = static_cast<char>('0' + digit);
    }
  };
  for (int power = 9; power >= 0; --power) {
    push(whole / kTens[power]);
    whole %= kTens[power];
    const uint64_t rest = (whole << shift) + fraction;
    if (rest <= delta) {
      decimal->exponent += power;
      RoundTowardsValue(decimal, delta, rest, kTens[power] << shift, wanted);
      return;
    }
  }
  for (int power = 1;; ++power) {
    fraction *= 10;
    delta *= 10;
    push(fraction >> shift);
    fraction &= one - 1;
    if (fraction < delta) {
      decimal->exponent -= power;
      RoundTowardsValue(decimal, delta, fraction, one, wanted * kTens[power]);
      return;
    }
  }
}

}  // namespace

Decimal ShortestDecimal(double value) {
  SKARN_DCHECK(std::isfinite(value) && value > 0);
  const auto bits = std::bit_cast<uint64_t>(value);
  const auto biased = static_cast<int>(bits >> kSignificandBits);
  Scaled exact = {bits & (kHiddenBit - 1), 1 - kExponentBias};
  if (biased != 0) exact = {exact.significand | kHiddenBit, biased - kExponentBias};

  // Below a power of two the neighbour is only half as far away.
  const bool is_power_of_two = exact.significand == kHiddenBit;
  const Scaled high = Normalized({exact.significand * 2 + 1, exact.exponent - 1});
  Scaled low = {exact.significand * 2 - 1, exact.exponent - 1};
  if (is_power_of_two) low = {exact.significand * 4 - 1, exact.exponent - 2};
  low = {low.significand << (low.exponent - high.exponent), high.exponent};

  int k;
  const PowerOfTen power = FindPower(high.exponent, &k);
  const Scaled scaled = Multiply(Normalized(exact), power);
  Scaled scaled_high = Multiply(high, power);
  Scaled scaled_low = Multiply(low, power);
  --scaled_high.significand;
  ++scaled_low.significand;
  Decimal decimal = {};
  decimal.exponent = -k;
  GenerateDigits(scaled, scaled_high, scaled_low, &decimal);
  return decimal;
}

}  // namespace skarn

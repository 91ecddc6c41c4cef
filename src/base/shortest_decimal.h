// SPDX-License-Identifier: BSD-3-Clause
//
// The few decimal digits that read back as the same double.
// Threads: any.
#pragma once

namespace skarn {

inline constexpr int kDoubleDigitsMax = 17;

// value = 0.d1 d2 ... scaled: the digits as an integer times 10^exponent.
struct Decimal {
  char digits[kDoubleDigitsMax + 1];
  int digit_count;
  int exponent;
};

// Digits of a positive finite `value`. They read back as `value` and are in all but one
// of a thousand cases the fewest that do. The exceptions are those of the stock servers,
// which print with the same algorithm: clients and data files compare these texts.
Decimal ShortestDecimal(double value);

}  // namespace skarn

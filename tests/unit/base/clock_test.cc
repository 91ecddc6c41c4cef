// SPDX-License-Identifier: BSD-3-Clause
#include "base/clock.h"

#include <gtest/gtest.h>

namespace skarn {
namespace {

TEST(ClockTest, ShiftMovesTheWallClockOnly) {
  constexpr int64_t kHourMs = 3600 * 1000;
  const UnixMillis before_ms = NowMillis();
  const int64_t monotonic_us = MonotonicMicros();
  {
    ClockShift shift(kHourMs);
    EXPECT_GE(NowMillis(), before_ms + kHourMs);
    shift.Advance(kHourMs);
    EXPECT_GE(NowMicros(), (before_ms + 2 * kHourMs) * 1000);
    EXPECT_LT(MonotonicMicros(), monotonic_us + kHourMs * 1000);
  }
  EXPECT_LT(NowMillis(), before_ms + kHourMs);
}

TEST(ClockTest, MonotonicNeverGoesBack) {
  int64_t last = MonotonicMicros();
  for (int i = 0; i < 1000; ++i) {
    const int64_t now = MonotonicMicros();
    EXPECT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace skarn

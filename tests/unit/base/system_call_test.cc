// SPDX-License-Identifier: BSD-3-Clause
#include "base/system_call.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/clock.h"

namespace skarn {
namespace {

TEST(SystemCallTest, IsMeasuredOnceAndNeverMoreThanWhatManyTake) {
  const uint64_t nanoseconds = SystemCallNanoseconds();
  EXPECT_GE(nanoseconds, 1u);
  EXPECT_EQ(SystemCallNanoseconds(), nanoseconds);
  constexpr int kCalls = 20000;
  const int64_t started_us = MonotonicMicros();
  for (int i = 0; i < kCalls; ++i) syscall(SYS_getppid);
  const int64_t taken_us = MonotonicMicros() - started_us;
  // Twice: the clock rate itself is measured.
  EXPECT_LE(nanoseconds * kCalls / 1000, 2 * static_cast<uint64_t>(taken_us) + 1000);
}

}  // namespace
}  // namespace skarn

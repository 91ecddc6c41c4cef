// SPDX-License-Identifier: BSD-3-Clause
#include "arch/cycles.h"

#include <time.h>

#include <gtest/gtest.h>

#include "arch/cpu_relax.h"
#include "arch/prefetch.h"

namespace skarn {
namespace {

TEST(CyclesTest, CounterNeverRunsBackwards) {
  uint64_t last = ReadCycles();
  for (int i = 0; i < 10'000; ++i) {
    CpuRelax();
    const uint64_t now = ReadCycles();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(CyclesTest, RateAgreesWithTheSystemClock) {
  const uint64_t rate = CyclesPerSecond();
  EXPECT_GE(rate, 1'000'000u);
  EXPECT_EQ(rate, CyclesPerSecond());
  EXPECT_NEAR(static_cast<double>(CyclesToNanoseconds(rate)), 1e9, 10);

  // The cycles are read around the clock: a thread that loses its CPU measures too many.
  const uint64_t start_cycles = ReadCycles();
  timespec start;
  clock_gettime(CLOCK_MONOTONIC, &start);
  int64_t nanoseconds = 0;
  while (nanoseconds < 20'000'000) {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    nanoseconds =
        (now.tv_sec - start.tv_sec) * 1'000'000'000 + now.tv_nsec - start.tv_nsec;
  }
  const double measured =
      static_cast<double>(CyclesToNanoseconds(ReadCycles() - start_cycles));
  EXPECT_GT(measured / static_cast<double>(nanoseconds), 0.9);
}

TEST(PrefetchTest, AcceptsAnyAddress) {
  PrefetchRead(nullptr);
  PrefetchWrite(nullptr);
  PrefetchWrite(reinterpret_cast<const void*>(uintptr_t{1} << 63));
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "arch/cycles.h"

#include <time.h>

#include <algorithm>

namespace skarn {
namespace {

constexpr uint64_t kNanosecondsPerSecond = 1'000'000'000;

#if defined(__x86_64__)

uint64_t MonotonicNanoseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * kNanosecondsPerSecond +
         static_cast<uint64_t>(now.tv_nsec);
}

struct Instant {
  uint64_t nanoseconds;
  uint64_t cycles;
};

// Reads both clocks together: of several tries the one that took least time, so that an
// interrupt between the two reads does not count.
Instant ReadBothClocks() {
  Instant best{};
  uint64_t best_span = UINT64_MAX;
  for (int attempt = 0; attempt < 16; ++attempt) {
    const uint64_t before = ReadCycles();
    const uint64_t nanoseconds = MonotonicNanoseconds();
    const uint64_t after = ReadCycles();
    if (after - before >= best_span) continue;
    best_span = after - before;
    best = {.nanoseconds = nanoseconds, .cycles = before + best_span / 2};
  }
  return best;
}

uint64_t MeasureCyclesPerSecond() {
  constexpr uint64_t kMeasureNanoseconds = 10'000'000;
  const Instant start = ReadBothClocks();
  while (MonotonicNanoseconds() - start.nanoseconds < kMeasureNanoseconds) {
  }
  const Instant end = ReadBothClocks();
  const double seconds =
      static_cast<double>(end.nanoseconds - start.nanoseconds) / kNanosecondsPerSecond;
  return std::max<uint64_t>(
      1, static_cast<uint64_t>(static_cast<double>(end.cycles - start.cycles) / seconds));
}

#elif defined(__aarch64__)

uint64_t MeasureCyclesPerSecond() {
  uint64_t frequency;
  asm volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
  return std::max<uint64_t>(1, frequency);
}

#else

uint64_t MeasureCyclesPerSecond() {
  return kNanosecondsPerSecond;
}

#endif

}  // namespace

uint64_t CyclesPerSecond() {
  static const uint64_t rate = MeasureCyclesPerSecond();
  return rate;
}

uint64_t CyclesToNanoseconds(uint64_t cycles) {
  // Nanoseconds per cycle with 32 bits of fraction.
  using Wide = unsigned __int128;
  static const uint64_t scale = static_cast<uint64_t>(
      (static_cast<Wide>(kNanosecondsPerSecond) << 32) / CyclesPerSecond());
  return static_cast<uint64_t>(static_cast<Wide>(cycles) * scale >> 32);
}

}  // namespace skarn

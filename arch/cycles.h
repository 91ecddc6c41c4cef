// SPDX-License-Identifier: BSD-3-Clause
//
// The cheapest clock of the CPU: a counter at a constant rate, the same on all CPUs of a
// machine. Threads: any.
#pragma once

#include <cstdint>

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <time.h>
#endif

namespace skarn {

// Returns the counter. It may be read a few dozen cycles early or late: nothing orders it
// with the instructions around it. Differences between CPUs are below a microsecond.
inline uint64_t ReadCycles() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t cycles;
  asm volatile("mrs %0, cntvct_el0" : "=r"(cycles));
  return cycles;
#else
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<uint64_t>(now.tv_nsec);
#endif
}

// Returns the rate of ReadCycles(): 25 MHz to 1 GHz on ARM, the base frequency on x86.
// On x86 the first call measures it for 10 ms: call it before workers start.
uint64_t CyclesPerSecond();

// Cost: one multiplication. Exact to the precision of CyclesPerSecond(), about 1 in
// 100,000.
uint64_t CyclesToNanoseconds(uint64_t cycles);

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// The pause between two looks at a word that another CPU is about to change.
#pragma once

namespace skarn {

// Takes 10 to 140 cycles, by CPU. Spin a bounded number of times, then wait in another
// way.
inline void CpuRelax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  // `yield` does nothing on the cores of interest; `isb` waits about as long as x86
  // `pause`.
  asm volatile("isb" : : : "memory");
#else
  asm volatile("" : : : "memory");
#endif
}

}  // namespace skarn

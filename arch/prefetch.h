// SPDX-License-Identifier: BSD-3-Clause
//
// Asks the CPU to bring a cache line close before it is needed. Any address is allowed,
// also one which is not mapped: the request is then dropped.
#pragma once

namespace skarn {

// The size that keeps two owners apart: x86 fetches lines of 64 bytes in pairs.
inline constexpr unsigned kCacheLinePairBytes = 128;
inline constexpr unsigned kCacheLineBytes = 64;

// For a line that will be read.
inline void PrefetchRead(const void* address) {
  __builtin_prefetch(address, 0, 3);
}

// For a line that will be written: asks for it exclusively, so that the store (or the
// lock) does not wait a second time.
inline void PrefetchWrite(const void* address) {
#if defined(__x86_64__)
  // Written out, because compilers emit it only for CPUs they are told of; older ones
  // ignore it.
  asm volatile("prefetchw (%0)" : : "r"(address));
#else
  __builtin_prefetch(address, 1, 3);
#endif
}

}  // namespace skarn

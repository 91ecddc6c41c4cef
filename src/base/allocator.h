// SPDX-License-Identifier: BSD-3-Clause
//
// What jemalloc tells about the whole heap of the process. A sanitized build has no
// jemalloc: its numbers are zero. Threads: any.
#pragma once

#include <cstdint>
#include <string>

namespace skarn::allocator {

struct Statistics {
  int64_t allocated_bytes = 0;  // Asked for, without what the threads' caches keep.
  int64_t active_bytes = 0;     // In pages of live blocks.
  int64_t resident_bytes = 0;
};
// As of now; takes some 50 us.
Statistics ReadStatistics();

// "5.3.0".
std::string Version();

// Gives the pages back that are kept for later.
void Purge();

// All it has to tell, for people.
std::string Report();

}  // namespace skarn::allocator

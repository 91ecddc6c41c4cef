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

// How long freed pages are kept for reuse, in all arenas there are and will be.
void SetDecay(int64_t milliseconds);

// From now on the arena asks the system for huge pages behind the memory it maps. False
// when this build or the allocator cannot.
bool AskForHugePages(unsigned arena);

// All it has to tell, for people.
std::string Report();

}  // namespace skarn::allocator

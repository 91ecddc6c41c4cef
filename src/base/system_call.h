// SPDX-License-Identifier: BSD-3-Clause
//
// What entering the kernel costs here, and whether it is allowed. Threads: any.
#pragma once

#include <cstdint>

namespace skarn {

// The cost of a system call that does nothing, in nanoseconds, at least 1: from 60 on
// bare metal to over 1000 in virtual machines that switch page tables at every entry. The
// first call measures it, for less than a millisecond.
uint64_t SystemCallNanoseconds();

// Whether the system ends a program that makes the system calls of `attempt`, as a filter
// of system calls may. A child process tries it, and only where there is a filter.
bool IsDeadly(void (*attempt)());

}  // namespace skarn

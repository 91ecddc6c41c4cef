// SPDX-License-Identifier: BSD-3-Clause
//
// How many processors this process may really use.
// Threads: any; reads the system at each call.
#pragma once

#include <cstddef>

namespace skarn {

// The least of the online processors, the affinity mask and the cgroup's quota (v1 and
// v2, rounded up), at least 1.
size_t GrantedCpuCount();

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// What holds the machine back, as far as it can be seen without measuring. Threads: one.
#pragma once

#include <string>
#include <vector>

#include "machine/profile.h"

namespace skarn {

struct Finding {
  std::string what, advice;
};

struct CheckResult {
  std::vector<Finding> findings;
  std::vector<std::string> unknown;  // What could not be looked at.
};

CheckResult CheckHost(const MachineFiles& files, const MachineFacts& facts);

}  // namespace skarn

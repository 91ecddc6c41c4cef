// SPDX-License-Identifier: BSD-3-Clause
//
// What holds the machine back, as far as it can be seen without measuring. Threads: one.
#pragma once

#include <string>
#include <vector>

#include "machine/facts.h"
#include "server/config.h"

namespace skarn {

struct Finding {
  std::string what, advice;
};

struct CheckResult {
  std::vector<Finding> findings;
  std::vector<std::string> unknown;  // What could not be looked at.
};

// `config` is what the server would have in force, with the profile below it.
CheckResult CheckHost(const MachineFiles& files, const MachineFacts& facts,
                      const Config& config);

}  // namespace skarn

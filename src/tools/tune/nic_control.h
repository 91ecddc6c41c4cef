// SPDX-License-Identifier: BSD-3-Clause
//
// What only ioctl tells about a network card (the interface behind ethtool): queues,
// moderation of interrupts, counters. Of a recorded machine they stand in the file
// ethtool/NAME below the root, one "name value" a line. Threads: one.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "machine/files.h"

namespace skarn {

// "combined", "combined-max", "adaptive-rx" (on, off), and those counters that end in
// "_allowance_exceeded". Empty when nothing can be read.
using NicValues = std::map<std::string, std::string>;
NicValues ReadNic(const MachineFiles& files, const std::string& name);

// Sets "combined" or "adaptive-rx".
Result<> WriteNic(const MachineFiles& files, const std::string& name,
                  const std::string& key, const std::string& value);

}  // namespace skarn

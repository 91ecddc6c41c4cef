// SPDX-License-Identifier: BSD-3-Clause
//
// What may become of a second reading of the configuration while the server runs.
// Threads: any; pure functions.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "server/config_launch.h"
#include "server/machine_settings.h"

namespace skarn {

// What differs between two readings and can only change at a start: the immutable
// directives, `fixed`, and rename-command. In the order of the table.
std::vector<std::string_view> NeedingRestart(const Launch& launched, const Launch& fresh,
                                             std::span<const ConfigKey> fixed);

// The same for what the profile of the machine sets: directives that read alike, given
// once and once not, are in force with other values.
std::vector<std::string_view> NeedingRestart(std::span<const MachineSetting> settings,
                                             const Config& running, const Config& fresh,
                                             std::span<const ConfigKey> fixed);

// Gives `fresh` the numbers which the server has found out itself (Config::Resolve) for
// values that read as they did.
void KeepResolved(const Config& running, const Config& launched, Config& fresh);

}  // namespace skarn

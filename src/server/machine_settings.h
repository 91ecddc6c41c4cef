// SPDX-License-Identifier: BSD-3-Clause
//
// Brings the profile of the machine into a configuration, below whatever somebody asked
// for: a directive that a file, an option or CONFIG SET has given is never changed.
// Threads: the starting thread. Owner: the server keeps the result for INFO.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "machine/profile.h"
#include "server/config.h"

namespace skarn {

struct MachineSetting {
  std::string name, value, reason;
  // Empty when the value is in force; otherwise why it is not.
  std::string left_alone;
};
// Of the reasons the one that is no fault of the machine.
inline constexpr std::string_view kGivenOtherwise = "the configuration says otherwise";

struct MachineChoice {
  MachineFacts facts;
  std::string profile = "none";
  std::string why;  // "cloud=ec2 family=c7g", "asked for".
  std::string summary;
  std::vector<MachineSetting> settings;  // What the profile says about directives.
  std::vector<ProfileValue> host;  // What it says about the host ("host." left out).
};

// Detects the machine and puts the values of the profile in force that machine-profile
// names. io-threads gets the count of CPUs granted where neither says a number. Fails
// when there is no profile of that name.
Result<MachineChoice> TuneToMachine(const MachineFiles& files, Config& config);

// The same for a configuration that was read again, with the choice made at the start.
// Returns the settings as they are for it.
std::vector<MachineSetting> AdoptChoice(const MachineChoice& choice, Config& config);

// What the profile has to do with a directive that `config` has in force: "reason=...",
// "left_alone=..." or nothing.
std::string ProfileRemark(const MachineChoice& choice, const Config& config,
                          ConfigKey key);

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Profiles: what each kind of machine gets, written as one readable file a family in
// arch/profiles/ and compiled into the program. A file has these lines:
//
//   summary TEXT                        what the family is
//   match CLAIM CLAIM...                the machine is of this family if all claims hold;
//                                       several lines are alternatives
//   NAME VALUE [when CONDITION [and CONDITION]...]  # REASON
//
// NAME is a directive of the server, or "host." and something skarn-tune knows. The last
// line of a name whose conditions hold counts. VALUE may be "granted", "granted-N" or
// "cores", which stand for numbers of CPUs.
// Claims: cloud=ec2 family=c7g,m7g cpu=arm-41-d40 arch=aarch64 container=yes any.
// Conditions: granted, cores, threads-per-core, numa-nodes, memory-gib, page-kib, kernel,
// each with >=, <= or =, or feature=NAME. What is not known makes a condition false.
// Threads: constants and functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "machine/facts.h"

namespace skarn {

struct ProfileLine {
  std::string name, value, reason;
  std::vector<std::string> conditions;
};

struct Profile {
  std::string name, summary;
  std::vector<std::vector<std::string>> matches;  // Alternatives of claims.
  std::vector<ProfileLine> lines;
};

// A value in force: the line with its formula worked out.
struct ProfileValue {
  std::string name, value, reason;
};

struct ProfileText {
  std::string_view name, text;
};
// The files of arch/profiles/, in the order of their list (compiled_profiles.cc, made by
// the build).
std::span<const ProfileText> CompiledProfiles();

// Fails with the line that is wrong.
Result<Profile> ParseProfile(std::string_view name, std::string_view text);

// Fails if there is no such profile.
Result<Profile> FindProfile(std::string_view name);

struct ProfileMatch {
  Profile profile;
  std::string why;  // The claims that held.
};
// The profile whose claims say most about the machine; "generic" in the end.
ProfileMatch MatchProfile(const MachineFacts& facts);

// The values of a profile on this machine, in the order of their first lines.
std::vector<ProfileValue> ProfileValues(const Profile& profile,
                                        const MachineFacts& facts);

}  // namespace skarn

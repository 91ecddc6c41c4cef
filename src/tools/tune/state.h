// SPDX-License-Identifier: BSD-3-Clause
//
// State: what skarn-tune has changed, with what was there before and what it put there,
// byte for byte. A text file, one change a line, with "end" as the last one:
//
//   value /proc/sys/net/core/somaxconn "128\n" "4096\n"
//   file /etc/sysctl.d/60-skarn-tune.conf - "..."         ("-": was not there)
//   link /etc/systemd/system/... - "/usr/lib/..."
//   nic "ens5 adaptive-rx" "off" "on"
//   folder /etc/sysctl.d - ""                             (made by us)
//   profile "c7i"                                         (chosen, for every start)
//
// Threads: one. Owner: a run of the program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "machine/files.h"

namespace skarn {

enum class ChangeKind : uint8_t { kValue, kFile, kLink, kNic, kFolder };

struct Change {
  ChangeKind kind = ChangeKind::kValue;
  std::string path;
  std::optional<std::string> before;  // Nothing: was not there.
  std::string after;
  std::string name, reason;  // For people; not recorded.
};

class State {
 public:
  // The recorded changes; none when there is no file. Fails when it cannot be read or
  // makes no sense, as one that is cut off does.
  static Result<State> Read(const MachineFiles& files, const std::string& path);
  static Result<State> Parse(std::string_view text);
  std::string Text() const;

  const std::vector<Change>& changes() const { return changes_; }
  // The profile that was asked for; empty: that of the machine.
  const std::string& profile() const { return profile_; }
  void set_profile(std::string name) { profile_ = std::move(name); }
  bool is_empty() const { return changes_.empty() && profile_.empty(); }
  // The record of `path`, or null.
  const Change* Find(ChangeKind kind, std::string_view path) const;
  // Adds a record, or gives the one that is there another `after`.
  void Note(const Change& change);
  void Remove(ChangeKind kind, std::string_view path);

  // Writes all of it, or removes the file and its folder when there is nothing.
  Result<> Write(const MachineFiles& files, const std::string& path) const;

 private:
  std::vector<Change> changes_;
  std::string profile_;
};

// What there is now at the place of a change; nothing: nothing is there. Fails with the
// reason if that cannot be told, or something of another kind is there.
Result<std::optional<std::string>> ContentNow(const MachineFiles& files,
                                              const Change& change);
// Whether two contents mean the same: for values the chosen word counts, and masks of
// CPUs may have zeros in front.
bool IsSame(ChangeKind kind, const std::optional<std::string>& a,
            const std::optional<std::string>& b);

}  // namespace skarn

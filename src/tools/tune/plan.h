// SPDX-License-Identifier: BSD-3-Clause
//
// Plan: what should be different about the host, and why. Making one changes nothing.
// Threads: one; plain data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "machine/profile.h"
#include "tools/tune/state.h"

namespace skarn {

// What was not changed, and why. Shown to whoever asked for the change.
struct LeftAlone {
  std::string what, why;
};

struct Plan {
  std::vector<Change> changes;  // Only what differs now.
  std::vector<LeftAlone> left_alone;
  // What to record as the profile of every start; empty: that of the machine. Nothing:
  // none was asked for, the record stays.
  std::optional<std::string> profile;
};

enum class PlanScope : uint8_t {
  kLasting,  // Values now, and files so that they are there after a start.
  kRuntime,  // Values only: what the unit does at each start.
};

struct PlanRequest {
  const MachineFiles& files;
  const MachineFacts& facts;
  const std::vector<ProfileValue>& host;  // What the profile says about the host.
  const State& state;                     // What was changed before.
  PlanScope scope = PlanScope::kLasting;
};

// How many queues the cards have. New ones come with interrupts and steering of their
// own, so this is applied first, and the rest planned for the cards as they are then.
Plan MakeQueuePlan(const PlanRequest& request);
// All of it.
Plan MakePlan(const PlanRequest& request);

// The parts. Each adds to the plan what differs, and what it cannot do.
class PlanMaker {
 public:
  PlanMaker(const PlanRequest& request, Plan& plan) : request_(request), plan_(plan) {}

  // The value of "host.NAME"; empty if the profile says nothing.
  const ProfileValue* Host(std::string_view name) const;
  const PlanRequest& request() const { return request_; }
  // What stood at the place of a change before we came: recorded, or there now.
  std::optional<std::string> Original(const Change& change) const;
  // A value of the kernel. `value` is one of the words where the file offers a choice.
  void WantValue(const std::string& path, const std::string& value, std::string name,
                 std::string reason);
  void Want(Change change);
  void LeaveAlone(std::string what, std::string why) {
    plan_.left_alone.push_back({std::move(what), std::move(why)});
  }

 private:
  const PlanRequest& request_;
  Plan& plan_;
};

void PlanSysctls(PlanMaker& maker);
void PlanMemory(PlanMaker& maker);
void PlanQueues(PlanMaker& maker);
void PlanNics(PlanMaker& maker);
void PlanUnits(PlanMaker& maker);

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Makes the changes of a plan, and takes them back. What is about to change is recorded
// before anything is changed, so that an end in the middle leaves nothing that revert
// does not know. Threads: one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/tune/plan.h"

namespace skarn {

struct Outcome {
  std::vector<Change> done;
  std::vector<LeftAlone> left_alone;
};

// Fails, and has changed nothing, when the record cannot be written.
Result<Outcome> ApplyPlan(const MachineFiles& files, const std::string& state_path,
                          State state, const Plan& plan);

// Makes two plans, the queues first, and makes their changes. `facts_now` is asked for
// the machine when the queues are there. Fails, and has changed nothing, as ApplyPlan.
Result<Outcome> ApplyInOrder(const PlanRequest& request, const std::string& state_path,
                             const std::optional<std::string>& profile,
                             const std::function<MachineFacts()>& facts_now);

// Takes back all that is recorded; what was changed by others since is left alone and
// stays in the record. What is gone with its card or interrupt is said once.
Result<Outcome> RevertAll(const MachineFiles& files, const std::string& state_path,
                          State state);

}  // namespace skarn

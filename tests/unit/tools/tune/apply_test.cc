// SPDX-License-Identifier: BSD-3-Clause
#include "tools/tune/apply.h"

#include <gtest/gtest.h>

#include "machine/profile.h"
#include "tests/unit/machine/machine_tree.h"

namespace skarn {
namespace {

constexpr const char* kStatePath = "/var/lib/skarn-tune/state";

std::vector<ProfileValue> HostOf(const MachineFacts& facts) {
  std::vector<ProfileValue> host;
  for (ProfileValue value : ProfileValues(MatchProfile(facts).profile, facts)) {
    if (!value.name.starts_with("host.")) continue;
    value.name.erase(0, std::string_view("host.").size());
    host.push_back(std::move(value));
  }
  return host;
}

// As a driver does it when the queues become 16: files of the new ones appear.
void AddQueues(MachineTree& tree) {
  for (int i = 8; i < 16; ++i) {
    const std::string number = std::to_string(i), irq = std::to_string(27 + i);
    tree.Write("sys/class/net/ens5/queues/rx-" + number + "/rps_cpus", "ffff\n");
    tree.Write("sys/class/net/ens5/device/msi_irqs/" + irq, "msix\n");
    tree.Write("proc/irq/" + irq + "/smp_affinity_list", "0-15\n");
  }
}

TEST(ApplyTest, NewQueuesGetTheirInterruptsInTheSameRun) {
  MachineTree tree("c7g.4xlarge");
  const MachineFiles files = tree.files();
  const MachineFacts facts = DetectMachine(files);
  const auto host = HostOf(facts);
  const State none;
  const PlanRequest request{.files = files, .facts = facts, .host = host, .state = none};
  int asked = 0;
  const auto outcome = ApplyInOrder(request, kStatePath, std::nullopt, [&] {
    ++asked;
    EXPECT_TRUE(files.Read("/ethtool/ens5").value_or("").starts_with("combined 16\n"));
    AddQueues(tree);
    return DetectMachine(files);
  });
  ASSERT_TRUE(outcome.has_value()) << outcome.error().text;
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(outcome->done.front().path, "ens5 combined");
  EXPECT_EQ(files.ReadLine("/proc/irq/42/smp_affinity_list"), "15");
  EXPECT_EQ(files.ReadLine("/sys/class/net/ens5/queues/rx-15/rps_cpus"), "0");
  auto state = State::Read(files, kStatePath);
  ASSERT_TRUE(state.has_value());
  ASSERT_TRUE(RevertAll(files, kStatePath, *std::move(state)).has_value());
  EXPECT_EQ(files.ReadLine("/proc/irq/42/smp_affinity_list"), "0-15");
  EXPECT_TRUE(files.Read("/ethtool/ens5").value_or("").starts_with("combined 8\n"));
}

TEST(ApplyTest, TheMachineIsLookedAtOnceWhenNoQueueComes) {
  const MachineTree tree("c6i.2xlarge");
  const MachineFiles files = tree.files();
  const MachineFacts facts = DetectMachine(files);
  const auto host = HostOf(facts);
  const State none;
  const PlanRequest request{.files = files, .facts = facts, .host = host, .state = none};
  const auto outcome = ApplyInOrder(request, kStatePath, std::nullopt, [&] {
    ADD_FAILURE();
    return facts;
  });
  ASSERT_TRUE(outcome.has_value()) << outcome.error().text;
  EXPECT_FALSE(outcome->done.empty());
}

}  // namespace
}  // namespace skarn

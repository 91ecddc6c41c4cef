// SPDX-License-Identifier: BSD-3-Clause
#include "machine/facts.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "tests/unit/machine/machine_tree.h"

namespace skarn {
namespace {

MachineFacts FactsOf(const std::string& machine) {
  return DetectMachine(MachineTree(machine).files());
}

std::string Described(const MachineFacts& facts, const std::string& name) {
  for (const auto& [key, value] : DescribeFacts(facts)) {
    if (key == name) return value;
  }
  return "no such fact";
}

TEST(DetectTest, KnowsAGraviton) {
  const MachineFacts facts = FactsOf("c7g.4xlarge");
  EXPECT_EQ(facts.cloud, Cloud::kEc2);
  EXPECT_EQ(facts.instance_type, "c7g.4xlarge");
  EXPECT_EQ(facts.instance_family, "c7g");
  EXPECT_EQ(facts.architecture, "aarch64");
  EXPECT_EQ(facts.cpu_id, "arm-41-d40");
  EXPECT_EQ(facts.cpu_model, "Neoverse V1");
  EXPECT_TRUE(facts.HasFeature("sve"));
  EXPECT_EQ(facts.online_cpus, 16u);
  EXPECT_EQ(facts.cores, 16u);
  EXPECT_EQ(facts.threads_per_core, 1u);
  EXPECT_EQ(facts.granted_cpus, 16u);
  EXPECT_EQ(facts.page_bytes, 4096u);
  EXPECT_EQ(facts.cache_line_bytes, 64u);
  EXPECT_EQ(facts.kernel_major, 6);
  EXPECT_EQ(facts.kernel_minor, 1);
  EXPECT_EQ(facts.thp, "madvise");
  EXPECT_EQ(facts.virtualisation, "nitro");
  EXPECT_EQ(Described(facts, "network"), "ens5=ena,rx=8,tx=8");
  EXPECT_EQ(Described(facts, "cpu_caches"), "L1=64K/1,L2=1024K/1,L3=32768K/16");
  EXPECT_TRUE(facts.notes.empty());
}

TEST(DetectTest, CountsThreadsCoresAndNodes) {
  const MachineFacts ice_lake = FactsOf("c6i.2xlarge");
  EXPECT_EQ(ice_lake.cpu_id, "intel-6-106");
  EXPECT_EQ(ice_lake.cores, 4u);
  EXPECT_EQ(ice_lake.threads_per_core, 2u);
  const MachineFacts large = FactsOf("r8g.48xlarge");
  EXPECT_EQ(large.nodes.size(), 2u);
  EXPECT_EQ(large.nodes.at(1).cpus.front(), 96);
  EXPECT_EQ(large.granted_cpus, 192u);
  EXPECT_EQ(FactsOf("m7g.large-64k").page_bytes, 65536u);
  EXPECT_EQ(FactsOf("c7i.metal-24xl").virtualisation, "metal");
}

TEST(DetectTest, KnowsTheOtherClouds) {
  EXPECT_EQ(FactsOf("c4a-standard-16").cloud, Cloud::kGce);
  EXPECT_EQ(FactsOf("d8ps-v6").cloud, Cloud::kAzure);
  EXPECT_EQ(FactsOf("d8ps-v6").cpu_id, "arm-6d-d49");
  EXPECT_EQ(FactsOf("qemu").cloud, Cloud::kUnknown);
  EXPECT_EQ(FactsOf("qemu").virtualisation, "kvm");
}

TEST(DetectTest, TakesTheTightestOfNestedGroups) {
  const MachineFacts pod = FactsOf("c7g.4xlarge-pod");
  EXPECT_EQ(pod.cgroup, "v2");
  EXPECT_DOUBLE_EQ(pod.cpu_quota, 2.5);
  EXPECT_EQ(pod.allowed_cpus.size(), 8u);
  EXPECT_EQ(pod.granted_cpus, 3u);
  EXPECT_EQ(pod.memory_limit_bytes, uint64_t{3} << 30);
  EXPECT_TRUE(pod.is_container);
}

// Its own group is the top of what it sees, so no name tells.
TEST(DetectTest, KnowsAPodWithANamespaceOfItsOwn) {
  const MachineFacts pod = FactsOf("c7g.4xlarge-own-namespace");
  EXPECT_TRUE(pod.is_container);
  EXPECT_EQ(pod.granted_cpus, 8u);
  EXPECT_TRUE(pod.HasCpusToItself());
  EXPECT_FALSE(FactsOf("c7g.4xlarge").is_container);
  EXPECT_FALSE(FactsOf("c7g.4xlarge").HasCpusToItself());
}

TEST(DetectTest, CpusAreItsOwnWithExactlyTheirQuota) {
  MachineTree tree("c7g.4xlarge-own-namespace");
  struct Case {
    std::string cpus, max;
    bool is_own;
  };
  for (const Case& one :
       {Case{"0-7\n", "800000 100000\n", true}, Case{"0-7\n", "1200000 100000\n", false},
        Case{"0-7\n", "700000 100000\n", false}, Case{"0-7\n", "max 100000\n", false},
        Case{"0-15\n", "1600000 100000\n", false}}) {
    tree.Write("sys/fs/cgroup/cpuset.cpus.effective", one.cpus);
    tree.Write("sys/fs/cgroup/cpu.max", one.max);
    EXPECT_EQ(DetectMachine(tree.files()).HasCpusToItself(), one.is_own)
        << one.cpus << one.max;
  }
}

TEST(DetectTest, TheEnvironmentTellsOfThisMachineOnly) {
  setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
  EXPECT_TRUE(DetectMachine(MachineFiles()).is_container);
  EXPECT_FALSE(FactsOf("c7g.4xlarge").is_container);
  unsetenv("KUBERNETES_SERVICE_HOST");
}

TEST(DetectTest, ReadsOldGroupsAndHalfACpu) {
  const MachineFacts half = FactsOf("half-cpu-v1");
  EXPECT_EQ(half.cgroup, "v1");
  EXPECT_DOUBLE_EQ(half.cpu_quota, 0.5);
  EXPECT_EQ(half.granted_cpus, 1u);
  EXPECT_EQ(half.allowed_cpus, (CpuList{2, 3}));
  EXPECT_EQ(half.memory_limit_bytes, uint64_t{512} << 20);
  EXPECT_TRUE(half.is_container);
}

TEST(DetectTest, SaysUnknownWhereThereIsNothing) {
  const MachineFacts facts = FactsOf("empty");
  EXPECT_EQ(facts.granted_cpus, 1u);
  EXPECT_EQ(Described(facts, "cpus_online"), "unknown");
  EXPECT_EQ(Described(facts, "cpu_id"), "unknown");
  EXPECT_EQ(Described(facts, "page_bytes"), "unknown");
  EXPECT_EQ(facts.notes.size(), 1u);  // One CPU was assumed.
}

TEST(DetectTest, BelievesNoNonsense) {
  const MachineFacts facts = FactsOf("impossible");
  EXPECT_EQ(facts.granted_cpus, 1u);
  EXPECT_EQ(facts.cpu_quota, 0);
  EXPECT_EQ(facts.memory_bytes, 0u);
  EXPECT_EQ(facts.memory_limit_bytes, 0u);
  EXPECT_EQ(facts.instance_type, "");
  EXPECT_EQ(facts.page_bytes, 0u);
  EXPECT_EQ(Described(facts, "cpu_caches"), "unknown");
  for (const auto note :
       {"the product name is not an instance type: not used",
        "a cache of 1024 GB is not believed", "a page of 3072 bytes is not believed",
        "the list of online CPUs makes no sense: not used",
        "the count of CPUs is not known: 1 is assumed"}) {
    EXPECT_EQ(std::ranges::count(facts.notes, note), 1) << note;
  }
  EXPECT_EQ(FactsOf("garbage").granted_cpus, 1u);
  EXPECT_EQ(FactsOf("garbage").cloud, Cloud::kUnknown);
}

// Every file of a machine replaced by random bytes, in turn: whatever comes out, it comes
// out.
TEST(DetectTest, SurvivesAnyContent) {
  std::mt19937 random(7);
  MachineTree tree("half-cpu-v1");
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree.root())) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  constexpr std::string_view kAlphabet("0123456789-,: \t\nkKMabz[]./\xff\0", 28);
  for (const auto& path : paths) {
    std::string content;
    const size_t size = random() % 300;
    for (size_t i = 0; i < size; ++i) content += kAlphabet[random() % kAlphabet.size()];
    std::ofstream(path, std::ios::binary) << content;
    const MachineFacts facts = DetectMachine(tree.files());
    EXPECT_GE(facts.granted_cpus, 1u);
    EXPECT_FALSE(DescribeFacts(facts).empty());
  }
}

// Long files of what is read line by line must not cost minutes.
TEST(DetectTest, EndlessListsEnd) {
  MachineTree tree("qemu");
  std::string groups, cpus;
  for (int i = 0; i < 20000; ++i) groups += "1:cpu:/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p\n";
  for (int i = 0; i < 4000; ++i) cpus += "0-8191,";
  tree.Write("proc/self/cgroup", groups);
  tree.Write("proc/self/status", "Cpus_allowed_list:\t" + cpus + "\n");
  tree.Write("sys/devices/system/cpu/online", cpus);
  EXPECT_EQ(DetectMachine(tree.files()).granted_cpus, 8192u);
}

TEST(DetectTest, WaitsForNoPipe) {
  MachineTree tree("qemu");
  const std::string path = tree.root() + "/proc/meminfo";
  std::filesystem::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(DetectMachine(tree.files()).memory_bytes, 0u);
}

TEST(DetectTest, FindsThisMachine) {
  const MachineFacts facts = DetectMachine(MachineFiles());
  EXPECT_GE(facts.granted_cpus, 1u);
  EXPECT_LE(facts.granted_cpus, ThreadCpus().size());
  EXPECT_EQ(facts.page_bytes, static_cast<size_t>(sysconf(_SC_PAGESIZE)));
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// The record of skarn-tune from any bytes, and machines with any bytes in their files:
// whatever apply does, revert takes back.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/check.h"
#include "tools/tune/report.h"

namespace skarn {
namespace {

namespace fs = std::filesystem;

// The files that decide what is planned. Inputs name them by their index.
constexpr const char* kFiles[] = {
    "sys/class/dmi/id/sys_vendor",
    "sys/class/dmi/id/product_name",
    "proc/cpuinfo",
    "proc/meminfo",
    "proc/stat",
    "proc/self/cgroup",
    "proc/self/status",
    "proc/self/smaps",
    "sys/devices/system/cpu/online",
    "sys/devices/system/cpu/cpu0/topology/core_id",
    "sys/devices/system/cpu/cpu0/topology/physical_package_id",
    "sys/devices/system/cpu/cpu0/cache/index0/size",
    "sys/devices/system/cpu/cpu0/cache/index0/level",
    "sys/devices/system/node/node0/cpulist",
    "sys/fs/cgroup/cpu.max",
    "sys/fs/cgroup/memory.max",
    "sys/fs/cgroup/cpuset.cpus.effective",
    "sys/kernel/mm/transparent_hugepage/enabled",
    "sys/kernel/mm/transparent_hugepage/defrag",
    "proc/sys/net/core/somaxconn",
    "proc/sys/vm/swappiness",
    "proc/sys/vm/overcommit_memory",
    "proc/sys/net/core/rps_sock_flow_entries",
    "sys/class/net/ens5/queues/rx-0/rps_cpus",
    "sys/class/net/ens5/device/msi_irqs/27",
    "proc/irq/27/smp_affinity_list",
    "ethtool/ens5",
    "etc/sysctl.d/60-skarn-tune.conf",
    "etc/systemd/system/skarn-tune.service",
    "var/lib/skarn-tune/state",
};
constexpr char kState[] = "/var/lib/skarn-tune/state";

class Tree {
 public:
  Tree() {
    // In memory where there is such a folder: each apply waits for the disk several
    // times.
    std::string name = fs::is_directory("/dev/shm") ? "/dev/shm" : "/tmp";
    name += "/skarn-fuzz-XXXXXX";
    SKARN_CHECK(mkdtemp(name.data()) != nullptr);
    root_ = name;
  }
  ~Tree() { fs::remove_all(root_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  const std::string& root() const { return root_; }

  void Write(const std::string& path, std::string_view content) {
    const fs::path full = root_ + "/" + path;
    fs::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << content;
  }
  void Link(const std::string& path, const std::string& target) {
    const fs::path full = root_ + "/" + path;
    fs::create_directories(full.parent_path());
    fs::create_symlink(target, full);
  }
  std::map<std::string, std::string> Content() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      std::string content;
      if (entry.is_symlink()) {
        content = fs::read_symlink(entry.path());
      } else if (entry.is_regular_file()) {
        std::ifstream file(entry.path(), std::ios::binary);
        content.assign(std::istreambuf_iterator<char>(file), {});
      }
      found[entry.path()] = std::move(content);
    }
    return found;
  }

 private:
  std::string root_;
};

void CheckRecord(std::string_view text) {
  const auto state = State::Parse(text);
  if (state) {
    const auto again = State::Parse(state->Text());
    SKARN_CHECK(again.has_value() && again->Text() == state->Text());
    SKARN_CHECK(again->changes().size() == state->changes().size());
  }
  State any;
  any.Note({.path = "/x", .before = std::string(text), .after = std::string(text)});
  const std::string record = any.Text();
  const auto read = State::Parse(record);
  SKARN_CHECK(read.has_value() && read->changes()[0].before == text);
  SKARN_CHECK(read->changes()[0].after == text);
  // Cut off anywhere before its last line it is none.
  SKARN_CHECK(!State::Parse(std::string_view(record).substr(0, record.size() - 2)));
}

void CheckText(const std::string& text) {
  SKARN_CHECK(std::ranges::all_of(
      text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
}

void CheckMachine(const Tree& tree) {
  const auto before = tree.Content();
  const MachineFiles files(tree.root());
  Config config;
  const auto choice = TuneToMachine(files, config);
  SKARN_CHECK(choice.has_value() && choice->facts.granted_cpus >= 1);
  for (const Format format : {Format::kText, Format::kJson}) {
    CheckText(ShowReport(*choice, config, format));
    CheckText(CheckReport(CheckHost(files, choice->facts, config), format));
  }
  const auto state = State::Read(files, kState);
  if (!state || files.Exists(kState)) return;
  const Plan plan = MakePlan(
      {.files = files, .facts = choice->facts, .host = choice->host, .state = *state});
  SKARN_CHECK(tree.Content() == before);
  CheckText(PlanReport(plan, Format::kText));
  CheckText(PlanReport(plan, Format::kJson));
  const auto applied = ApplyPlan(files, kState, *state, plan);
  if (!applied) return;
  auto recorded = State::Read(files, kState);
  SKARN_CHECK(recorded.has_value());
  const auto reverted = RevertAll(files, kState, *std::move(recorded));
  CheckText(OutcomeReport(*reverted, "reverted", Format::kJson));
  SKARN_CHECK(reverted->left_alone.empty());
  SKARN_CHECK(tree.Content() == before);
}

}  // namespace
}  // namespace skarn

// The input is a row of (index, length, content).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  skarn::CheckRecord(rest);
  skarn::Tree tree;
  tree.Link("sys/class/net/ens5/device/driver", "../../ena");
  while (rest.size() > 2) {
    const size_t index = static_cast<uint8_t>(rest[0]) % std::size(skarn::kFiles);
    const size_t length = static_cast<uint8_t>(rest[1]);
    tree.Write(skarn::kFiles[index], rest.substr(2, length));
    rest.remove_prefix(std::min(rest.size(), 2 + length));
  }
  skarn::CheckMachine(tree);
  return 0;
}

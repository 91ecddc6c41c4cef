// SPDX-License-Identifier: BSD-3-Clause
#include "machine/detect.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "base/system_call.h"

namespace skarn {
namespace {

constexpr std::string_view kDmi = "/sys/class/dmi/id/";
// The chassis asset tag of every Azure machine.
constexpr std::string_view kAzureTag = "7783-7084-3265-9085-8269-3286-77";

std::string DmiText(const MachineFiles& files, std::string_view name) {
  return files.ReadLine(std::string(kDmi) + std::string(name)).value_or("");
}

// "c7g.4xlarge" and nothing stranger: letters, digits, '-', one '.'.
bool IsInstanceType(std::string_view text) {
  const size_t dot = text.find('.');
  constexpr size_t kTypeMax = 32;
  if (dot == 0 || dot == std::string_view::npos || text.size() > kTypeMax) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

// "KEY: 123 kB" of /proc/meminfo, in bytes.
uint64_t MeminfoBytes(std::string_view text, std::string_view key) {
  for (const std::string_view line : LinesOf(text)) {
    if (!line.starts_with(key) || line.substr(key.size(), 1) != ":") continue;
    const auto words = SplitText(TrimBlanks(line.substr(key.size() + 1)), ' ');
    const auto number = words.empty() ? std::nullopt : NumberOf(words[0]);
    constexpr int64_t kKilobytesMax = int64_t{1} << 48;
    if (number && *number >= 0 && *number <= kKilobytesMax) {
      return static_cast<uint64_t>(*number) * 1024;
    }
  }
  return 0;
}

size_t CountPrefixed(const std::vector<std::string>& names, std::string_view prefix) {
  return static_cast<size_t>(std::ranges::count_if(
      names, [&](const std::string& name) { return name.starts_with(prefix); }));
}

}  // namespace

std::string_view CloudName(Cloud cloud) {
  constexpr std::array<std::string_view, 4> kNames = {"unknown", "ec2", "gce", "azure"};
  return kNames[static_cast<size_t>(cloud)];
}

uint64_t MachineFacts::UsableMemoryBytes() const {
  if (memory_limit_bytes == 0) return memory_bytes;
  if (memory_bytes == 0) return memory_limit_bytes;
  return std::min(memory_bytes, memory_limit_bytes);
}

bool MachineFacts::HasCpusToItself() const {
  constexpr double kRounding = 0.001;
  const size_t count = allowed_cpus.size();
  return count > 0 && count < online_cpus &&
         std::abs(cpu_quota - static_cast<double>(count)) < kRounding;
}

void DetectFirmware(const MachineFiles& files, MachineFacts& facts) {
  facts.system_vendor = DmiText(files, "sys_vendor");
  facts.product = DmiText(files, "product_name");
  facts.bios_vendor = DmiText(files, "bios_vendor");
  const std::string hypervisor_id =
      files.ReadLine("/sys/hypervisor/uuid").value_or("").substr(0, 3);
  const bool is_xen_ec2 =
      hypervisor_id == "ec2" || DmiText(files, "bios_version").contains("amazon");
  if (facts.system_vendor == "Amazon EC2" || is_xen_ec2) {
    facts.cloud = Cloud::kEc2;
    if (IsInstanceType(facts.product)) {
      facts.instance_type = facts.product;
      facts.instance_family = facts.product.substr(0, facts.product.find('.'));
    } else if (!facts.product.empty()) {
      facts.notes.push_back("the product name is not an instance type: not used");
    }
  } else if (facts.product.starts_with("Google")) {
    facts.cloud = Cloud::kGce;
  } else if (DmiText(files, "chassis_asset_tag") == kAzureTag) {
    facts.cloud = Cloud::kAzure;
  }
}

void DetectSystem(const MachineFiles& files, MachineFacts& facts) {
  facts.kernel = files.ReadLine("/proc/sys/kernel/osrelease").value_or("");
  const std::string_view kernel = facts.kernel;
  const auto parts = SplitText(kernel.substr(0, kernel.find('-')), '.');
  const auto part = [&](size_t index) {
    const auto number = index < parts.size() ? NumberOf(parts[index]) : std::nullopt;
    return number && *number >= 0 && *number < 1000 ? static_cast<int>(*number) : 0;
  };
  facts.kernel_major = part(0);
  facts.kernel_minor = part(1);

  // The first mapping of this process tells the size of a page.
  const std::string maps = files.Read("/proc/self/smaps", 4096).value_or("");
  facts.page_bytes = MeminfoBytes(maps, "KernelPageSize");
  if (facts.page_bytes == 0 && files.is_live()) {
    facts.page_bytes = static_cast<size_t>(std::max(0L, sysconf(_SC_PAGESIZE)));
  }
  if (facts.page_bytes != 0 && (facts.page_bytes < 4096 || facts.page_bytes > 65536)) {
    facts.notes.push_back(
        fmt::format("a page of {} bytes is not believed", facts.page_bytes));
    facts.page_bytes = 0;
  }
  const std::string thp = "/sys/kernel/mm/transparent_hugepage/";
  facts.thp = ChosenWord(files.ReadLine(thp + "enabled").value_or(""));
  facts.thp_defrag = ChosenWord(files.ReadLine(thp + "defrag").value_or(""));
  facts.thp_bytes = static_cast<uint64_t>(
      std::max<int64_t>(0, files.ReadInteger(thp + "hpage_pmd_size").value_or(0)));
  facts.clock_source = files
                           .ReadLine(
                               "/sys/devices/system/clocksource/clocksource0/"
                               "current_clocksource")
                           .value_or("");
  if (files.is_live()) facts.system_call_ns = SystemCallNanoseconds();
  const std::string meminfo = files.Read("/proc/meminfo").value_or("");
  facts.memory_bytes = MeminfoBytes(meminfo, "MemTotal");
  facts.swap_bytes = MeminfoBytes(meminfo, "SwapTotal");
}

void DetectVirtualisation(const MachineFiles& files, MachineFacts& facts) {
  if (files.ReadLine("/sys/hypervisor/type") == "xen") {
    facts.virtualisation = "xen";
  } else if (facts.cloud == Cloud::kEc2) {
    const bool is_metal = facts.instance_type.contains(".metal");
    facts.virtualisation = is_metal ? "metal" : "nitro";
  } else if (facts.cloud == Cloud::kGce || facts.system_vendor == "QEMU") {
    facts.virtualisation = "kvm";
  } else if (facts.system_vendor == "Microsoft Corporation") {
    facts.virtualisation = "hyperv";
  } else if (facts.HasFeature("hypervisor")) {
    facts.virtualisation = "some";
  } else if (facts.architecture == "x86_64") {
    facts.virtualisation = "none";
  }
}

void DetectContainer(const MachineFiles& files, MachineFacts& facts) {
  // Every group but the root of the machine has a type. Who has a namespace of groups of
  // his own, as pods do, sees his group at the top, and reads "0::/" as his name.
  for (const auto path : {"/.dockerenv", "/run/.containerenv", "/run/systemd/container",
                          "/sys/fs/cgroup/cgroup.type"}) {
    facts.is_container = facts.is_container || files.Exists(path);
  }
  if (files.is_live() && std::getenv("KUBERNETES_SERVICE_HOST") != nullptr) {
    facts.is_container = true;
  }
  for (const auto path : {"/proc/1/cgroup", "/proc/self/cgroup"}) {
    const std::string text = files.Read(path).value_or("");
    for (const auto word : {"docker", "kubepods", "containerd", "libpod", "/lxc"}) {
      facts.is_container = facts.is_container || text.contains(word);
    }
  }
}

void DetectNics(const MachineFiles& files, MachineFacts& facts) {
  constexpr size_t kNicsMax = 64;
  const std::string net = "/sys/class/net/";
  for (const std::string& name : files.List(net)) {
    const std::string base = net + name;
    if (facts.nics.size() == kNicsMax) break;
    if (!files.Exists(base + "/device")) continue;
    const auto queues = files.List(base + "/queues");
    facts.nics.push_back({.name = name,
                          .driver = files.LinkName(base + "/device/driver"),
                          .rx_queues = CountPrefixed(queues, "rx-"),
                          .tx_queues = CountPrefixed(queues, "tx-")});
  }
}

MachineFacts DetectMachine(const MachineFiles& files) {
  MachineFacts facts;
  DetectFirmware(files, facts);
  DetectCpu(files, facts);
  DetectTopology(files, facts);
  DetectLimits(files, facts);
  DetectSystem(files, facts);
  DetectVirtualisation(files, facts);
  DetectContainer(files, facts);
  DetectNics(files, facts);
  return facts;
}

}  // namespace skarn

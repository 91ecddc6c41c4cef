// SPDX-License-Identifier: BSD-3-Clause
//
// What of the machine this process may use: affinity, cpuset, and the quotas of its
// cgroup and of every group around it, in both versions of cgroups.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "machine/detect.h"

namespace skarn {
namespace {

// v1 writes "no limit" as a number close to 2^63.
constexpr uint64_t kMemoryLimitMax = uint64_t{1} << 60;

struct Limits {
  double cpu_quota = 0;       // 0: none.
  uint64_t memory_bytes = 0;  // 0: none.
  bool has_cpuset = false;
  CpuList cpuset;

  void LimitCpu(double quota) {
    if (quota <= 0 || !std::isfinite(quota)) return;
    cpu_quota = cpu_quota == 0 ? quota : std::min(cpu_quota, quota);
  }
  void LimitMemory(std::optional<int64_t> bytes) {
    if (!bytes || *bytes <= 0 || static_cast<uint64_t>(*bytes) > kMemoryLimitMax) return;
    const uint64_t limit = static_cast<uint64_t>(*bytes);
    memory_bytes = memory_bytes == 0 ? limit : std::min(memory_bytes, limit);
  }
  void LimitCpuset(const std::optional<std::string>& text) {
    if (has_cpuset || !text) return;  // The innermost one is part of the outer ones.
    auto cpus = ParseCpuList(*text);
    if (!cpus || cpus->empty()) return;
    has_cpuset = true;
    cpuset = *std::move(cpus);
  }
};

// "/a/b" -> "/a/b", "/a", "". A path with ".." in it is not ours: only the top then, as
// in a container that sees its own group there.
std::vector<std::string> GroupsAround(std::string path) {
  std::vector<std::string> groups;
  constexpr size_t kDepthMax = 64;
  if (path.starts_with('/') && !path.contains("..")) {
    while (path.size() > 1 && groups.size() < kDepthMax) {
      groups.push_back(path);
      path.erase(path.rfind('/'));
    }
  }
  groups.emplace_back();
  return groups;
}

void ReadV2(const MachineFiles& files, const std::string& path, Limits* limits) {
  for (const std::string& group : GroupsAround(path)) {
    const std::string base = "/sys/fs/cgroup" + group + "/";
    // "max 100000" or "150000 100000".
    const std::string max = files.ReadLine(base + "cpu.max").value_or("");
    const auto words = SplitText(max, ' ');
    if (words.size() == 2) {
      const auto quota = NumberOf(words[0]), period = NumberOf(words[1]);
      if (quota && period && *period > 0) {
        limits->LimitCpu(static_cast<double>(*quota) / static_cast<double>(*period));
      }
    }
    limits->LimitMemory(files.ReadInteger(base + "memory.max"));
    limits->LimitMemory(files.ReadInteger(base + "memory.high"));
    limits->LimitCpuset(files.ReadLine(base + "cpuset.cpus.effective"));
  }
}

// `controllers` is the name of the mounted folder: "cpu,cpuacct".
void ReadV1(const MachineFiles& files, const std::string& controllers,
            const std::string& path, Limits* limits) {
  for (const std::string& group : GroupsAround(path)) {
    const std::string base = fmt::format("/sys/fs/cgroup/{}{}/", controllers, group);
    const auto quota = files.ReadInteger(base + "cpu.cfs_quota_us");
    const auto period = files.ReadInteger(base + "cpu.cfs_period_us");
    if (quota && period && *quota > 0 && *period > 0) {
      limits->LimitCpu(static_cast<double>(*quota) / static_cast<double>(*period));
    }
    limits->LimitMemory(files.ReadInteger(base + "memory.limit_in_bytes"));
    limits->LimitCpuset(files.ReadLine(base + "cpuset.effective_cpus"));
  }
}

Limits ReadGroups(const MachineFiles& files, MachineFacts& facts) {
  Limits limits;
  const std::string text = files.Read("/proc/self/cgroup").value_or("");
  const bool is_v2 = files.Exists("/sys/fs/cgroup/cgroup.controllers");
  const bool is_v1 =
      files.Exists("/sys/fs/cgroup/cpu") || files.Exists("/sys/fs/cgroup/memory");
  constexpr size_t kLinesMax = 64;  // There are about a dozen controllers.
  const auto lines = LinesOf(text);
  for (const std::string_view line :
       std::span(lines).first(std::min(lines.size(), kLinesMax))) {
    // "0::/user.slice" or "4:cpu,cpuacct:/docker/0123".
    const size_t first = line.find(':');
    const size_t second = line.find(':', std::min(line.size(), first + 1));
    if (second == std::string_view::npos) continue;
    const std::string controllers(line.substr(first + 1, second - first - 1));
    const std::string path(TrimBlanks(line.substr(second + 1)));
    if (controllers.empty()) {
      ReadV2(files, path, &limits);
    } else if (!controllers.contains('/')) {
      ReadV1(files, controllers, path, &limits);
    }
  }
  // Whatever this file says, the top of the hierarchy is where a container has its own.
  ReadV2(files, "/", &limits);
  for (const auto controllers : {"cpu", "memory", "cpuset"}) {
    ReadV1(files, controllers, "/", &limits);
  }
  facts.cgroup = is_v2 ? "v2" : is_v1 ? "v1" : "";
  return limits;
}

CpuList AffinityOf(const MachineFiles& files) {
  if (files.is_live()) {
    CpuList cpus = ThreadCpus();
    if (!cpus.empty()) return cpus;
  }
  const std::string status = files.Read("/proc/self/status").value_or("");
  constexpr std::string_view kKey = "Cpus_allowed_list:";
  for (const std::string_view line : LinesOf(status)) {
    if (line.starts_with(kKey)) {
      return ParseCpuList(line.substr(kKey.size())).value_or(CpuList());
    }
  }
  return {};
}

}  // namespace

void DetectLimits(const MachineFiles& files, MachineFacts& facts) {
  const Limits limits = ReadGroups(files, facts);
  facts.cpu_quota = limits.cpu_quota;
  facts.memory_limit_bytes = limits.memory_bytes;

  // The mask names CPUs that may never come; only those that are online count.
  const auto online =
      ParseCpuList(files.ReadLine("/sys/devices/system/cpu/online").value_or(""));
  CpuList allowed = AffinityOf(files);
  const auto keep = [&](const CpuList& among) {
    CpuList both;
    std::ranges::set_intersection(allowed, among, std::back_inserter(both));
    if (!both.empty()) allowed = std::move(both);
  };
  if (allowed.empty()) allowed = online.value_or(CpuList());
  if (online) keep(*online);
  if (limits.has_cpuset) keep(limits.cpuset);
  facts.allowed_cpus = std::move(allowed);

  size_t count = facts.allowed_cpus.size();
  if (count == 0 && files.is_live()) {
    count = static_cast<size_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  }
  if (count == 0) facts.notes.push_back("the count of CPUs is not known: 1 is assumed");
  // Half a CPU still needs a worker.
  if (facts.cpu_quota > 0 && facts.cpu_quota < static_cast<double>(count)) {
    count = static_cast<size_t>(std::ceil(facts.cpu_quota - 0.001));
  }
  facts.granted_cpus = std::max<size_t>(1, count);
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "base/cpus.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace skarn {
namespace {

constexpr double kNoQuota = std::numeric_limits<double>::infinity();

// cgroup v2: "max 100000" or "150000 100000".
double QuotaOfFile(const std::string& path) {
  std::ifstream file(path);
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return kNoQuota;
  return std::atof(quota.c_str()) / period;
}

// The tightest quota of this process's group and those around it.
double QuotaV2() {
  std::ifstream groups("/proc/self/cgroup");
  double quota = QuotaOfFile("/sys/fs/cgroup/cpu.max");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::")) continue;
    for (std::string path = line.substr(3); path.size() > 1;
         path.erase(path.find_last_of('/'))) {
      quota = std::min(quota, QuotaOfFile("/sys/fs/cgroup" + path + "/cpu.max"));
      if (path.find('/') == std::string::npos) break;
    }
  }
  return quota;
}

double QuotaV1() {
  std::ifstream quota_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream period_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  double quota = 0, period = 0;
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) {
    return kNoQuota;
  }
  return quota / period;
}

}  // namespace

size_t GrantedCpuCount() {
  size_t count = static_cast<size_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0) {
    count = std::min(count, static_cast<size_t>(CPU_COUNT(&mask)));
  }
  const double quota = std::min(QuotaV1(), QuotaV2());
  if (quota != kNoQuota) count = std::min(count, static_cast<size_t>(quota + 0.999));
  return std::max<size_t>(1, count);
}

}  // namespace skarn

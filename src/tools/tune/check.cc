// SPDX-License-Identifier: BSD-3-Clause
#include "tools/tune/check.h"

#include <algorithm>

#include <fmt/format.h>

#include "tools/tune/nic_control.h"

namespace skarn {
namespace {

// The limits of EC2 that drop or delay packets without a word.
std::string_view AllowanceAdvice(std::string_view counter) {
  if (counter.starts_with("bw_"))
    return "more traffic than the type may have: a larger one";
  if (counter.starts_with("pps_"))
    return "too many packets a second: pipeline, or a larger type";
  if (counter.starts_with("conntrack_"))
    return "too many connections: let clients keep theirs";
  return "too many requests for DNS, time or metadata: cache them";
}

void CheckNics(const MachineFiles& files, const MachineFacts& facts,
               CheckResult& result) {
  for (const NicFact& nic : facts.nics) {
    const NicValues values = ReadNic(files, nic.name);
    size_t counters = 0;
    for (const auto& [name, value] : values) {
      if (!name.ends_with("_allowance_exceeded")) continue;
      ++counters;
      if (value == "0") continue;
      result.findings.push_back({fmt::format("{}: {} is {}", nic.name, name, value),
                                 std::string(AllowanceAdvice(name))});
    }
    if (nic.driver == "ena" && counters == 0) {
      result.unknown.push_back(nic.name + ": the allowance counters of the ENA driver");
    }
    const auto steering =
        files.ReadLine("/sys/class/net/" + nic.name + "/queues/rx-0/rps_cpus");
    const bool is_off =
        !steering || steering->find_first_not_of("0,") == std::string::npos;
    const size_t queues = nic.rx_queues;
    if (queues > 0 && is_off &&
        facts.allowed_cpus.size() >= std::max<size_t>(4, 2 * queues)) {
      result.findings.push_back(
          {fmt::format("{}: {} queues feed {} CPUs", nic.name, queues,
                       facts.allowed_cpus.size()),
           "more queues (ethtool -L) or packet steering: skarn-tune plan"});
    }
  }
}

// The share of time that the hypervisor gave to others since the start.
void CheckSteal(const MachineFiles& files, CheckResult& result) {
  constexpr size_t kStealField = 8;
  constexpr double kStealShareMax = 0.02;
  const std::string text = files.Read("/proc/stat", 4096).value_or("");
  const auto fields = SplitText(std::string_view(text).substr(0, text.find('\n')), ' ');
  double sum = 0, steal = 0;
  bool is_known = fields.size() > kStealField && fields[0] == "cpu";
  for (size_t i = 1; is_known && i <= kStealField; ++i) {
    const auto number = NumberOf(fields[i]);
    is_known = number.has_value() && *number >= 0;
    if (!is_known) break;
    sum += static_cast<double>(*number);
    if (i == kStealField) steal = static_cast<double>(*number);
  }
  if (!is_known) return result.unknown.push_back("steal time");
  if (sum > 0 && steal / sum > kStealShareMax) {
    result.findings.push_back(
        {fmt::format("steal time is {:.1f} % since the start", 100 * steal / sum),
         "others run on these CPUs: no burstable type, or one without CPU credits "
         "spent"});
  }
}

void CheckMemory(const MachineFiles& files, const MachineFacts& facts,
                 CheckResult& result) {
  if (facts.thp == "always") {
    result.findings.push_back(
        {"transparent huge pages are on for everybody (always)",
         "madvise: the server asks for them itself, everything else only grows"});
  } else if (facts.thp.empty()) {
    result.unknown.push_back("transparent huge pages");
  }
  if (facts.swap_bytes > 0) {
    const auto swappiness = files.ReadInteger("/proc/sys/vm/swappiness");
    if (!swappiness || *swappiness > 1) {
      result.findings.push_back(
          {fmt::format("{} MB of swap with swappiness {}", facts.swap_bytes >> 20,
                       swappiness ? fmt::to_string(*swappiness) : "unknown"),
           "vm.swappiness 1: swap as a safety net only"});
    }
  }
  if (files.ReadInteger("/proc/sys/vm/overcommit_memory") == 2) {
    result.findings.push_back({"vm.overcommit_memory is 2: memory is refused while free",
                               "vm.overcommit_memory 1"});
  }
  if (facts.nodes.size() > 1 &&
      files.ReadInteger("/proc/sys/kernel/numa_balancing").value_or(0) != 0) {
    result.findings.push_back({"the kernel moves pages between NUMA nodes",
                               "kernel.numa_balancing 0: all workers use all keys"});
  }
}

void CheckAgainst(const Config& config, const MachineFiles& files, CheckResult& result) {
  const int64_t backlog = config.Integer(ConfigKey::kTcpBacklog);
  const auto somaxconn = files.ReadInteger("/proc/sys/net/core/somaxconn");
  if (!somaxconn) {
    result.unknown.push_back("net.core.somaxconn");
  } else if (*somaxconn < backlog) {
    result.findings.push_back(
        {fmt::format("net.core.somaxconn is {}: it cuts tcp-backlog {} down", *somaxconn,
                     backlog),
         fmt::format("net.core.somaxconn {}", std::max<int64_t>(4096, backlog))});
  }
  const auto disabled = files.ReadInteger("/proc/sys/kernel/io_uring_disabled");
  const auto loop = config.Enum<ConfigEventLoop>(ConfigKey::kEventLoop);
  if (disabled.value_or(0) > 0 && loop != ConfigEventLoop::kEpoll) {
    result.findings.push_back(
        {fmt::format("kernel.io_uring_disabled is {}: the event loop is epoll",
                     *disabled),
         "kernel.io_uring_disabled 0: io_uring saves most system calls"});
  }
}

void CheckKernel(const MachineFacts& facts, CheckResult& result) {
  for (const auto slow : {"xen", "hpet", "acpi_pm"}) {
    if (facts.clock_source != slow) continue;
    result.findings.push_back({"the clock source is " + facts.clock_source +
                                   ": each look at the clock is a call",
                               "tsc or kvm-clock (kernel option clocksource=tsc)"});
  }
  if (facts.cpu_quota > 0 && facts.cpu_quota < 1) {
    result.findings.push_back(
        {fmt::format("the CPU quota is {:.2f} of one CPU", facts.cpu_quota),
         "at least one CPU: below it every request may wait for the next period"});
  }
  for (const std::string& note : facts.notes) result.unknown.push_back(note);
}

}  // namespace

CheckResult CheckHost(const MachineFiles& files, const MachineFacts& facts,
                      const Config& config) {
  CheckResult result;
  CheckNics(files, facts, result);
  CheckSteal(files, result);
  CheckMemory(files, facts, result);
  CheckAgainst(config, files, result);
  CheckKernel(facts, result);
  return result;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "server/placement.h"

#include <errno.h>
#include <sys/prctl.h>

#include <atomic>
#include <system_error>

#include "base/allocator.h"
#include "base/log.h"
#include "base/memory.h"

namespace skarn {
namespace {

// The list in a directive; empty, with a line in the log, if it is none.
CpuList CpusOf(const Config& config, ConfigKey key) {
  const std::string& text = config.String(key);
  const auto cpus = ParseCpuList(text);
  if (cpus) return *cpus;
  Log(LogLevel::kWarning, "{} '{}' is no list of CPUs: left alone", DirectiveOf(key).name,
      text);
  return {};
}

// Whether a thread can be on these CPUs: 0 or an errno value.
int TryCpus(const CpuList& cpus) {
  const CpuList before = ThreadCpus();
  const int error = SetThreadCpus(cpus);
  if (error == 0) SetThreadCpus(before);
  return error;
}

// The CPUs of a directive if a thread can be there, else `otherwise`.
CpuList PlaceOf(const Config& config, ConfigKey key, const CpuList& otherwise) {
  CpuList cpus = CpusOf(config, key);
  if (cpus.empty()) return otherwise;
  const int error = TryCpus(cpus);
  if (error == 0) return cpus;
  Log(LogLevel::kWarning, "{} is left alone: {}", DirectiveOf(key).name,
      std::generic_category().message(error));
  return otherwise;
}

// The CPU of each worker; none, with a line in the log, where they cannot be pinned.
CpuList PlacesOfWorkers(const Config& config, const CpuList& process) {
  const size_t count = static_cast<size_t>(config.Integer(ConfigKey::kIoThreads));
  if (count > process.size()) {
    Log(LogLevel::kWarning, "worker-pinning is left alone: {} workers on {} CPUs", count,
        process.size());
    return {};
  }
  // With one CPU to spare it is the first one: that is where most interrupts arrive.
  CpuList cpus(process.end() - static_cast<ptrdiff_t>(count), process.end());
  for (const int cpu : cpus) {
    const int error = TryCpus({cpu});
    if (error == 0) continue;
    Log(LogLevel::kWarning, "worker-pinning is left alone: {}",
        std::generic_category().message(error));
    return {};
  }
  return cpus;
}

bool NamesPlaces(const Config& config) {
  return config.Bool(ConfigKey::kWorkerPinning) ||
         !config.String(ConfigKey::kServerCpulist).empty() ||
         !config.String(ConfigKey::kBgsaveCpulist).empty() ||
         !config.String(ConfigKey::kBioCpulist).empty();
}

}  // namespace

ThreadPlaces PlaceThreads(const Config& config) {
  ThreadPlaces places;
  places.process = ThreadCpus();
  places.saver = places.background = places.process;
  if (!NamesPlaces(config)) return places;
  if (IsSettingCpusDeadly()) {
    Log(LogLevel::kWarning,
        "worker-pinning and the lists of CPUs are left alone: a filter of system calls "
        "ends programs that choose their CPUs");
    return places;
  }
  const CpuList wanted = PlaceOf(config, ConfigKey::kServerCpulist, {});
  if (!wanted.empty()) SetThreadCpus(wanted);
  places.process = ThreadCpus();
  places.saver = PlaceOf(config, ConfigKey::kBgsaveCpulist, places.process);
  places.background = PlaceOf(config, ConfigKey::kBioCpulist, places.process);
  if (config.Bool(ConfigKey::kWorkerPinning)) {
    places.workers = PlacesOfWorkers(config, places.process);
  }
  return places;
}

void RunOn(const CpuList& cpus, void (*start)()) {
  const CpuList before = ThreadCpus();
  const bool is_moved = !cpus.empty() && cpus != before && SetThreadCpus(cpus) == 0;
  start();
  if (is_moved) SetThreadCpus(before);
}

void PinWorker(const ThreadPlaces& places, size_t index) {
  static std::atomic<bool> was_refused{false};
  if (index >= places.workers.size()) return;
  const int error = SetThreadCpus({places.workers[index]});
  if (error == 0 || was_refused.exchange(true, std::memory_order_relaxed)) return;
  Log(LogLevel::kWarning, "worker-pinning is left alone: {}",
      std::generic_category().message(error));
}

void ApplyAllocatorSettings(const Config& config) {
  allocator::SetDecay(config.Integer(ConfigKey::kAllocatorDecayMs));
  if (config.Bool(ConfigKey::kSlabHugepages) && !memory::UseHugePages()) {
    Log(LogLevel::kWarning, "slab-hugepages is left alone: not with this allocator");
  }
  // Where the host gives huge pages to everybody, half-used ones would cost memory.
  if (config.Bool(ConfigKey::kDisableThp) && !config.Bool(ConfigKey::kSlabHugepages) &&
      prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0) {
    Log(LogLevel::kWarning, "disable-thp is left alone: {}",
        std::generic_category().message(errno));
  }
}

void LogMachine(const MachineChoice& choice) {
  const MachineFacts& facts = choice.facts;
  Log(LogLevel::kNotice, "Machine: {}, {} CPUs granted, profile {}{}",
      facts.instance_type.empty() ? std::string(CloudName(facts.cloud))
                                  : facts.instance_type,
      facts.granted_cpus, choice.profile,
      choice.why.empty() ? "" : " (" + choice.why + ")");
  for (const std::string& note : facts.notes) Log(LogLevel::kNotice, "Machine: {}", note);
  for (const MachineSetting& setting : choice.settings) {
    if (setting.left_alone.empty()) continue;
    const bool is_wanted = setting.left_alone == kGivenOtherwise;
    Log(is_wanted ? LogLevel::kVerbose : LogLevel::kNotice,
        "Machine: {} {} is left alone: {}", setting.name, setting.value,
        setting.left_alone);
  }
}

}  // namespace skarn

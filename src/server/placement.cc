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

// The CPUs of a directive if a thread can be there, else `otherwise`.
CpuList PlaceOf(const Config& config, ConfigKey key, const CpuList& otherwise) {
  CpuList cpus = CpusOf(config, key);
  if (cpus.empty()) return otherwise;
  const CpuList before = ThreadCpus();
  const int error = SetThreadCpus(cpus);
  if (error == 0) {
    SetThreadCpus(before);
    return cpus;
  }
  Log(LogLevel::kWarning, "{} is left alone: {}", DirectiveOf(key).name,
      std::generic_category().message(error));
  return otherwise;
}

}  // namespace

ThreadPlaces PlaceThreads(const Config& config) {
  ThreadPlaces places;
  const CpuList wanted = PlaceOf(config, ConfigKey::kServerCpulist, {});
  if (!wanted.empty()) SetThreadCpus(wanted);
  places.process = ThreadCpus();
  places.saver = PlaceOf(config, ConfigKey::kBgsaveCpulist, places.process);
  places.background = PlaceOf(config, ConfigKey::kBioCpulist, places.process);
  if (!config.Bool(ConfigKey::kWorkerPinning)) return places;
  const size_t count = static_cast<size_t>(config.Integer(ConfigKey::kIoThreads));
  if (count > places.process.size()) {
    Log(LogLevel::kWarning, "worker-pinning is left alone: {} workers on {} CPUs", count,
        places.process.size());
    return places;
  }
  // With one CPU to spare it is the first one: that is where most interrupts arrive.
  const auto first = places.process.end() - static_cast<ptrdiff_t>(count);
  places.workers.assign(first, places.process.end());
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
    Log(LogLevel::kVerbose, "Machine: {} {} is left alone: {}", setting.name,
        setting.value, setting.left_alone);
  }
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// INFO machine: what was detected, which profile was chosen, and where each setting that
// depends on the machine has its value from.
#include <algorithm>

#include "machine/cpu_list.h"
#include "server/info.h"
#include "server/server.h"

namespace skarn {
namespace {

// What a profile may set, and what else says where threads run.
constexpr ConfigKey kMachineKeys[] = {
    ConfigKey::kIoThreads,     ConfigKey::kWorkerPinning,
    ConfigKey::kServerCpulist, ConfigKey::kBioCpulist,
    ConfigKey::kBgsaveCpulist, ConfigKey::kEventLoop,
    ConfigKey::kSimd,          ConfigKey::kPrefetchBatchMaxSize,
    ConfigKey::kTcpBacklog,    ConfigKey::kAllocatorDecayMs,
    ConfigKey::kSlabHugepages, ConfigKey::kSaveThreads,
};

// The texts are the machine's own: nothing of them may look like another line.
std::string OneLine(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c < ' '; }, ' ');
  return text;
}

}  // namespace

void InfoMachine(Server& server, InfoText& out) {
  const MachineChoice& choice = server.machine();
  for (const auto& [name, value] : DescribeFacts(choice.facts)) {
    out.Add("machine_" + name, OneLine(value));
  }
  for (size_t i = 0; i < choice.facts.notes.size(); ++i) {
    out.Add(fmt::format("machine_note{}", i), OneLine(choice.facts.notes[i]));
  }
  out.Add("profile", choice.profile);
  out.Add("profile_match", choice.why);
  out.Add("profile_summary", choice.summary);
  const Config& config = server.config();
  for (const ConfigKey key : kMachineKeys) {
    std::string line = fmt::format("value={},origin={}", config.Text(key),
                                   ValueOriginName(config.origin(key)));
    const std::string remark = ProfileRemark(choice, config, key);
    if (!remark.empty()) line += "," + remark;
    out.Add(fmt::format("setting_{}", DirectiveOf(key).name), line);
  }
  out.Add("workers_pinned_to", FormatCpuList(server.places().workers));
}

}  // namespace skarn

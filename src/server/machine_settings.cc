// SPDX-License-Identifier: BSD-3-Clause
#include "server/machine_settings.h"

#include <algorithm>

#include "arch/kernels.h"

namespace skarn {
namespace {

constexpr std::string_view kHostPrefix = "host.";

// "Given" as far as the profile is concerned: io-threads 0 leaves the choice to us.
bool IsGiven(const Config& config, ConfigKey key) {
  if (key == ConfigKey::kIoThreads && config.Integer(key) == 0) return false;
  return config.IsGiven(key);
}

bool CanRunKernels(const std::string& name) {
  const auto rows = CompiledKernels();
  return std::ranges::any_of(
      rows, [&](const Kernels* row) { return row->name == name && row->is_supported(); });
}

// Why a value must not be put in force on this machine, whatever the profile says.
std::string Objection(ConfigKey key, const std::string& value, const Config& config,
                      const MachineFacts& facts) {
  if (IsGiven(config, key)) return "the configuration says otherwise";
  if (key == ConfigKey::kWorkerPinning && value == "yes") {
    if (facts.cpu_quota > 0) return "with a CPU quota the kernel must place threads";
    if (facts.is_container) return "a container shares its CPUs with others";
  }
  if (key == ConfigKey::kSimd && value != "auto" && !CanRunKernels(value)) {
    return "this CPU or this program has no such kernels";
  }
  if (key == ConfigKey::kSlabHugepages && value == "yes") {
    if (config.IsGiven(ConfigKey::kDisableThp) && config.Bool(ConfigKey::kDisableThp)) {
      return "the configuration says disable-thp yes";
    }
    if (facts.thp.empty() || facts.thp == "never") return "the system gives none";
  }
  return {};
}

void PutInForce(const Profile& profile, Config& config, MachineChoice& choice) {
  for (const ProfileValue& value : ProfileValues(profile, choice.facts)) {
    if (value.name.starts_with(kHostPrefix)) {
      choice.host.push_back(
          {value.name.substr(kHostPrefix.size()), value.value, value.reason});
      continue;
    }
    MachineSetting setting{value.name, value.value, value.reason, {}};
    const ConfigDirective* const row = FindDirective(value.name);
    if (row == nullptr) {
      setting.left_alone = "there is no such directive";
    } else {
      setting.left_alone = Objection(row->key, value.value, config, choice.facts);
    }
    if (setting.left_alone.empty()) {
      if (Result<> adopted = config.Adopt(row->key, value.value); !adopted) {
        setting.left_alone = adopted.error().text;
      }
    }
    choice.settings.push_back(std::move(setting));
  }
}

}  // namespace

Result<MachineChoice> TuneToMachine(const MachineFiles& files, Config& config) {
  MachineChoice choice;
  choice.facts = DetectMachine(files);
  const std::string& wanted = config.String(ConfigKey::kMachineProfile);
  if (EqualsIgnoreCase(wanted, "auto")) {
    ProfileMatch match = MatchProfile(choice.facts);
    choice.profile = match.profile.name;
    choice.why = std::move(match.why);
    choice.summary = match.profile.summary;
    PutInForce(match.profile, config, choice);
  } else if (!EqualsIgnoreCase(wanted, "none")) {
    auto profile = FindProfile(ToLower(wanted));
    if (!profile) return std::unexpected(std::move(profile.error()));
    choice.profile = profile->name;
    choice.why = "asked for";
    choice.summary = profile->summary;
    PutInForce(*profile, config, choice);
  }
  if (config.Integer(ConfigKey::kIoThreads) <= 0) {
    config.Resolve(ConfigKey::kIoThreads,
                   static_cast<int64_t>(choice.facts.granted_cpus));
  }
  return choice;
}

void AdoptChoice(const MachineChoice& choice, Config& config) {
  for (const MachineSetting& setting : choice.settings) {
    const ConfigDirective* const row = FindDirective(setting.name);
    if (row == nullptr) continue;
    if (!Objection(row->key, setting.value, config, choice.facts).empty()) continue;
    (void)config.Adopt(row->key, setting.value);  // Refused at the start: still refused.
  }
}

}  // namespace skarn

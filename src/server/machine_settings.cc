// SPDX-License-Identifier: BSD-3-Clause
#include "server/machine_settings.h"

#include <algorithm>

#include <fmt/format.h>

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
  if (IsGiven(config, key)) return std::string(kGivenOtherwise);
  if (key == ConfigKey::kWorkerPinning && value == "yes") {
    const double cpus = static_cast<double>(facts.allowed_cpus.size());
    if (facts.cpu_quota > 0 && facts.cpu_quota < cpus) {
      return "with a CPU quota the kernel must place threads";
    }
    if (facts.is_container && !facts.HasCpusToItself()) {
      return "a container shares its CPUs with others";
    }
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

// Machines may have more CPUs than there may be workers.
std::string WithinLimits(ConfigKey key, const std::string& value) {
  const auto number = key == ConfigKey::kIoThreads ? NumberOf(value) : std::nullopt;
  return number ? fmt::to_string(std::min(*number, kIoThreadsMax)) : value;
}

// Puts the value in force, or tells why it is left alone.
void Settle(const MachineFacts& facts, Config& config, MachineSetting& setting) {
  const ConfigDirective* const row = FindDirective(setting.name);
  if (row == nullptr) {
    setting.left_alone = "there is no such directive";
    return;
  }
  setting.value = WithinLimits(row->key, setting.value);
  setting.left_alone = Objection(row->key, setting.value, config, facts);
  if (!setting.left_alone.empty()) return;
  if (Result<> adopted = config.Adopt(row->key, setting.value); !adopted) {
    setting.left_alone = adopted.error().text;
  }
}

void PutInForce(const Profile& profile, Config& config, MachineChoice& choice) {
  for (const ProfileValue& value : ProfileValues(profile, choice.facts)) {
    if (value.name.starts_with(kHostPrefix)) {
      choice.host.push_back(
          {value.name.substr(kHostPrefix.size()), value.value, value.reason});
      continue;
    }
    MachineSetting setting{value.name, value.value, value.reason, {}};
    Settle(choice.facts, config, setting);
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
    const auto granted = static_cast<int64_t>(choice.facts.granted_cpus);
    config.Resolve(ConfigKey::kIoThreads, std::min(granted, kIoThreadsMax));
  }
  return choice;
}

std::vector<MachineSetting> AdoptChoice(const MachineChoice& choice, Config& config) {
  std::vector<MachineSetting> settings = choice.settings;
  for (MachineSetting& setting : settings) Settle(choice.facts, config, setting);
  return settings;
}

std::string ProfileRemark(const MachineChoice& choice, const Config& config,
                          ConfigKey key) {
  const auto found =
      std::ranges::find(choice.settings, DirectiveOf(key).name, &MachineSetting::name);
  if (found == choice.settings.end()) return {};
  if (config.origin(key) == ValueOrigin::kProfile) return "reason=" + found->reason;
  if (!found->left_alone.empty()) return "left_alone=" + found->left_alone;
  return fmt::format("left_alone={}", kGivenOtherwise);  // By CONFIG SET.
}

}  // namespace skarn

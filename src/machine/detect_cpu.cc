// SPDX-License-Identifier: BSD-3-Clause
//
// The CPU: who made it, what it can do, how its threads, cores, caches and nodes hang
// together.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/bytes.h"
#include "machine/detect.h"

namespace skarn {
namespace {

constexpr std::string_view kCpuFolder = "/sys/devices/system/cpu/";
constexpr uint64_t kCacheBytesMax = uint64_t{16} << 30;  // The largest sold have 1 GB.

// Names of Arm cores by implementer and part, as /proc/cpuinfo gives them.
struct ArmCore {
  std::string_view id, name;
};
constexpr ArmCore kArmCores[] = {
    {"arm-41-d0c", "Neoverse N1"}, {"arm-41-d40", "Neoverse V1"},
    {"arm-41-d49", "Neoverse N2"}, {"arm-6d-d49", "Azure Cobalt 100"},
    {"arm-41-d4f", "Neoverse V2"}, {"arm-41-d84", "Neoverse V3"},
    {"arm-41-d8e", "Neoverse N3"}, {"arm-c0-ac3", "AmpereOne"},
    {"arm-c0-ac4", "AmpereOne A"},
};

using CpuinfoFields = std::map<std::string, std::string, std::less<>>;

// The "key : value" lines of the first CPU.
CpuinfoFields FirstCpu(std::string_view text) {
  CpuinfoFields fields;
  for (const std::string_view line : LinesOf(text)) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string key(TrimBlanks(line.substr(0, colon)));
    if (fields.contains(key)) break;  // The next CPU begins.
    fields[key] = std::string(TrimBlanks(line.substr(colon + 1)));
  }
  return fields;
}

std::string FieldOf(const CpuinfoFields& fields, std::string_view key) {
  const auto found = fields.find(key);
  if (found == fields.end()) return {};
  const bool is_text =
      std::ranges::all_of(found->second, [](char c) { return c >= ' ' && c <= '~'; });
  return is_text ? found->second : std::string();
}

// "0x41" -> "41", in lower case; empty for what is no such number.
std::string HexDigits(std::string text) {
  if (text.starts_with("0x")) text.erase(0, 2);
  for (char& c : text) c = ToLower(c);
  const bool is_hex = !text.empty() && text.size() <= 8 &&
                      text.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hex ? text : std::string();
}

// The implementer and part in the MIDR register, for kernels whose /proc/cpuinfo lacks
// them.
std::string ArmIdOfRegister(const MachineFiles& files) {
  const std::string digits =
      files.ReadLine(std::string(kCpuFolder) + "cpu0/regs/identification/midr_el1")
          .value_or("");
  if (!digits.starts_with("0x") || digits.size() != 18) return {};
  const std::string midr = HexDigits(digits.substr(10));
  if (midr.empty()) return {};
  return fmt::format("arm-{}-{}", midr.substr(0, 2), midr.substr(4, 3));
}

void DetectArm(const MachineFiles& files, const CpuinfoFields& fields,
               MachineFacts& facts) {
  facts.architecture = "aarch64";
  const std::string implementer = HexDigits(FieldOf(fields, "CPU implementer"));
  const std::string part = HexDigits(FieldOf(fields, "CPU part"));
  facts.cpu_id = implementer.empty() || part.empty()
                     ? ArmIdOfRegister(files)
                     : fmt::format("arm-{}-{}", implementer, part);
  for (const ArmCore& core : kArmCores) {
    if (core.id == facts.cpu_id) facts.cpu_model = core.name;
  }
}

void DetectX86(const CpuinfoFields& fields, MachineFacts& facts) {
  facts.architecture = "x86_64";
  facts.cpu_model = FieldOf(fields, "model name");
  const std::string vendor = FieldOf(fields, "vendor_id");
  const auto family = NumberOf(FieldOf(fields, "cpu family"));
  const auto model = NumberOf(FieldOf(fields, "model"));
  const std::string_view maker = vendor == "GenuineIntel"   ? "intel"
                                 : vendor == "AuthenticAMD" ? "amd"
                                                            : "";
  if (maker.empty() || !family || !model) return;
  facts.cpu_id = fmt::format("{}-{}-{}", maker, *family, *model);
}

// "48K", "1280K", "36M". 0 for what is none.
uint64_t SizeOf(std::string_view text) {
  if (text.empty()) return 0;
  const char unit = text.back();
  const unsigned shift = unit == 'K' ? 10 : unit == 'M' ? 20 : unit == 'G' ? 30 : 0;
  if (shift != 0) text.remove_suffix(1);
  const auto number = NumberOf(text);
  constexpr int64_t kNumberMax = int64_t{1} << 32;
  if (!number || *number < 0 || *number > kNumberMax) return 0;
  return static_cast<uint64_t>(*number) << shift;
}

void DetectCaches(const MachineFiles& files, MachineFacts& facts) {
  const std::string folder = std::string(kCpuFolder) + "cpu0/cache/";
  for (const std::string& name : files.List(folder)) {
    if (!name.starts_with("index")) continue;
    const std::string base = folder + name;
    CacheFact cache;
    cache.level = static_cast<int>(files.ReadInteger(base + "/level").value_or(0));
    cache.type = files.ReadLine(base + "/type").value_or("");
    cache.size_bytes = SizeOf(files.ReadLine(base + "/size").value_or(""));
    const auto shared = files.ReadLine(base + "/shared_cpu_list");
    if (shared) cache.shared_by = ParseCpuList(*shared).value_or(CpuList());
    const int64_t line = files.ReadInteger(base + "/coherency_line_size").value_or(0);
    if (line >= 16 && line <= 4096) facts.cache_line_bytes = static_cast<size_t>(line);
    if (cache.size_bytes > kCacheBytesMax) {
      facts.notes.push_back(
          fmt::format("a cache of {} GB is not believed", cache.size_bytes >> 30));
      cache.size_bytes = 0;
    }
    if (cache.level >= 1 && cache.level <= 4) facts.caches.push_back(std::move(cache));
  }
}

void DetectNodes(const MachineFiles& files, MachineFacts& facts) {
  const std::string folder = "/sys/devices/system/node/";
  for (const std::string& name : files.List(folder)) {
    if (!name.starts_with("node")) continue;
    const auto id = NumberOf(std::string_view(name).substr(4));
    if (!id || *id < 0 || *id > kCpuNumberMax) continue;
    const auto list = files.ReadLine(folder + name + "/cpulist");
    NodeFact node{.id = static_cast<int>(*id),
                  .cpus = ParseCpuList(list.value_or("")).value_or(CpuList())};
    facts.nodes.push_back(std::move(node));
  }
  std::ranges::sort(facts.nodes, {}, &NodeFact::id);
}

}  // namespace

void DetectCpu(const MachineFiles& files, MachineFacts& facts) {
  const std::string text = files.Read("/proc/cpuinfo", 64 * 1024).value_or("");
  const CpuinfoFields fields = FirstCpu(text);
  if (fields.contains("CPU implementer") || !ArmIdOfRegister(files).empty()) {
    DetectArm(files, fields, facts);
  } else if (fields.contains("vendor_id")) {
    DetectX86(fields, facts);
  }
  const bool is_arm = facts.architecture == "aarch64";
  constexpr size_t kFeaturesMax = 1024;
  const std::string features = FieldOf(fields, is_arm ? "Features" : "flags");
  for (const std::string_view name : SplitText(features, ' ')) {
    if (facts.features.size() < kFeaturesMax) facts.features.emplace(name);
  }
}

void DetectTopology(const MachineFiles& files, MachineFacts& facts) {
  const std::string folder(kCpuFolder);
  const auto online = files.ReadLine(folder + "online");
  const auto cpus = online ? ParseCpuList(*online) : std::nullopt;
  if (files.Exists(folder + "online") && (!cpus || cpus->empty())) {
    facts.notes.push_back("the list of online CPUs makes no sense: not used");
  }
  std::set<int64_t> packages;
  std::set<std::pair<int64_t, int64_t>> cores;
  size_t known = 0;
  for (const int cpu : cpus.value_or(CpuList())) {
    const std::string base = fmt::format("{}cpu{}/topology/", folder, cpu);
    const auto package = files.ReadInteger(base + "physical_package_id");
    const auto core = files.ReadInteger(base + "core_id");
    if (!package || !core) continue;
    ++known;
    packages.insert(*package);
    cores.emplace(*package, *core);
  }
  facts.online_cpus = cpus ? cpus->size() : 0;
  // A part of the CPUs tells nothing about the whole.
  if (known > 0 && known == facts.online_cpus) {
    facts.packages = packages.size();
    facts.cores = cores.size();
    facts.threads_per_core = facts.online_cpus / facts.cores;
  }
  DetectCaches(files, facts);
  DetectNodes(files, facts);
}

}  // namespace skarn

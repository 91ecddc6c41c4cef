// SPDX-License-Identifier: BSD-3-Clause
//
// The facts in words.
#include <algorithm>

#include <fmt/format.h>

#include "machine/facts.h"

namespace skarn {
namespace {

std::string OrUnknown(std::string text) {
  return text.empty() ? "unknown" : std::move(text);
}
std::string OrUnknown(uint64_t number) {
  return number == 0 ? "unknown" : fmt::format("{}", number);
}

std::string CacheText(const MachineFacts& facts) {
  std::string text;
  for (const CacheFact& cache : facts.caches) {
    if (cache.type == "Instruction" || cache.size_bytes == 0) continue;
    fmt::format_to(std::back_inserter(text), "{}L{}={}K/{}", text.empty() ? "" : ",",
                   cache.level, cache.size_bytes >> 10,
                   std::max<size_t>(1, cache.shared_by.size()));
  }
  return OrUnknown(std::move(text));
}

std::string NicText(const MachineFacts& facts) {
  std::string text;
  for (const NicFact& nic : facts.nics) {
    fmt::format_to(std::back_inserter(text), "{}{}={},rx={},tx={}",
                   text.empty() ? "" : ";", nic.name, OrUnknown(nic.driver),
                   nic.rx_queues, nic.tx_queues);
  }
  return OrUnknown(std::move(text));
}

// Of the features those that decide how something is done here.
std::string FeatureText(const MachineFacts& facts) {
  constexpr std::string_view kTelling[] = {"sse4_2", "popcnt",     "pclmulqdq", "aes",
                                           "avx2",   "avx512f",    "avx512bw",  "vaes",
                                           "gfni",   "vpclmulqdq", "crc32",     "atomics",
                                           "pmull",  "sha3",       "sve",       "sve2"};
  std::string text;
  for (const std::string_view name : kTelling) {
    if (!facts.HasFeature(std::string(name))) continue;
    if (!text.empty()) text += ',';
    text += name;
  }
  return OrUnknown(std::move(text));
}

std::string QuotaText(const MachineFacts& facts) {
  return facts.cpu_quota == 0 ? "none" : fmt::format("{:.2f}", facts.cpu_quota);
}

std::string LimitText(const MachineFacts& facts) {
  if (facts.memory_limit_bytes == 0) return "none";
  return fmt::format("{}", facts.memory_limit_bytes);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> DescribeFacts(
    const MachineFacts& facts) {
  return {
      {"cloud", std::string(CloudName(facts.cloud))},
      {"instance_type", OrUnknown(facts.instance_type)},
      {"system_vendor", OrUnknown(facts.system_vendor)},
      {"product", OrUnknown(facts.product)},
      {"virtualisation", OrUnknown(facts.virtualisation)},
      {"container", facts.is_container ? "yes" : "no"},
      {"architecture", OrUnknown(facts.architecture)},
      {"cpu", OrUnknown(facts.cpu_model)},
      {"cpu_id", OrUnknown(facts.cpu_id)},
      {"cpu_features", FeatureText(facts)},
      {"cpus_online", OrUnknown(facts.online_cpus)},
      {"cpu_cores", OrUnknown(facts.cores)},
      {"threads_per_core", OrUnknown(facts.threads_per_core)},
      {"cpu_caches", CacheText(facts)},
      {"cache_line_bytes", OrUnknown(facts.cache_line_bytes)},
      {"numa_nodes", OrUnknown(facts.nodes.size())},
      {"cpus_allowed", OrUnknown(FormatCpuList(facts.allowed_cpus))},
      {"cgroup", facts.cgroup.empty() ? "none" : facts.cgroup},
      {"cpu_quota", QuotaText(facts)},
      {"cpus_granted", fmt::format("{}", facts.granted_cpus)},
      {"memory_bytes", OrUnknown(facts.memory_bytes)},
      {"memory_limit_bytes", LimitText(facts)},
      {"swap_bytes", fmt::format("{}", facts.swap_bytes)},
      {"page_bytes", OrUnknown(facts.page_bytes)},
      {"kernel", OrUnknown(facts.kernel)},
      {"clock_source", OrUnknown(facts.clock_source)},
      {"system_call_ns", OrUnknown(facts.system_call_ns)},
      {"transparent_hugepages", OrUnknown(facts.thp)},
      {"transparent_hugepage_bytes", OrUnknown(facts.thp_bytes)},
      {"network", NicText(facts)},
  };
}

}  // namespace skarn

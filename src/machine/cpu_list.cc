// SPDX-License-Identifier: BSD-3-Clause
#include "machine/cpu_list.h"

#include <sched.h>

#include <algorithm>
#include <bitset>
#include <cerrno>

#include <fmt/format.h>

#include "base/system_call.h"
#include "machine/files.h"

namespace skarn {
namespace {

constexpr size_t kSetBytes = CPU_ALLOC_SIZE(kCpuNumberMax + 1);

// A kernel mask large enough for every number that ParseCpuList accepts.
struct CpuMask {
  CpuMask() : set(CPU_ALLOC(kCpuNumberMax + 1)) { CPU_ZERO_S(kSetBytes, set); }
  ~CpuMask() { CPU_FREE(set); }
  CpuMask(const CpuMask&) = delete;
  CpuMask& operator=(const CpuMask&) = delete;
  cpu_set_t* const set;
};

std::optional<int> CpuNumber(std::string_view text) {
  const auto number = NumberOf(TrimBlanks(text));
  if (!number || *number < 0 || *number > kCpuNumberMax) return std::nullopt;
  return static_cast<int>(*number);
}

using CpuBits = std::bitset<kCpuNumberMax + 1>;

// "4", "0-7" or "0-7:2".
bool AddRange(std::string_view text, CpuBits* cpus) {
  const size_t dash = text.find('-');
  const auto first = CpuNumber(text.substr(0, dash));
  if (!first) return false;
  if (dash == std::string_view::npos) {
    cpus->set(static_cast<size_t>(*first));
    return true;
  }
  text.remove_prefix(dash + 1);
  const size_t colon = text.find(':');
  const auto last = CpuNumber(text.substr(0, colon));
  const auto step = colon == std::string_view::npos ? std::optional<int>(1)
                                                    : CpuNumber(text.substr(colon + 1));
  if (!last || !step || *step < 1 || *last < *first) return false;
  for (int cpu = *first; cpu <= *last; cpu += *step) cpus->set(static_cast<size_t>(cpu));
  return true;
}

}  // namespace

std::optional<CpuList> ParseCpuList(std::string_view text) {
  text = TrimBlanks(text);
  constexpr size_t kTextMax = 64 * 1024;
  if (text.size() > kTextMax) return std::nullopt;
  CpuBits bits;
  for (const std::string_view part : SplitText(text, ',')) {
    if (!AddRange(TrimBlanks(part), &bits)) return std::nullopt;
  }
  CpuList cpus;
  for (int cpu = 0; cpu <= kCpuNumberMax && bits.any(); ++cpu) {
    if (bits.test(static_cast<size_t>(cpu))) cpus.push_back(cpu);
  }
  return cpus;
}

std::string FormatCpuList(const CpuList& cpus) {
  std::string text;
  for (size_t i = 0; i < cpus.size();) {
    size_t end = i + 1;
    while (end < cpus.size() && cpus[end] == cpus[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    text += end - i == 1 ? fmt::format("{}", cpus[i])
                         : fmt::format("{}-{}", cpus[i], cpus[end - 1]);
    i = end;
  }
  return text;
}

std::string FormatCpuMask(const CpuList& cpus) {
  if (cpus.empty()) return "0";
  std::vector<uint32_t> words(static_cast<size_t>(cpus.back()) / 32 + 1);
  for (const int cpu : cpus) words[static_cast<size_t>(cpu) / 32] |= 1u << (cpu % 32);
  std::string text = fmt::format("{:x}", words.back());
  for (size_t i = words.size() - 1; i-- > 0;) text += fmt::format(",{:08x}", words[i]);
  return text;
}

int SetThreadCpus(const CpuList& cpus) {
  CpuMask mask;
  for (const int cpu : cpus) CPU_SET_S(static_cast<size_t>(cpu), kSetBytes, mask.set);
  return sched_setaffinity(0, kSetBytes, mask.set) == 0 ? 0 : errno;
}

bool IsSettingCpusDeadly() {
  return IsDeadly([] {
    CpuMask mask;
    if (sched_getaffinity(0, kSetBytes, mask.set) == 0) {
      (void)sched_setaffinity(0, kSetBytes, mask.set);
    }
  });
}

CpuList ThreadCpus() {
  CpuMask mask;
  CpuList cpus;
  if (sched_getaffinity(0, kSetBytes, mask.set) != 0) return cpus;
  for (int cpu = 0; cpu <= kCpuNumberMax; ++cpu) {
    if (CPU_ISSET_S(static_cast<size_t>(cpu), kSetBytes, mask.set)) cpus.push_back(cpu);
  }
  return cpus;
}

}  // namespace skarn

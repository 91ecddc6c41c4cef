// SPDX-License-Identifier: BSD-3-Clause
//
// Values of the kernel that go into a file of sysctl.d, and transparent huge pages.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "tools/tune/plan.h"

namespace skarn {
namespace {

constexpr std::string_view kSysctlFile = "/etc/sysctl.d/60-skarn-tune.conf";

// kLastAtLeast is for "4096 131072 6291456": least, default and most.
enum class Rule : uint8_t { kExactly, kAtLeast, kAtMost, kLastAtLeast };

struct SysctlRow {
  std::string key;
  Rule rule;
  int64_t value;
  std::string reason;
};

std::string PathOf(const std::string& key) {
  std::string path = "/proc/sys/" + key;
  std::ranges::replace(path, '.', '/');
  return path;
}

// 0 where no card asks for it.
int64_t FreeKilobytesFor(const MachineFacts& facts) {
  // The rings of a card do not hold more: 32 queues, 16384 packets each, a page a packet.
  constexpr uint64_t kKilobytesMax = uint64_t{2} << 20;
  const bool has_ena = std::ranges::any_of(
      facts.nics, [](const NicFact& nic) { return nic.driver == "ena"; });
  if (!has_ena) return 0;
  return static_cast<int64_t>(std::min(facts.memory_bytes / 1024 / 100, kKilobytesMax));
}

std::vector<SysctlRow> RowsFor(const PlanMaker& maker) {
  constexpr int64_t kMebibyte = 1 << 20;
  std::vector<SysctlRow> rows = {
      {"net.core.somaxconn", Rule::kAtLeast, 4096,
       "it caps tcp-backlog: a crowd of clients coming back must find room"},
      {"net.ipv4.tcp_max_syn_backlog", Rule::kAtLeast, 8192,
       "the same for connections that are half open"},
      {"net.core.netdev_max_backlog", Rule::kAtLeast, 5000,
       "packets waiting for a CPU are dropped above it"},
      {"net.ipv4.tcp_slow_start_after_idle", Rule::kExactly, 0,
       "pools and replicas that were idle start at full speed"},
      {"net.ipv4.tcp_rmem", Rule::kLastAtLeast, 16 * kMebibyte,
       "replication over a long way needs a large window: TCP grows it up to the last "
       "number"},
      {"net.ipv4.tcp_wmem", Rule::kLastAtLeast, 16 * kMebibyte, "the same for sending"},
      {"vm.overcommit_memory", Rule::kExactly, 1,
       "large blocks are not refused while memory is free, nor the fork of a stock "
       "server beside this one"},
      {"vm.swappiness", Rule::kAtMost, 1, "a key that was swapped out costs a disk read"},
  };
  const MachineFacts& facts = maker.request().facts;
  if (const int64_t wanted = FreeKilobytesFor(facts); wanted > 0) {
    rows.push_back({"vm.min_free_kbytes", Rule::kAtLeast, wanted,
                    "1 % of memory stays free for packets: the ENA driver drops those "
                    "that find none at once"});
  }
  if (facts.UsableMemoryBytes() > uint64_t{64} << 30) {
    rows.push_back({"vm.max_map_count", Rule::kAtLeast, 262144,
                    "a large heap has many mappings, more with huge pages"});
  }
  if (const ProfileValue* host = maker.Host("numa-balancing")) {
    rows.push_back({"kernel.numa_balancing", Rule::kExactly, host->value == "on" ? 1 : 0,
                    host->reason});
  }
  if (const ProfileValue* host = maker.Host("busy-poll")) {
    for (const auto key : {"net.core.busy_read", "net.core.busy_poll"}) {
      rows.push_back(
          {key, Rule::kAtLeast, NumberOf(host->value).value_or(0), host->reason});
    }
  }
  if (const ProfileValue* host = maker.Host("rps");
      host != nullptr && host->value == "on") {
    rows.push_back({"net.core.rps_sock_flow_entries", Rule::kAtLeast, 32768,
                    "packets go to the CPU whose worker reads them"});
  }
  return rows;
}

bool IsFine(const SysctlRow& row, int64_t value) {
  if (row.rule == Rule::kAtMost) return value <= row.value;
  if (row.rule == Rule::kExactly) return value == row.value;
  return value >= row.value;
}

// What the value becomes; as it is if that is fine. Nothing: it makes no sense.
std::optional<std::string> WantedText(const SysctlRow& row, std::string text) {
  std::ranges::replace(text, '\t', ' ');
  const auto words = SplitText(TrimBlanks(text), ' ');
  const size_t count = row.rule == Rule::kLastAtLeast ? 3 : 1;
  if (words.size() != count) return std::nullopt;
  for (const std::string_view word : words) {
    if (!NumberOf(word)) return std::nullopt;
  }
  if (IsFine(row, *NumberOf(words.back()))) return text;
  if (count == 1) return fmt::to_string(row.value);
  return fmt::format("{} {} {}", words[0], words[1], row.value);
}

}  // namespace

void PlanSysctls(PlanMaker& maker) {
  std::string text =
      "# Written by skarn-tune apply; skarn-tune revert takes it away.\n"
      "# Each value with its reason; what was there before is in /var/lib/skarn-tune.\n";
  bool has_rows = false;
  for (const SysctlRow& row : RowsFor(maker)) {
    const std::string path = PathOf(row.key);
    const auto original = maker.Original({.path = path});
    const auto wanted = original ? WantedText(row, *original) : std::nullopt;
    if (!wanted) {
      maker.LeaveAlone(
          row.key, original ? "its value is no number" : "there is no readable " + path);
      continue;
    }
    if (IsSame(ChangeKind::kValue, original, wanted)) continue;
    has_rows = true;
    fmt::format_to(std::back_inserter(text), "\n# {}\n{} = {}\n", row.reason, row.key,
                   *wanted);
    maker.WantValue(path, *wanted, row.key, row.reason);
  }
  if (!has_rows || maker.request().scope == PlanScope::kRuntime) return;
  maker.Want({.kind = ChangeKind::kFile,
              .path = std::string(kSysctlFile),
              .after = text,
              .name = std::string(kSysctlFile),
              .reason = "the values above at every start"});
}

void PlanMemory(PlanMaker& maker) {
  const ProfileValue* const host = maker.Host("thp");
  const std::string folder = "/sys/kernel/mm/transparent_hugepage/";
  if (host == nullptr) return;
  if (maker.request().facts.thp.empty()) {
    return maker.LeaveAlone("transparent huge pages", "this kernel has none");
  }
  maker.WantValue(folder + "enabled", host->value, "transparent huge pages",
                  host->reason);
  const auto defrag = maker.Original({.path = folder + "defrag"});
  if (defrag && ChosenWord(TrimBlanks(*defrag)) == "always") {
    maker.WantValue(folder + "defrag", "defer+madvise", "huge page defragmentation",
                    "always makes whoever allocates wait for the kernel to move pages");
  }
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "server/info.h"

#include <algorithm>

#include "command/context.h"
#include "command/executor.h"
#include "server/access.h"
#include "server/admin.h"
#include "server/server.h"

namespace skarn {
namespace {

void Nothing(Server&, InfoText&) {}

struct Section {
  Bytes name;  // As INFO is asked for it.
  Bytes title;
  bool is_default;
  bool is_hidden;  // Shown only when asked for by its name.
  void (*write)(Server&, InfoText&);
};

// In the order of the reply.
constexpr Section kSections[] = {
    {"server", "Server", true, false, &InfoServer},
    {"tls", "TLS", false, false, &InfoTls},
    {"clients", "Clients", true, false, &InfoClients},
    {"memory", "Memory", true, false, &InfoMemory},
    {"persistence", "Persistence", true, false, &InfoPersistence},
    {"stats", "Stats", true, false, &InfoStats},
    {"replication", "Replication", true, false, &InfoReplication},
    {"cpu", "CPU", true, false, &InfoCpu},
    {"modules", "Modules", true, false, &Nothing},
    {"commandstats", "Commandstats", false, false, &InfoCommandstats},
    {"errorstats", "Errorstats", true, false, &InfoErrorstats},
    {"latencystats", "Latencystats", false, false, &InfoLatencystats},
    {"cluster", "Cluster", true, false, &InfoCluster},
    {"keyspace", "Keyspace", true, false, &InfoKeyspace},
    {"skarn", "Skarn", false, false, &InfoSkarn},
    {"machine", "Machine", false, false, &InfoMachine},
    {"debug", "Debug", false, true, &InfoDebug},
};

bool IsAsked(const Section& section, const Args& names) {
  if (names.empty()) return section.is_default;
  return std::any_of(names.begin(), names.end(), [&](Bytes name) {
    if (EqualsIgnoreCase(name, "all") || EqualsIgnoreCase(name, "everything")) {
      return !section.is_hidden;
    }
    if (EqualsIgnoreCase(name, "default")) return section.is_default;
    return EqualsIgnoreCase(name, section.name);
  });
}

std::string InfoFor(Server& server, const Args& names) {
  InfoText out;
  for (const Section& section : kSections) {
    if (!IsAsked(section, names)) continue;
    out.Title(section.title);
    section.write(server, out);
  }
  return out.text();
}

}  // namespace

std::string WholeInfo(Server& server) {
  const Bytes everything[] = {"everything"};
  return InfoFor(server, Args(everything));
}

Totals SumStatistics(Server& server) {
  Totals totals;
  totals.work.commands.resize(server.state().command_table.size());
  for (Executor* executor : server.state().executors) {
    const WorkerStatistics& from = executor->statistics();
    WorkerStatistics& to = totals.work;
    for (size_t i = 0; i < from.commands.size(); ++i) {
      to.commands[i].calls += from.commands[i].calls;
      to.commands[i].cycles += from.commands[i].cycles;
      to.commands[i].rejected_calls += from.commands[i].rejected_calls;
      to.commands[i].failed_calls += from.commands[i].failed_calls;
    }
    for (const auto& [code, count] : from.errors) to.errors[code] += count;
    to.processed_commands += from.processed_commands;
    to.error_replies += from.error_replies;
    to.parked_commands += from.parked_commands;
    to.gate_commands += from.gate_commands;
    to.rejected_connections += from.rejected_connections;
    to.output_limit_disconnections += from.output_limit_disconnections;
    to.query_limit_disconnections += from.query_limit_disconnections;
    to.evicted_clients += from.evicted_clients;
    to.acl_denied_auth += from.acl_denied_auth;
    to.batch_commands_max = std::max(to.batch_commands_max, from.batch_commands_max);
    to.prefetch_batches += from.prefetch_batches;
    to.prefetch_entries += from.prefetch_entries;

    const KeyspaceStats& keys = executor->view().stats();
    totals.keys.hits += keys.hits;
    totals.keys.misses += keys.misses;
    totals.keys.expired_keys += keys.expired_keys;
    totals.keys.expired_fields += keys.expired_fields;
    totals.keys.evicted_keys += keys.evicted_keys;
    totals.keys.changes += keys.changes;

    const NetStatistics& net = executor->worker().statistics();
    totals.net.input_bytes += net.input_bytes;
    totals.net.output_bytes += net.output_bytes;
    totals.net.read_events += net.read_events;
    totals.net.write_events += net.write_events;
    totals.net.turns += net.turns;
    totals.net.busy_cycles += net.busy_cycles;
    totals.net.busy_cycles_max =
        std::max(totals.net.busy_cycles_max, net.busy_cycles_max);
    totals.net.tick_cycles += net.tick_cycles;
  }
  return totals;
}

std::vector<uint64_t> SumDurations(Server& server, uint32_t command_index) {
  std::vector<uint64_t> sum;
  for (Executor* executor : server.state().executors) {
    const auto& durations = executor->statistics().commands[command_index].durations;
    if (durations == nullptr) continue;
    sum.resize(kDurationBuckets);
    for (size_t i = 0; i < kDurationBuckets; ++i) sum[i] += (*durations)[i];
  }
  return sum;
}

std::string HumanBytes(int64_t bytes) {
  constexpr Bytes kUnits[] = {"K", "M", "G", "T", "P"};
  if (bytes < 1024) return fmt::format("{}B", bytes);
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (value /= 1024; value >= 1024 && unit + 1 < std::size(kUnits); ++unit)
    value /= 1024;
  return fmt::format("{:.2f}{}", value, kUnits[unit]);
}

void InfoText::AddBytes(Bytes name, int64_t bytes) {
  Add(name, bytes);
  Add(std::string(name) + "_human", HumanBytes(bytes));
}

namespace commands {

void Info(CommandContext& context, const Args& args, ReplyWriter& reply) {
  reply.Verbatim("txt", InfoFor(ServerOf(context), args.Subspan(1)));
}

}  // namespace commands
}  // namespace skarn

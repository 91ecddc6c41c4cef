// SPDX-License-Identifier: BSD-3-Clause
//
// INFO about what was done: counters, commands, errors, durations, keys.
#include <algorithm>
#include <set>

#include "base/clock.h"
#include "command/executor.h"
#include "keyspace/background_free.h"
#include "server/info.h"
#include "server/meter.h"
#include "server/server.h"

namespace skarn {
namespace {

uint64_t Micros(const ServerState& state, uint64_t cycles) {
  return static_cast<uint64_t>(static_cast<double>(cycles) / state.cycles_per_us);
}

// Calls visit(command) for all rows that can be called, subcommands included.
template <class Visit>
void ForEachCommand(const ServerState& state, Visit&& visit) {
  for (const auto& command : state.command_table.commands()) {
    visit(*command);
    for (const auto& subcommand : command->subcommands) visit(*subcommand);
  }
}

// Names in lines of "name:value" may not hold these.
std::string SafeName(Bytes name) {
  std::string safe(name);
  for (char& c : safe) {
    if (c == '#' || c == ':' || c == '\n' || c == '\r') c = '_';
  }
  return safe;
}

void AddNoReplicationYet(InfoText& out) {
  for (const Bytes name : {"sync_full", "sync_partial_ok", "sync_partial_err"})
    out.Add(name, 0);
}

void AddTracking(Server& server, InfoText& out) {
  for (const Bytes name : {"latest_fork_usec", "total_forks", "migrate_cached_sockets",
                           "slave_expires_tracked_keys"}) {
    out.Add(name, 0);
  }
  const UpkeepStatistics upkeep = server.hooks().upkeep_statistics();
  out.Add("active_defrag_hits", upkeep.defrag_hits);
  out.Add("active_defrag_misses", upkeep.defrag_misses);
  out.Add("active_defrag_key_hits", upkeep.defrag_key_hits);
  out.Add("active_defrag_key_misses", upkeep.defrag_key_misses);
  out.Add("total_active_defrag_time", upkeep.defrag_ms);
  for (const Bytes name :
       {"current_active_defrag_time", "tracking_total_keys", "tracking_total_items",
        "tracking_total_prefixes", "unexpected_error_replies"}) {
    out.Add(name, 0);
  }
}

void AddNetwork(Server& server, const Totals& totals, InfoText& out) {
  const Meter& meter = server.meter();
  out.Add("instantaneous_ops_per_sec",
          static_cast<uint64_t>(meter.PerSecond(Rate::kCommands) + 0.5));
  out.Add("total_net_input_bytes", totals.net.input_bytes);
  out.Add("total_net_output_bytes", totals.net.output_bytes);
  out.Add("total_net_repl_input_bytes", 0);
  out.Add("total_net_repl_output_bytes", 0);
  out.Add("total_net_cluster_slot_import_bytes", 0);
  out.Add("total_net_cluster_slot_export_bytes", 0);
  out.AddRatio("instantaneous_input_kbps", meter.PerSecond(Rate::kInputBytes) / 1024);
  out.AddRatio("instantaneous_output_kbps", meter.PerSecond(Rate::kOutputBytes) / 1024);
  out.AddRatio("instantaneous_input_repl_kbps", 0);
  out.AddRatio("instantaneous_output_repl_kbps", 0);
}

void AddKeyCounts(Server& server, const Totals& totals, InfoText& out) {
  const UpkeepStatistics upkeep = server.hooks().upkeep_statistics();
  out.Add("expired_keys", totals.keys.expired_keys);
  out.Add("expired_fields", totals.keys.expired_fields);
  out.AddRatio("expired_stale_perc", upkeep.expired_stale_percent);
  out.AddRatio("expired_keys_with_volatile_items_stale_perc", 0);
  out.Add("expired_time_cap_reached_count", upkeep.expired_time_cap_reached_count);
  out.Add("expire_cycle_cpu_milliseconds", upkeep.expire_cycle_cpu_milliseconds);
  out.Add("evicted_keys", totals.keys.evicted_keys);
  out.Add("evicted_clients", totals.work.evicted_clients);
  out.Add("evicted_scripts", 0);
  out.Add("total_eviction_exceeded_time", upkeep.total_eviction_exceeded_ms);
  out.Add("current_eviction_exceeded_time", upkeep.current_eviction_exceeded_ms);
  out.Add("keyspace_hits", totals.keys.hits);
  out.Add("keyspace_misses", totals.keys.misses);
}

void AddPubSub(Server& server, InfoText& out) {
  std::set<Bytes> channels, patterns, shard_channels;
  for (Executor* executor : server.state().executors) {
    executor->ForEachClient([&](Client& client) {
      channels.insert(client.channels.begin(), client.channels.end());
      patterns.insert(client.patterns.begin(), client.patterns.end());
      shard_channels.insert(client.shard_channels.begin(), client.shard_channels.end());
    });
  }
  out.Add("pubsub_channels", channels.size());
  out.Add("pubsub_patterns", patterns.size());
  out.Add("pubsubshard_channels", shard_channels.size());
}

void AddLoop(Server& server, const Totals& totals, InfoText& out) {
  uint64_t cycles = 0;
  for (const CommandStatistics& command : totals.work.commands) cycles += command.cycles;
  const uint64_t command_us = Micros(server.state(), cycles);
  out.Add("eventloop_cycles", totals.net.turns);
  out.Add("eventloop_duration_sum", Micros(server.state(), totals.net.busy_cycles));
  out.Add("eventloop_duration_cmd_sum", command_us);
  // The mean of the workers: what one event loop does.
  const double turns = server.meter().PerSecond(Rate::kTurns);
  const double workers = static_cast<double>(server.workers().size());
  out.Add("instantaneous_eventloop_cycles_per_sec",
          static_cast<uint64_t>(turns / workers + 0.5));
  const double busy =
      server.meter().PerSecond(Rate::kBusyCycles) / server.state().cycles_per_us;
  out.Add("instantaneous_eventloop_duration_usec",
          turns > 0 ? static_cast<uint64_t>(busy / turns + 0.5) : 0);
}

// The mean time left of keys with an expiry, from the first thousand met.
int64_t AverageTtl(const Database& database, ExpiryMillis now) {
  constexpr size_t kLooked = 1000;
  size_t looked = 0;
  double sum = 0;
  for (const Shard& shard : database.shards) {
    if (shard.expiry_count == 0) continue;
    shard.table.ForEach([&](Place place) {
      const Entry& entry = *EntryAt(place);
      if (!entry.HasExpiry() || looked >= kLooked) return;
      ++looked;
      sum += static_cast<double>(std::max<int64_t>(0, entry.expiry() - now));
    });
    if (looked >= kLooked) break;
  }
  return looked == 0 ? 0 : static_cast<int64_t>(sum / static_cast<double>(looked));
}

// The duration in microseconds below which `percentile` of the calls lie.
double PercentileMicros(const std::vector<uint64_t>& durations, double percentile) {
  uint64_t total = 0, seen = 0;
  for (const uint64_t count : durations) total += count;
  const double part = std::min(percentile, 100.0) / 100 * static_cast<double>(total);
  const uint64_t wanted = std::max<uint64_t>(static_cast<uint64_t>(part + 0.5), 1);
  for (size_t i = 0; i < durations.size(); ++i) {
    seen += durations[i];
    if (seen < wanted) continue;
    // The least of all is told by the other end of its bucket.
    const uint64_t told =
        percentile == 0 && i > 0 ? DurationOfBucket(i - 1) + 1 : DurationOfBucket(i);
    return static_cast<double>(told) / 1000;
  }
  return 0;
}

}  // namespace

void InfoStats(Server& server, InfoText& out) {
  const Totals totals = SumStatistics(server);
  const ServerState& state = server.state();
  const size_t workers = server.workers().size();
  out.Add("total_connections_received", state.connections_received.load());
  out.Add("total_commands_processed", totals.work.processed_commands);
  AddNetwork(server, totals, out);
  out.Add("rejected_connections", totals.work.rejected_connections);
  AddNoReplicationYet(out);
  AddKeyCounts(server, totals, out);
  AddPubSub(server, out);
  AddTracking(server, out);
  out.Add("total_error_replies", totals.work.error_replies);
  out.Add("dump_payload_sanitizations", 0);
  out.Add("total_reads_processed", totals.net.read_events);
  out.Add("total_writes_processed", totals.net.write_events);
  // All workers but the first are what the reference calls IO threads.
  out.Add("io_threaded_reads_processed", workers > 1 ? totals.net.read_events : 0);
  out.Add("io_threaded_writes_processed", workers > 1 ? totals.net.write_events : 0);
  out.Add("io_threaded_freed_objects", 0);
  out.Add("io_threaded_accept_processed", 0);
  out.Add("io_threaded_poll_processed", 0);
  out.Add("io_threaded_total_prefetch_batches", totals.work.prefetch_batches);
  out.Add("io_threaded_total_prefetch_entries", totals.work.prefetch_entries);
  out.Add("client_query_buffer_limit_disconnections",
          totals.work.query_limit_disconnections);
  out.Add("client_output_buffer_limit_disconnections",
          totals.work.output_limit_disconnections);
  out.Add("reply_buffer_shrinks", 0);
  out.Add("reply_buffer_expands", 0);
  AddLoop(server, totals, out);
  out.Add("acl_access_denied_auth", totals.work.acl_denied_auth);
  for (const Bytes what : {"cmd", "key", "channel", "tls_cert", "db"}) {
    out.Add(fmt::format("acl_access_denied_{}", what), 0);
  }
}

void InfoDebug(Server& server, InfoText& out) {
  const Totals totals = SumStatistics(server);
  out.Add("eventloop_duration_aof_sum", 0);
  out.Add("eventloop_duration_cron_sum", Micros(server.state(), totals.net.tick_cycles));
  out.Add("eventloop_duration_max", Micros(server.state(), totals.net.busy_cycles_max));
  out.Add("eventloop_cmd_per_cycle_max", totals.work.batch_commands_max);
  out.Add("allocator_allocated_lua", 0);
  out.Add("allocator_active_lua", 0);
  out.Add("allocator_resident_lua", 0);
  out.Add("allocator_frag_bytes_lua", 0);
  out.Add("io_threaded_reads_pending", 0);
  out.Add("io_threaded_writes_pending", 0);
}

void InfoCommandstats(Server& server, InfoText& out) {
  const Totals totals = SumStatistics(server);
  ForEachCommand(server.state(), [&](const Command& command) {
    const CommandStatistics& row = totals.work.commands[command.index];
    if (row.calls == 0 && row.failed_calls == 0 && row.rejected_calls == 0) return;
    const uint64_t micros = Micros(server.state(), row.cycles);
    const double each =
        row.calls == 0 ? 0 : static_cast<double>(micros) / static_cast<double>(row.calls);
    out.Add(fmt::format("cmdstat_{}", SafeName(command.full_name)),
            fmt::format(
                "calls={},usec={},usec_per_call={:.2f},rejected_calls={},failed_calls={}",
                row.calls, micros, each, row.rejected_calls, row.failed_calls));
  });
}

void InfoErrorstats(Server& server, InfoText& out) {
  const Totals totals = SumStatistics(server);
  for (const auto& [code, count] : totals.work.errors) {
    out.Add(fmt::format("errorstat_{}", SafeName(code)), fmt::format("count={}", count));
  }
}

void InfoLatencystats(Server& server, InfoText& out) {
  if (!server.state().settings.latency_tracking) return;
  ForEachCommand(server.state(), [&](const Command& command) {
    const std::vector<uint64_t> durations = SumDurations(server, command.index);
    if (durations.empty()) return;
    std::string text;
    for (const double percentile : server.config().percentiles()) {
      fmt::format_to(std::back_inserter(text), "{}p{:g}={:.3f}", text.empty() ? "" : ",",
                     percentile, PercentileMicros(durations, percentile));
    }
    out.Add(fmt::format("latency_percentiles_usec_{}", SafeName(command.full_name)),
            text);
  });
}

void InfoKeyspace(Server& server, InfoText& out) {
  const Keyspace& keyspace = server.state().keyspace;
  const ExpiryMillis now = NowMillis();
  for (unsigned db = 0; db < keyspace.database_count(); ++db) {
    const Database* database = keyspace.FindDatabase(db);
    if (database == nullptr) continue;
    const size_t keys = database->KeyCount();
    if (keys == 0) continue;
    const size_t expiries = database->ExpiryCount();
    size_t with_volatile_fields = 0;
    for (const Shard& shard : database->shards)
      with_volatile_fields += shard.field_expiry_count;
    out.Add(fmt::format("db{}", db),
            fmt::format("keys={},expires={},avg_ttl={},keys_with_volatile_items={}", keys,
                        expiries, AverageTtl(*database, now), with_volatile_fields));
  }
}

}  // namespace skarn

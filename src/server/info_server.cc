// SPDX-License-Identifier: BSD-3-Clause
//
// INFO about the process, its clients, its memory and its files.
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

#include "arch/kernels.h"
#include "base/allocator.h"
#include "base/clock.h"
#include "base/memory.h"
#include "command/executor.h"
#include "command/version.h"
#include "keyspace/background_free.h"
#include "server/client_limits.h"
#include "server/info.h"
#include "server/memory_report.h"
#include "server/meter.h"
#include "server/process.h"
#include "server/server.h"

namespace skarn {
namespace {

std::string SystemName() {
  utsname name;
  if (uname(&name) != 0) return "?";
  return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

void AddListeners(Server& server, InfoText& out) {
  std::string tcp, unix_socket;
  int port = 0;
  for (const Server::Listening& one : server.listening()) {
    (one.port == 0 ? unix_socket : tcp) += ",bind=" + one.address;
    port = std::max(port, one.port);
  }
  int index = 0;
  if (!tcp.empty()) {
    out.Add(fmt::format("listener{}", index++),
            fmt::format("name=tcp{},port={}", tcp, port));
  }
  if (!unix_socket.empty()) {
    out.Add(fmt::format("listener{}", index++), fmt::format("name=unix{}", unix_socket));
  }
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void InfoServer(Server& server, InfoText& out) {
  const ServerState& state = server.state();
  const int64_t now_us = NowMicros();
  const int64_t uptime = (now_us - state.start_us) / 1000000;
  const int64_t hz = server.config().Integer(ConfigKey::kHz);
  out.Add("redis_version", kCompatibleRedisVersion);
  out.Add("server_name", kCompatibleServer);
  out.Add("valkey_version", kCompatibleVersion);
  out.Add("valkey_release_stage", "ga");
  out.Add("skarn_version", kSkarnVersion);
  out.Add("redis_git_sha1", "00000000");
  out.Add("redis_git_dirty", 0);
  out.Add("redis_build_id", "0");
  out.Add(server.config().Bool(ConfigKey::kExtendedRedisCompatibility) ? "redis_mode"
                                                                       : "server_mode",
          "standalone");
  out.Add("os", SystemName());
  out.Add("arch_bits", sizeof(void*) * 8);
  out.Add("monotonic_clock", "POSIX clock_gettime");
  out.Add("multiplexing_api", server.workers()[0]->loop().name());
  out.Add("gcc_version",
          fmt::format("{}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__));
  out.Add("process_id", getpid());
  out.Add("process_supervised", SupervisionName(server.report().supervision()));
  out.Add("run_id", state.run_id);
  out.Add("tcp_port", server.config().Integer(ConfigKey::kPort));
  out.Add("server_time_usec", now_us);
  out.Add("uptime_in_seconds", uptime);
  out.Add("uptime_in_days", uptime / 86400);
  out.Add("hz", hz);
  out.Add("configured_hz", hz);
  out.Add("clients_hz", hz);
  out.Add("lru_clock", now_us / 1000000 & 0xffffff);
  out.Add("executable", state.executable);
  out.Add("config_file", state.config_file);
  out.Add("io_threads_active", server.workers().size() > 1 ? 1 : 0);
  out.Add("availability_zone", server.config().String(ConfigKey::kAvailabilityZone));
  AddListeners(server, out);
}

// There is no TLS yet.
void InfoTls(Server&, InfoText& out) {
  for (const Bytes kind : {"server_cert", "client_cert", "ca_cert"}) {
    out.Add(fmt::format("tls_{}_serial", kind), "none");
    out.Add(fmt::format("tls_{}_expires_in_seconds", kind), 0);
  }
}

void InfoClients(Server& server, InfoText& out) {
  const ServerState& state = server.state();
  const ClientTotals totals = TotalsOf(state);
  const int64_t now_us = NowMicros();
  const bool is_paused =
      state.HasConcern(Concern::kPaused) && state.pause_until_us > now_us;
  out.Add("connected_clients", state.client_count.load(std::memory_order_relaxed));
  out.Add("cluster_connections", 0);
  out.Add("maxclients", server.config().Integer(ConfigKey::kMaxclients));
  out.Add("client_recent_max_input_buffer", totals.input_buffer_max);
  out.Add("client_recent_max_output_buffer", totals.output_buffer_max);
  out.Add("blocked_clients", totals.paused_count);
  out.Add("tracking_clients", 0);
  out.Add("pubsub_clients", totals.pubsub_count);
  out.Add("watching_clients", totals.watching_count);
  out.Add("clients_in_timeout_table", 0);
  out.Add("total_watched_keys", totals.watched_key_count);
  out.Add("total_blocking_keys", 0);
  out.Add("total_blocking_keys_on_nokey", 0);
  out.Add("paused_reason", is_paused ? "client_pause" : "none");
  out.Add("paused_actions", !is_paused               ? "none"
                            : state.pause_is_for_all ? "all"
                                                     : "write");
  out.Add("paused_timeout_milliseconds",
          is_paused ? (state.pause_until_us - now_us + 999) / 1000 : 0);
}

namespace {

// Caches of engines and features that are not there.
void AddScriptMemory(InfoText& out) {
  out.Add("used_memory_lua", 0);
  out.Add("used_memory_vm_eval", 0);
  out.Add("used_memory_lua_human", "0B");
  out.Add("used_memory_scripts_eval", 0);
  out.Add("number_of_cached_scripts", 0);
  out.Add("number_of_functions", 0);
  out.Add("number_of_libraries", 0);
  out.Add("used_memory_vm_functions", 0);
  out.AddBytes("used_memory_vm_total", 0);
  out.Add("used_memory_functions", 0);
  out.AddBytes("used_memory_scripts", 0);
}

void AddFragmentation(const MemoryReport& report, InfoText& out) {
  out.AddRatio("allocator_frag_ratio", report.AllocatorFragmentationRatio());
  out.Add("allocator_frag_bytes", report.active - report.allocated);
  out.AddRatio("allocator_rss_ratio", report.AllocatorRssRatio());
  out.Add("allocator_rss_bytes", report.resident - report.active);
  out.AddRatio("rss_overhead_ratio", report.RssOverheadRatio());
  out.Add("rss_overhead_bytes", report.rss - report.resident);
  out.AddRatio("mem_fragmentation_ratio", report.FragmentationRatio());
  out.Add("mem_fragmentation_bytes", report.rss - report.used);
}

}  // namespace

void InfoMemory(Server& server, InfoText& out) {
  const MemoryReport report = ReportMemory(server);
  out.AddBytes("used_memory", report.used);
  out.AddBytes("used_memory_rss", report.rss);
  out.AddBytes("used_memory_peak", report.peak);
  out.AddPercent("used_memory_peak_perc", report.PeakPercent());
  out.Add("used_memory_overhead", report.overhead);
  out.Add("used_memory_startup", report.startup);
  out.Add("used_memory_dataset", report.dataset);
  out.AddPercent("used_memory_dataset_perc", report.DatasetPercent());
  out.Add("allocator_allocated", report.allocated);
  out.Add("allocator_active", report.active);
  out.Add("allocator_resident", report.resident);
  out.Add("allocator_muzzy", 0);
  out.AddBytes("total_system_memory", report.total_system);
  AddScriptMemory(out);
  out.AddBytes("maxmemory", server.config().Integer(ConfigKey::kMaxmemory));
  out.Add("maxmemory_policy", server.config().Text(ConfigKey::kMaxmemoryPolicy));
  AddFragmentation(report, out);
  out.Add("mem_not_counted_for_evict", 0);
  out.Add("mem_replication_backlog", 0);
  out.Add("mem_total_replication_buffers", 0);
  out.Add("mem_replicas_repl_buffer", 0);
  out.Add("mem_clients_slaves", 0);
  out.Add("mem_clients_normal", report.clients);
  out.Add("mem_cluster_links", 0);
  out.Add("mem_cluster_slot_import", 0);
  out.Add("mem_cluster_slot_export", 0);
  out.Add("mem_aof_buffer", 0);
  out.Add("mem_allocator", fmt::format("jemalloc-{}", allocator::Version()));
  out.Add("mem_overhead_db_hashtable_rehashing", 0);
  out.Add("active_defrag_running", 0);
  out.Add("lazyfree_pending_objects", BackgroundFree::PendingCount());
  out.Add("lazyfreed_objects", BackgroundFree::DoneCount());
}

void InfoPersistence(Server& server, InfoText& out) {
  const ServerState& state = server.state();
  SaveService& saves = server.saves();
  const SaveService::Status& status = saves.status();
  const bool is_loading = state.HasConcern(Concern::kDataLoading);
  const bool is_saving = saves.IsRunning();
  const Snapshot* running = is_saving ? saves.running() : nullptr;
  const int64_t now = NowMillis() / 1000;
  const uint64_t written = running != nullptr ? running->keys_written() : 0;
  const uint64_t total = running != nullptr ? running->keys_total() : 0;
  out.Add("loading", is_loading ? 1 : 0);
  out.Add("async_loading", 0);
  out.Add("current_cow_peak", running != nullptr ? running->held_bytes_peak() : 0);
  out.Add("current_cow_size", is_saving ? state.keyspace.SnapshotHeldBytes() : 0);
  out.Add("current_cow_size_age", 0);
  out.AddRatio(
      "current_fork_perc",
      total == 0 ? 0 : 100 * static_cast<double>(written) / static_cast<double>(total));
  out.Add("current_save_keys_processed", written);
  out.Add("current_save_keys_total", total);
  out.Add("rdb_changes_since_last_save", saves.ChangesSinceSave());
  out.Add("rdb_bgsave_in_progress", is_saving ? 1 : 0);
  out.Add("rdb_last_save_time", status.last_save_time);
  out.Add("rdb_last_bgsave_status", status.last_ok ? "ok" : "err");
  out.Add("rdb_last_bgsave_time_sec", status.last_background_seconds);
  out.Add("rdb_current_bgsave_time_sec", is_saving ? now - status.started_time : -1);
  out.Add("rdb_saves", status.saves);
  out.Add("rdb_last_cow_size", status.last_held_bytes);
  const LoadProgress& progress = server.load_progress();
  out.Add("rdb_last_load_keys_expired",
          progress.keys_expired.load(std::memory_order_relaxed));
  out.Add("rdb_last_load_keys_loaded",
          progress.keys_loaded.load(std::memory_order_relaxed));
  for (const Bytes name :
       {"aof_enabled", "aof_rewrite_in_progress", "aof_rewrite_scheduled"}) {
    out.Add(name, 0);
  }
  out.Add("aof_last_rewrite_time_sec", -1);
  out.Add("aof_current_rewrite_time_sec", -1);
  out.Add("aof_last_bgrewrite_status", "ok");
  out.Add("aof_rewrites", 0);
  out.Add("aof_rewrites_consecutive_failures", 0);
  out.Add("aof_last_write_status", "ok");
  out.Add("aof_last_cow_size", 0);
  out.Add("module_fork_in_progress", 0);
  out.Add("module_fork_last_cow_size", 0);
  out.Add("slot_migration_fork_in_progress", 0);
  if (!is_loading) return;
  const uint64_t loaded = progress.loaded_bytes.load(std::memory_order_relaxed);
  const uint64_t all = progress.total_bytes.load(std::memory_order_relaxed);
  const int64_t elapsed = (NowMicros() - server.load_started_us()) / 1000000;
  const uint64_t rest = all > loaded ? all - loaded : 0;
  out.Add("loading_start_time", server.load_started_us() / 1000000);
  out.Add("loading_total_bytes", all);
  out.Add("loading_rdb_used_mem", 0);
  out.Add("loading_loaded_bytes", loaded);
  out.AddRatio(
      "loading_loaded_perc",
      all == 0 ? 0 : 100 * static_cast<double>(loaded) / static_cast<double>(all));
  out.Add("loading_eta_seconds",
          loaded == 0 ? 1 : static_cast<uint64_t>(elapsed) * rest / loaded);
}

void InfoReplication(Server& server, InfoText& out) {
  out.Add("role", "master");
  out.Add("connected_slaves", 0);
  out.Add("replicas_waiting_psync", 0);
  out.Add("master_failover_state", "no-failover");
  out.Add("master_replid", server.state().run_id);
  out.Add("master_replid2", std::string(40, '0'));
  out.Add("master_repl_offset", 0);
  out.Add("second_repl_offset", -1);
  out.Add("repl_backlog_active", 0);
  out.Add("repl_backlog_size", server.config().Integer(ConfigKey::kReplBacklogSize));
  out.Add("repl_backlog_first_byte_offset", 0);
  out.Add("repl_backlog_histlen", 0);
}

void InfoCpu(Server&, InfoText& out) {
  const auto add = [&](Bytes sys, Bytes user, int who) {
    rusage usage{};
    getrusage(who, &usage);
    out.Add(sys, fmt::format("{:.6f}", Seconds(usage.ru_stime)));
    out.Add(user, fmt::format("{:.6f}", Seconds(usage.ru_utime)));
  };
  add("used_cpu_sys", "used_cpu_user", RUSAGE_SELF);
  add("used_cpu_sys_children", "used_cpu_user_children", RUSAGE_CHILDREN);
  // The worker that answers stands for "the main thread".
  add("used_cpu_sys_main_thread", "used_cpu_user_main_thread", RUSAGE_THREAD);
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  out.Add("used_active_time_main_thread",
          fmt::format("{:.6f}", Seconds(usage.ru_stime) + Seconds(usage.ru_utime)));
}

void InfoCluster(Server& server, InfoText& out) {
  out.Add("cluster_enabled", server.config().Bool(ConfigKey::kClusterEnabled) ? 1 : 0);
}

// What only this server has.
void InfoSkarn(Server& server, InfoText& out) {
  const Totals totals = SumStatistics(server);
  const memory::Usage usage = memory::GetUsage();
  out.Add("skarn_version", kSkarnVersion);
  out.Add("workers", server.workers().size());
  out.Add("event_loop", server.workers()[0]->loop().name());
  out.Add("simd", ActiveKernels().name);
  out.Add("profile", server.machine().profile);
  const Server::ReloadStatus reloads = server.reload_status();
  out.Add("config_reloads", reloads.applied);
  out.Add("config_reloads_refused", reloads.refused);
  out.Add("config_last_reload", reloads.last);
  out.Add("parked_commands", totals.work.parked_commands);
  out.Add("gate_commands", totals.work.gate_commands);
  out.Add("prefetch_batches", totals.work.prefetch_batches);
  out.Add("prefetch_entries", totals.work.prefetch_entries);
  out.Add("snapshot_held_bytes", server.state().keyspace.SnapshotHeldBytes());
  out.Add("slab_used_bytes", usage.used_bytes);
  out.Add("slab_committed_bytes", usage.committed_bytes);
  out.Add("slab_cached_bytes", usage.cached_bytes);
}

}  // namespace skarn

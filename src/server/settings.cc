// SPDX-License-Identifier: BSD-3-Clause
//
// From directives to the settings that workers read.
#include <algorithm>

#include "arch/cycles.h"
#include "server/server.h"

namespace skarn {
namespace {

// A tenth of the unit in which expiry counts.
constexpr double kClockUsMax = 100;
// Of the machine's memory, for the replies to one client; but no less than this.
constexpr uint64_t kOutputPart = 4;
constexpr uint64_t kOutputBytesMin = uint64_t{64} << 20;

uint32_t EventMask(uint32_t flags) {
  struct Row {
    uint32_t from;
    EventKind to;
  };
  constexpr Row kRows[] = {
      {config_event::kGeneric, EventKind::kGeneric},
      {config_event::kString, EventKind::kString},
      {config_event::kList, EventKind::kList},
      {config_event::kSet, EventKind::kSet},
      {config_event::kHash, EventKind::kHash},
      {config_event::kSortedSet, EventKind::kZset},
      {config_event::kExpired, EventKind::kExpired},
      {config_event::kEvicted, EventKind::kEvicted},
      {config_event::kStream, EventKind::kStream},
      {config_event::kModule, EventKind::kModule},
      {config_event::kNewKey, EventKind::kNew},
      {config_event::kKeyspace, EventKind::kKeyspace},
      {config_event::kKeyevent, EventKind::kKeyevent},
      {config_event::kKeyMiss, EventKind::kKeyMiss},
  };
  uint32_t mask = 0;
  for (const Row& row : kRows) {
    if ((flags & row.from) != 0) mask |= Bit(row.to);
  }
  return mask;
}

EvictionPolicy PolicyOf(ConfigEviction policy) {
  switch (policy) {
    case ConfigEviction::kVolatileLru:
      return EvictionPolicy::kVolatileLru;
    case ConfigEviction::kVolatileLfu:
      return EvictionPolicy::kVolatileLfu;
    case ConfigEviction::kVolatileRandom:
      return EvictionPolicy::kVolatileRandom;
    case ConfigEviction::kVolatileTtl:
      return EvictionPolicy::kVolatileTtl;
    case ConfigEviction::kAllKeysLru:
      return EvictionPolicy::kAllKeysLru;
    case ConfigEviction::kAllKeysLfu:
      return EvictionPolicy::kAllKeysLfu;
    case ConfigEviction::kAllKeysRandom:
      return EvictionPolicy::kAllKeysRandom;
    case ConfigEviction::kNone:
      break;
  }
  return EvictionPolicy::kNone;
}

uint64_t ThresholdOf(int64_t value) {
  return value < 0 ? ~uint64_t{0} : static_cast<uint64_t>(value);
}

}  // namespace

// Limits of clients and memory.
void Server::ApplyLimits() {
  const Config& from = config_;
  Settings& to = state_->settings;
  const auto integer = [&](ConfigKey key) { return from.Integer(key); };
  const auto size = [&](ConfigKey key) {
    return static_cast<uint64_t>(from.Integer(key));
  };

  to.proto_max_bulk_bytes = integer(ConfigKey::kProtoMaxBulkLen);
  to.query_buffer_max = size(ConfigKey::kClientQueryBufferLimit);
  for (size_t i = 0; i < kConfigClientClassCount; ++i) {
    const ConfigOutputLimit& limit = from.output_limit(static_cast<ConfigClientClass>(i));
    to.output_limits[i] = {limit.hard_bytes, limit.soft_bytes, limit.soft_seconds};
  }
  const uint64_t machine_bytes = machine_.facts.UsableMemoryBytes();
  if (machine_bytes != 0) {
    to.output_bytes_max = std::max(kOutputBytesMin, machine_bytes / kOutputPart);
  }
  to.maxclients = size(ConfigKey::kMaxclients);
  to.timeout_seconds = integer(ConfigKey::kTimeout);
  to.tcp_keepalive_seconds = static_cast<int>(integer(ConfigKey::kTcpKeepalive));
  to.maxmemory_clients = integer(ConfigKey::kMaxmemoryClients);
  to.protected_mode = from.Bool(ConfigKey::kProtectedMode);
  const auto debug = from.Enum<ConfigAllow>(ConfigKey::kEnableDebugCommand);
  to.enable_debug_command = debug == ConfigAllow::kEverybody;
  to.enable_debug_command_local = debug == ConfigAllow::kLocal;

  to.maxmemory = size(ConfigKey::kMaxmemory);
  to.maxmemory_samples = static_cast<int>(integer(ConfigKey::kMaxmemorySamples));
  to.maxmemory_eviction_tenacity =
      static_cast<int>(integer(ConfigKey::kMaxmemoryEvictionTenacity));
  to.lazyfree_user_del = from.Bool(ConfigKey::kLazyfreeLazyUserDel);
  to.lazyfree_user_flush = from.Bool(ConfigKey::kLazyfreeLazyUserFlush);
  to.lazyfree_lazy_eviction = from.Bool(ConfigKey::kLazyfreeLazyEviction);
  to.lazyfree_lazy_expire = from.Bool(ConfigKey::kLazyfreeLazyExpire);
  to.lazyfree_lazy_server_del = from.Bool(ConfigKey::kLazyfreeLazyServerDel);
  to.activedefrag = from.Bool(ConfigKey::kActivedefrag);
  to.active_expire_effort = static_cast<int>(integer(ConfigKey::kActiveExpireEffort));
}

// Values, events, logs, files.
void Server::ApplyFeatures() {
  const Config& from = config_;
  Settings& to = state_->settings;
  const auto integer = [&](ConfigKey key) { return from.Integer(key); };
  const auto size = [&](ConfigKey key) {
    return static_cast<uint64_t>(from.Integer(key));
  };

  to.hash_max_listpack_entries = size(ConfigKey::kHashMaxListpackEntries);
  to.hash_max_listpack_value = size(ConfigKey::kHashMaxListpackValue);

  to.notify_mask = EventMask(from.Flags(ConfigKey::kNotifyKeyspaceEvents));
  to.commandlog_slow_us = integer(ConfigKey::kCommandlogExecutionSlowerThan);
  to.commandlog_slow_max = integer(ConfigKey::kCommandlogSlowExecutionMaxLen);
  to.commandlog_large_request_bytes = integer(ConfigKey::kCommandlogRequestLargerThan);
  to.commandlog_large_request_max = integer(ConfigKey::kCommandlogLargeRequestMaxLen);
  to.commandlog_large_reply_bytes = integer(ConfigKey::kCommandlogReplyLargerThan);
  to.commandlog_large_reply_max = integer(ConfigKey::kCommandlogLargeReplyMaxLen);
  to.latency_threshold_ms = integer(ConfigKey::kLatencyMonitorThreshold);
  to.latency_tracking = from.Bool(ConfigKey::kLatencyTracking);
  to.latency_percentiles = from.percentiles();

  to.requirepass = from.String(ConfigKey::kRequirepass);
  to.availability_zone = from.String(ConfigKey::kAvailabilityZone);
  to.extended_redis_compatibility = from.Bool(ConfigKey::kExtendedRedisCompatibility);
  to.prefetch_batch = static_cast<size_t>(integer(ConfigKey::kPrefetchBatchMaxSize));
  to.hz = static_cast<int>(integer(ConfigKey::kHz));

  to.stop_writes_on_bgsave_error = from.Bool(ConfigKey::kStopWritesOnBgsaveError);
  to.rdb_compression = from.Bool(ConfigKey::kRdbcompression);
  to.rdb_checksum = from.Bool(ConfigKey::kRdbchecksum);
  to.rdb_syncs_often = from.Bool(ConfigKey::kRdbSaveIncrementalFsync);
  to.rdb_key_save_delay_us = integer(ConfigKey::kRdbKeySaveDelay);
  to.key_load_delay_us = integer(ConfigKey::kKeyLoadDelay);
  to.save_threads =
      std::min<size_t>(static_cast<size_t>(integer(ConfigKey::kSaveThreads)), kSaversMax);
  to.rdb_version_relaxed = from.Enum<ConfigVersionCheck>(ConfigKey::kRdbVersionCheck) ==
                           ConfigVersionCheck::kRelaxed;
  to.dir = from.String(ConfigKey::kDir);
  to.dbfilename = from.String(ConfigKey::kDbfilename);
}

void Server::ApplySettings() {
  const bool had_password = !state_->settings.requirepass.empty();
  ApplyLimits();
  ApplyFeatures();
  const Config& from = config_;
  Settings& to = state_->settings;
  const auto integer = [&](ConfigKey key) { return from.Integer(key); };

  // With a new password those inside stay.
  if (had_password && to.requirepass.empty()) LetEveryoneIn();

  std::vector<SavePoint> points;
  for (const ConfigSavePoint& point : from.save_points()) {
    points.push_back({point.seconds, static_cast<uint64_t>(point.changes)});
  }
  saves_->SetSavePoints(std::move(points));

  state_->SetConcern(Concern::kSaveFailed, !saves_->status().last_ok &&
                                               to.stop_writes_on_bgsave_error &&
                                               saves_->HasSavePoints());

  state_->cycles_per_us = static_cast<double>(CyclesPerSecond()) / 1e6;
  state_->nanoseconds_per_cycle_q20 =
      static_cast<uint64_t>(1000.0 / state_->cycles_per_us * (1 << 20));
  state_->clock_cycles_max = static_cast<uint64_t>(kClockUsMax * state_->cycles_per_us);
  // The slow log and the latency monitor share one test on the hot path.
  int64_t slow_us = to.commandlog_slow_us;
  if (to.latency_threshold_ms > 0) {
    const int64_t latency_us = to.latency_threshold_ms * 1000;
    slow_us = slow_us < 0 ? latency_us : std::min(slow_us, latency_us);
  }
  state_->slow_cycles =
      slow_us < 0
          ? ~uint64_t{0}
          : static_cast<uint64_t>(static_cast<double>(slow_us) * state_->cycles_per_us);
  state_->large_reply_bytes = ThresholdOf(to.commandlog_large_reply_bytes);
  state_->large_request_bytes = ThresholdOf(to.commandlog_large_request_bytes);
  state_->SetConcern(Concern::kMaxMemory, to.maxmemory != 0);
  state_->keyspace.memory_limit_bytes.store(static_cast<int64_t>(to.maxmemory),
                                            std::memory_order_relaxed);
  state_->keyspace.policy =
      PolicyOf(from.Enum<ConfigEviction>(ConfigKey::kMaxmemoryPolicy));
  state_->keyspace.lfu_log_factor =
      static_cast<unsigned>(integer(ConfigKey::kLfuLogFactor));
  state_->keyspace.lfu_decay_minutes =
      static_cast<unsigned>(integer(ConfigKey::kLfuDecayTime));
}

}  // namespace skarn

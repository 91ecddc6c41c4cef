// SPDX-License-Identifier: BSD-3-Clause
//
// Settings: the configuration values that commands and workers look at, in the form they
// need. The server fills them from the configuration; the gate is closed whenever they
// change. Threads: read by any worker.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace skarn {

struct OutputLimit {
  uint64_t hard_bytes = 0;  // 0: none.
  uint64_t soft_bytes = 0;
  int64_t soft_seconds = 0;
};

struct Settings {
  // Limits of requests and clients.
  int64_t proto_max_bulk_bytes = int64_t{512} << 20;
  uint64_t query_buffer_max = uint64_t{1} << 30;
  std::array<OutputLimit, 3> output_limits{};  // normal, replica, pubsub
  // Replies in memory for one client, whatever it is configured: a part of the machine's.
  uint64_t output_bytes_max = ~uint64_t{0};
  uint64_t maxclients = 10000;
  int64_t timeout_seconds = 0;
  int tcp_keepalive_seconds = 300;
  int64_t maxmemory_clients = 0;  // Bytes; negative: percent of maxmemory.
  bool protected_mode = true;
  bool enable_debug_command = false, enable_debug_command_local = false;

  // Memory.
  uint64_t maxmemory = 0;
  int maxmemory_samples = 5;
  int maxmemory_eviction_tenacity = 10;
  bool lazyfree_user_del = true, lazyfree_user_flush = true;
  bool lazyfree_lazy_eviction = true, lazyfree_lazy_expire = true,
       lazyfree_lazy_server_del = true;
  bool activedefrag = false;
  int active_expire_effort = 1;

  // Values.
  uint64_t hash_max_listpack_entries = 512;
  uint64_t hash_max_listpack_value = 64;

  // Events and logs.
  uint32_t notify_mask = 0;            // EventKind bits.
  int64_t commandlog_slow_us = 10000;  // Negative: off.
  int64_t commandlog_slow_max = 128;
  int64_t commandlog_large_request_bytes = 1048576;
  int64_t commandlog_large_request_max = 128;
  int64_t commandlog_large_reply_bytes = 1048576;
  int64_t commandlog_large_reply_max = 128;
  int64_t latency_threshold_ms = 0;
  bool latency_tracking = true;
  std::vector<double> latency_percentiles = {50, 99, 99.9};

  // Access.
  std::string requirepass;  // Empty: the default user needs no password.
  bool extended_redis_compatibility = false;
  std::string availability_zone;  // Told by HELLO; empty: not known.
  size_t prefetch_batch = 16;     // Keys fetched ahead together; 0: none.
  int hz = 10;

  // Persistence.
  bool stop_writes_on_bgsave_error = true;
  bool rdb_compression = true, rdb_checksum = true;
  bool rdb_version_relaxed = false;
  bool rdb_syncs_often = true;
  int64_t rdb_key_save_delay_us = 0;
  int64_t key_load_delay_us = 0;
  size_t save_threads = 1;
  std::string dir = ".", dbfilename = "dump.rdb";
};

}  // namespace skarn

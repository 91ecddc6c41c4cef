// SPDX-License-Identifier: BSD-3-Clause
//
// What a worker counts. Summed over the workers when somebody asks, with the gate closed.
// Threads: the worker's own. Owner: its executor.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace skarn {

// Durations are counted as in an HdrHistogram of two significant digits, from 1 ns to 1
// s: in nanoseconds up to 255, then 128 steps for each power of two.
inline constexpr uint64_t kDurationMax = 1'000'000'000;
inline constexpr size_t kDurationBuckets = 24 * 128;
constexpr size_t DurationBucket(uint64_t nanoseconds) {
  const unsigned shift = static_cast<unsigned>(std::bit_width(nanoseconds | 255)) - 8;
  return size_t{shift} * 128 + static_cast<size_t>(nanoseconds >> shift);
}
static_assert(DurationBucket(kDurationMax) < kDurationBuckets);
// The longest duration of a bucket.
constexpr uint64_t DurationOfBucket(size_t bucket) {
  if (bucket < 256) return bucket;
  return (uint64_t{bucket % 128 + 129} << (bucket / 128 - 1)) - 1;
}

struct CommandStatistics {
  uint64_t calls = 0;
  uint64_t cycles = 0;  // arch/cycles.h; turned into microseconds when asked.
  uint64_t rejected_calls = 0;
  uint64_t failed_calls = 0;
  // By DurationBucket: histograms, percentiles. Made with the first call.
  std::unique_ptr<std::array<uint32_t, kDurationBuckets>> durations;
};

struct WorkerStatistics {
  std::vector<CommandStatistics> commands;  // By Command::index.
  std::map<std::string, uint64_t, std::less<>>
      errors;  // By code; at most kErrorCodesMax.
  uint64_t processed_commands = 0;
  uint64_t error_replies = 0;
  uint64_t parked_commands = 0;  // Times a busy shard made a command wait.
  uint64_t gate_commands = 0;
  uint64_t rejected_connections = 0;
  uint64_t output_limit_disconnections = 0, query_limit_disconnections = 0;
  uint64_t evicted_clients = 0;
  uint64_t acl_denied_auth = 0;
  uint64_t prefetch_batches = 0, prefetch_entries = 0;
  uint64_t batch_commands_max = 0;
};

inline constexpr size_t kErrorCodesMax = 128;

}  // namespace skarn

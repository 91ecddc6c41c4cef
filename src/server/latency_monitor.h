// SPDX-License-Identifier: BSD-3-Clause
//
// LatencyMonitor: for each kind of event, the times when it took long. At most one sample
// a second and event, the worst; the last 160 of them. Threads: any; a mutex of its own,
// since events are rare. Owner: the server.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/mutex.h"

namespace skarn {

class LatencyMonitor {
 public:
  static constexpr size_t kSamplesMax = 160;
  struct Sample {
    int64_t time_seconds = 0;
    uint32_t latency_ms = 0;
  };
  struct Event {
    std::string name;
    std::vector<Sample> samples;  // Oldest first.
    uint32_t worst_ms = 0;        // Of all times, also of samples that are gone.
    uint64_t sum_ms = 0;
    uint64_t count = 0;
  };

  void Add(Bytes event, uint32_t latency_ms);
  std::vector<Event> Events() const;  // By name.
  // How many events went. Without names: all of them.
  size_t Reset(Bytes event);
  size_t ResetAll();

 private:
  mutable Mutex mutex_{LockRank::kBackground};
  std::map<std::string, Event, std::less<>> events_ SKARN_GUARDED_BY(mutex_);
};

}  // namespace skarn

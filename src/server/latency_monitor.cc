// SPDX-License-Identifier: BSD-3-Clause
#include "server/latency_monitor.h"

#include <algorithm>

#include "base/clock.h"

namespace skarn {

void LatencyMonitor::Add(Bytes name, uint32_t latency_ms) {
  MutexLock lock(mutex_);
  const auto found = events_.try_emplace(std::string(name)).first;
  Event& event = found->second;
  event.name = name;
  const int64_t now = NowMillis() / 1000;
  event.worst_ms = std::max(event.worst_ms, latency_ms);
  event.sum_ms += latency_ms;
  ++event.count;
  if (!event.samples.empty() && event.samples.back().time_seconds == now) {
    Sample& last = event.samples.back();
    last.latency_ms = std::max(last.latency_ms, latency_ms);
    return;
  }
  if (event.samples.size() == kSamplesMax) event.samples.erase(event.samples.begin());
  event.samples.push_back({now, latency_ms});
}

std::vector<LatencyMonitor::Event> LatencyMonitor::Events() const {
  MutexLock lock(mutex_);
  std::vector<Event> events;
  for (const auto& [name, event] : events_) events.push_back(event);
  return events;
}

size_t LatencyMonitor::Reset(Bytes event) {
  MutexLock lock(mutex_);
  const auto found = events_.find(event);
  if (found == events_.end()) return 0;
  events_.erase(found);
  return 1;
}

size_t LatencyMonitor::ResetAll() {
  MutexLock lock(mutex_);
  const size_t count = events_.size();
  events_.clear();
  return count;
}

}  // namespace skarn

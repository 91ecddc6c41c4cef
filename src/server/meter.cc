// SPDX-License-Identifier: BSD-3-Clause
#include "server/meter.h"

#include <algorithm>

#include "base/memory.h"
#include "command/executor.h"

namespace skarn {

void Meter::Publish(Executor& executor) {
  const NetStatistics& net = executor.worker().statistics();
  const uint64_t counts[kRateCount] = {executor.statistics().processed_commands,
                                       net.input_bytes, net.output_bytes, net.turns,
                                       net.busy_cycles};
  Published& mine = published_[executor.worker().index()];
  for (size_t i = 0; i < kRateCount; ++i) {
    mine.counts[i].store(counts[i], std::memory_order_relaxed);
  }
}

void Meter::Sample(int64_t now_us) {
  const int64_t elapsed_us = now_us - last_sample_us_;
  if (elapsed_us < kIntervalUs) return;
  for (size_t i = 0; i < kRateCount; ++i) {
    uint64_t sum = 0;
    for (size_t worker = 0; worker < worker_count_; ++worker) {
      sum += published_[worker].counts[i].load(std::memory_order_relaxed);
    }
    const uint64_t grown = sum > last_[i] ? sum - last_[i] : 0;
    samples_[i][next_sample_] =
        last_sample_us_ == 0
            ? 0
            : static_cast<double>(grown) * 1e6 / static_cast<double>(elapsed_us);
    last_[i] = sum;
  }
  next_sample_ = (next_sample_ + 1) % kSamples;
  last_sample_us_ = now_us;
  NotePeak(memory::UsedBytesApproximate() + memory::OtherBytes());
}

void Meter::Reset() {
  samples_ = {};
  last_ = {};
  for (size_t worker = 0; worker < worker_count_; ++worker) {
    for (auto& count : published_[worker].counts)
      count.store(0, std::memory_order_relaxed);
  }
}

double Meter::PerSecond(Rate rate) const {
  double sum = 0;
  for (const double sample : samples_[static_cast<size_t>(rate)]) sum += sample;
  return sum / kSamples;
}

int64_t Meter::NotePeak(int64_t used) {
  int64_t peak = peak_bytes_.load(std::memory_order_relaxed);
  while (used > peak &&
         !peak_bytes_.compare_exchange_weak(peak, used, std::memory_order_relaxed)) {
  }
  return std::max(peak, used);
}

}  // namespace skarn

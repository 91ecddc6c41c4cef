// SPDX-License-Identifier: BSD-3-Clause
//
// Meter: figures per second over the last 1.6 seconds, and the peak of memory.
// Threads: Publish by each worker for itself; Sample by worker 0; reading with the gate
// closed. Owner: the server.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

namespace skarn {

class Executor;

enum class Rate : uint8_t { kCommands, kInputBytes, kOutputBytes, kTurns, kBusyCycles };
inline constexpr size_t kRateCount = 5;

class Meter {
 public:
  explicit Meter(size_t worker_count)
      : worker_count_(worker_count),
        published_(std::make_unique<Published[]>(worker_count)) {}

  // What this worker has counted so far; on its tick.
  void Publish(Executor& executor);
  // A sample of all workers, when 100 ms (MonotonicMicros) have passed. Notes the memory
  // peak too.
  void Sample(int64_t now_us);
  // Counts start anew: CONFIG RESETSTAT.
  void Reset();

  double PerSecond(Rate rate) const;

  // What the server takes before it has data; once, before workers run.
  void NoteStartup(int64_t bytes) { startup_bytes_ = bytes; }
  int64_t startup_bytes() const { return startup_bytes_; }
  // The peak, `used` included.
  int64_t NotePeak(int64_t used);

 private:
  static constexpr size_t kSamples = 16;
  static constexpr int64_t kIntervalUs = 100000;
  struct alignas(128) Published {
    std::array<std::atomic<uint64_t>, kRateCount> counts{};
  };

  const size_t worker_count_;
  std::unique_ptr<Published[]> published_;
  std::array<std::array<double, kSamples>, kRateCount> samples_{};
  std::array<uint64_t, kRateCount> last_{};
  size_t next_sample_ = 0;
  int64_t last_sample_us_ = 0;
  int64_t startup_bytes_ = 0;
  std::atomic<int64_t> peak_bytes_{0};
};

}  // namespace skarn

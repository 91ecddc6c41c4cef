// SPDX-License-Identifier: BSD-3-Clause
//
// The time. Wall clock as microseconds or milliseconds since 1970, and a monotonic clock
// for durations. Tests move the wall clock with ClockShift; the server never does.
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>

namespace skarn {

using UnixMillis = int64_t;
using UnixMicros = int64_t;

namespace clock_internal {
// Added to the wall clock. Relaxed: whoever shifts it owns the threads that read it.
inline std::atomic<int64_t> shift_us{0};

inline int64_t ReadMicros(clockid_t id) {
  timespec now;
  clock_gettime(id, &now);
  return int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000;
}
}  // namespace clock_internal

inline UnixMicros NowMicros() {
  return clock_internal::ReadMicros(CLOCK_REALTIME) +
         clock_internal::shift_us.load(std::memory_order_relaxed);
}

inline UnixMillis NowMillis() {
  return NowMicros() / 1000;
}

// Never goes back; its zero has no meaning. Not shifted by tests.
inline int64_t MonotonicMicros() {
  return clock_internal::ReadMicros(CLOCK_MONOTONIC);
}

// Moves the wall clock of the process for the life of the object. For tests.
class ClockShift {
 public:
  explicit ClockShift(int64_t shift_ms = 0) { Advance(shift_ms); }
  ~ClockShift() { Advance(-total_ms_); }
  ClockShift(const ClockShift&) = delete;
  ClockShift& operator=(const ClockShift&) = delete;

  void Advance(int64_t ms) {
    total_ms_ += ms;
    clock_internal::shift_us.fetch_add(ms * 1000, std::memory_order_relaxed);
  }

 private:
  int64_t total_ms_ = 0;
};

}  // namespace skarn

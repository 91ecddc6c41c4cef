// SPDX-License-Identifier: BSD-3-Clause
//
// One thread that frees what would hold a worker up: big tables, flushed databases.
// Threads: Submit from any. Owner: the server, through Start and Stop.
#pragma once

#include <cstdint>
#include <functional>

namespace skarn {

class BackgroundFree {
 public:
  // Before workers start; without it (tools, tests) Submit frees at once.
  static void Start();
  // Frees what is queued, then ends the thread.
  static void Stop();

  // `bytes` is what it will free, about.
  static void Submit(std::function<void()> free, int64_t bytes = 0);
  // Of what is queued or being freed now.
  static int64_t PendingBytes();
  // For INFO: queued now, and done since the start.
  static uint64_t PendingCount();
  static uint64_t DoneCount();
  static void ResetDoneCount();
};

}  // namespace skarn

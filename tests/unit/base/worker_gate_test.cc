// SPDX-License-Identifier: BSD-3-Clause
#include "base/worker_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace skarn {
namespace {

constexpr int kRounds = 20'000;
constexpr int kMeetings = 200;

// One closes the gate from outside while another has it closed. The failure is a round
// that never ends.
TEST(WorkerGateTest, WhoIsOutsideStaysOutside) {
  WorkerGate gate(2);
  for (int i = 0; i < kMeetings; ++i) {
    std::atomic<bool> is_about_to_close{false};
    std::thread other;
    {
      GateLock lock(gate, 0);
      other = std::thread([&] {
        is_about_to_close.store(true, std::memory_order_release);
        const GateLock second(gate, 1);
      });
      while (!is_about_to_close.load(std::memory_order_acquire)) {
        std::this_thread::yield();
      }
      for (int yields = 0; yields < 100; ++yields) std::this_thread::yield();
    }
    other.join();
    const GateLock again(gate, 0);
  }
}

TEST(WorkerGateTest, WhoIsInsideGivesWayAndIsWaitedFor) {
  WorkerGate gate(2);
  int count = 0;  // (gate)
  const auto close_often = [&](size_t participant) {
    gate.Enter(participant);
    for (int i = 0; i < kRounds; ++i) {
      {
        GateLock lock(gate, participant);
        ++count;
      }
      if (gate.IsRequested()) gate.Pause(participant);
    }
    gate.Leave(participant);
  };
  std::thread other(close_often, 1);
  close_often(0);
  other.join();
  EXPECT_EQ(count, 2 * kRounds);
}

}  // namespace
}  // namespace skarn

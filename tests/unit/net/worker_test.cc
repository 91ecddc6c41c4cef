// SPDX-License-Identifier: BSD-3-Clause
#include "net/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/clock.h"

namespace skarn {
namespace {

constexpr int kTickMillis = 10;

class CountingHandler : public ConnectionHandler {
 public:
  void OnTurnStart(int64_t) override { turns.fetch_add(1); }
  std::unique_ptr<Connection> OnAccept(Worker&, const Accepted&) override {
    return nullptr;
  }
  void OnInput(Connection&) override {}
  bool OnTurnEnd() override { return false; }
  void OnClose(Connection&) override {}
  void OnSent(Connection&, size_t) override {}
  void OnTick(int64_t) override { ticks.fetch_add(1); }
  size_t InputWanted(Connection&) override { return 0; }

  std::atomic<int> turns = 0, ticks = 0;
};

class CountingMessage : public Message {
 public:
  explicit CountingMessage(std::atomic<int>& count) : count_(count) {}
  void Deliver(Worker&) override { count_.fetch_add(1); }

 private:
  std::atomic<int>& count_;
};

class WorkerTest : public testing::TestWithParam<LoopKind> {
 protected:
  void SetUp() override {
    auto made = Worker::Create({.loop = GetParam(), .tick_ms = kTickMillis}, gate);
    if (!made) GTEST_SKIP() << "the kernel has no such loop";
    worker = std::move(*made);
    worker->SetHandler(handler);
    thread = std::thread([this] { worker->Run(start); });
  }
  void TearDown() override {
    if (worker == nullptr) return;
    worker->Stop();
    thread.join();
  }
  // Whether `count` comes to be at least `goal`, in good time.
  static bool Reaches(const std::atomic<int>& count, int goal) {
    const int64_t until_us = MonotonicMicros() + 30'000'000;
    while (count.load() < goal && MonotonicMicros() < until_us) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return count.load() >= goal;
  }

  WorkerGate gate{1};
  CountingHandler handler;
  std::latch start{1};
  std::unique_ptr<Worker> worker;
  std::thread thread;
};

TEST_P(WorkerTest, TicksWhenTheClockIsSetBackToo) {
  ClockShift shift;
  EXPECT_TRUE(Reaches(handler.ticks, 3));
  shift.Advance(-3'600'000);
  const int before = handler.ticks.load();
  EXPECT_TRUE(Reaches(handler.ticks, before + 3));
  shift.Advance(7'200'000);
  const int after = handler.ticks.load();
  EXPECT_TRUE(Reaches(handler.ticks, after + 3));
}

TEST_P(WorkerTest, DeliversAllMessages) {
  std::atomic<int> delivered = 0;
  for (int i = 1; i <= 1000; ++i) {
    worker->Post(std::make_unique<CountingMessage>(delivered));
    if (i % 100 == 0) EXPECT_TRUE(Reaches(delivered, i));
  }
  EXPECT_TRUE(Reaches(delivered, 1000));
}

INSTANTIATE_TEST_SUITE_P(Loops, WorkerTest,
                         testing::Values(LoopKind::kEpoll, LoopKind::kUring),
                         [](const auto& test) {
                           return test.param == LoopKind::kEpoll ? "epoll" : "io_uring";
                         });

}  // namespace
}  // namespace skarn

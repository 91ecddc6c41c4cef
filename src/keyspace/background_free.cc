// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/background_free.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <thread>

#include "base/memory.h"
#include "base/mutex.h"

namespace skarn {
namespace {

struct State {
  Mutex mutex{LockRank::kBackground};
  std::condition_variable_any wake;
  struct Item {
    std::function<void()> free;
    int64_t bytes;
  };
  std::deque<Item> queue SKARN_GUARDED_BY(mutex);
  bool is_stopping SKARN_GUARDED_BY(mutex) = false;
  std::thread thread;
  std::atomic<uint64_t> pending{0};
  std::atomic<uint64_t> done{0};
  std::atomic<int64_t> pending_bytes{0};
};

// One per process; a lower layer than the server needs it wherever an entry dies.
State& TheState() {
  static State* state = new State;
  return *state;
}
std::atomic<bool> is_running{false};

void Run(State& state) {
  // What comes here is detached already: nobody looks at its segments.
  memory::ThreadCache cache(memory::ThreadCache::Retiring::kAtOnce);
  for (;;) {
    State::Item item;
    {
      MutexLock lock(state.mutex);
      while (state.queue.empty() && !state.is_stopping) state.wake.wait(state.mutex);
      if (state.queue.empty()) return;
      item = std::move(state.queue.front());
      state.queue.pop_front();
    }
    item.free();
    item.free = nullptr;
    cache.Fold(0);
    state.pending_bytes.fetch_sub(item.bytes, std::memory_order_relaxed);
    state.pending.fetch_sub(1, std::memory_order_relaxed);
    state.done.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace

void BackgroundFree::Start() {
  State& state = TheState();
  {
    MutexLock lock(state.mutex);
    state.is_stopping = false;
  }
  state.thread = std::thread([&state] { Run(state); });
  is_running.store(true, std::memory_order_release);
}

void BackgroundFree::Stop() {
  if (!is_running.exchange(false)) return;
  State& state = TheState();
  {
    MutexLock lock(state.mutex);
    state.is_stopping = true;
  }
  state.wake.notify_all();
  state.thread.join();
}

void BackgroundFree::Submit(std::function<void()> free, int64_t bytes) {
  if (!is_running.load(std::memory_order_acquire)) return free();
  State& state = TheState();
  state.pending.fetch_add(1, std::memory_order_relaxed);
  state.pending_bytes.fetch_add(bytes, std::memory_order_relaxed);
  {
    MutexLock lock(state.mutex);
    state.queue.push_back({std::move(free), bytes});
  }
  state.wake.notify_one();
}

uint64_t BackgroundFree::PendingCount() {
  return TheState().pending.load(std::memory_order_relaxed);
}
int64_t BackgroundFree::PendingBytes() {
  return TheState().pending_bytes.load(std::memory_order_relaxed);
}
uint64_t BackgroundFree::DoneCount() {
  return TheState().done.load(std::memory_order_relaxed);
}
void BackgroundFree::ResetDoneCount() {
  TheState().done.store(0, std::memory_order_relaxed);
}

}  // namespace skarn

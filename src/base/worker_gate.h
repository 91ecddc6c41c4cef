// SPDX-License-Identifier: BSD-3-Clause
//
// The gate lets one thread act on the whole server while every other one is between two
// commands: FLUSHALL, the cut of a snapshot, CONFIG SET, CLIENT LIST. It costs the others
// one store per loop turn and one load of a rarely written line per command. A sleeping
// thread is not waited for: it finds the gate closed when it wakes.
//
// The same word tells which blocks nobody can see any more (memory::Retire).
//
// Threads: a participant's index belongs to one thread. Owner: the server.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace skarn {

class WorkerGate {
 public:
  explicit WorkerGate(size_t participant_count);

  // Before touching shared state after a sleep. Waits while the gate is closed by
  // another.
  void Enter(size_t participant);
  // The same, but returns false, outside, while the gate is closed by another.
  bool TryEnter(size_t participant);
  // Before sleeping; the participant touches no shared state until Enter.
  void Leave(size_t participant);

  bool IsRequested() const { return requested_.load(std::memory_order_relaxed); }
  // Between two commands, when IsRequested(): lets the other go first. Holding no lock.
  void Pause(size_t participant);

  // Stops all others, returns when they are stopped. Not nested. Holding no lock. Who is
  // outside, before Enter or after Leave, is outside again after Open.
  void Close(size_t participant);
  void Open(size_t participant);
  // As Close, from outside; false while another has it closed, or is about to.
  bool TryClose(size_t participant);

  // Once a loop turn: announces that this participant keeps no old pointers. Returns the
  // epoch before which the blocks that this thread has retired are free of readers, 0
  // when it has none: then it writes to no line of others.
  uint64_t AdvanceEpoch(size_t participant);

 private:
  // The owner's part of Close.
  void StopOthers(size_t participant);

  // Idle, or the epoch at which the participant last started a turn. One line pair each:
  // adjacent lines are fetched together on x86.
  struct alignas(128) Participant {
    std::atomic<uint64_t> epoch{kIdle};
  };
  static constexpr uint64_t kIdle = 0;

  const size_t participant_count_;
  std::unique_ptr<Participant[]> participants_;
  alignas(128) std::atomic<bool> requested_{false};
  std::atomic<int> owner_{-1};
};

// Closes the gate for a scope.
class GateLock {
 public:
  GateLock(WorkerGate& gate, size_t participant)
      : gate_(gate), participant_(participant) {
    gate_.Close(participant_);
  }
  ~GateLock() { gate_.Open(participant_); }
  GateLock(const GateLock&) = delete;
  GateLock& operator=(const GateLock&) = delete;

 private:
  WorkerGate& gate_;
  const size_t participant_;
};

}  // namespace skarn

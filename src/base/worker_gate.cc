// SPDX-License-Identifier: BSD-3-Clause
#include "base/worker_gate.h"

#include <thread>

#include "arch/cpu_relax.h"
#include "base/check.h"
#include "base/memory.h"
#include "base/shared_store.h"

namespace skarn {
namespace {

constexpr int kSpinsBeforeYield = 256;

template <class Condition>
void SpinUntil(Condition condition) {
  for (int spins = 0; !condition(); ++spins) {
    if (spins < kSpinsBeforeYield) {
      CpuRelax();
    } else {
      std::this_thread::yield();
    }
  }
}

}  // namespace

WorkerGate::WorkerGate(size_t participant_count)
    : participant_count_(participant_count),
      participants_(std::make_unique<Participant[]>(participant_count)) {}

void WorkerGate::Enter(size_t participant) {
  while (!TryEnter(participant)) [[unlikely]] {
      // The futex wait of C++20 sleeps instead of burning the CPU that the owner may
      // need.
      requested_.wait(true, std::memory_order_acquire);
    }
}

bool WorkerGate::TryEnter(size_t participant) {
  std::atomic<uint64_t>& mine = participants_[participant].epoch;
  NoteSharedStore(SharedLine::kGate, &mine);
  // Pairs with Close: either it sees this store, or this load sees its request.
  mine.store(memory::RetireEpoch(), std::memory_order_seq_cst);
  if (!requested_.load(std::memory_order_seq_cst)) [[likely]]
    return true;
  mine.store(kIdle, std::memory_order_release);
  return false;
}

void WorkerGate::Leave(size_t participant) {
  NoteSharedStore(SharedLine::kGate, &participants_[participant].epoch);
  participants_[participant].epoch.store(kIdle, std::memory_order_release);
}

void WorkerGate::Pause(size_t participant) {
  Leave(participant);
  Enter(participant);
}

void WorkerGate::Close(size_t participant) {
  // Nobody else stores there. Who is outside has nothing to leave, and must not be found
  // inside afterwards, when he may never leave.
  const bool is_inside =
      participants_[participant].epoch.load(std::memory_order_relaxed) != kIdle;
  int nobody = -1;
  while (!owner_.compare_exchange_strong(nobody, static_cast<int>(participant),
                                         std::memory_order_acq_rel)) {
    nobody = -1;
    if (!IsRequested()) {
      std::this_thread::yield();
    } else if (is_inside) {
      Pause(participant);
    } else {
      requested_.wait(true, std::memory_order_acquire);
    }
  }
  StopOthers(participant);
}

bool WorkerGate::TryClose(size_t participant) {
  int nobody = -1;
  if (!owner_.compare_exchange_strong(nobody, static_cast<int>(participant),
                                      std::memory_order_acq_rel)) {
    return false;
  }
  StopOthers(participant);
  return true;
}

void WorkerGate::StopOthers(size_t participant) {
  NoteSharedStore(SharedLine::kGate, &requested_);
  requested_.store(true, std::memory_order_seq_cst);
  for (size_t i = 0; i < participant_count_; ++i) {
    if (i == participant) continue;
    // Acquire pairs with the release in Leave: what it did before is visible here.
    SpinUntil(
        [&] { return participants_[i].epoch.load(std::memory_order_seq_cst) == kIdle; });
  }
}

void WorkerGate::Open(size_t participant) {
  SKARN_CHECK(owner_.load(std::memory_order_relaxed) == static_cast<int>(participant));
  requested_.store(false, std::memory_order_release);
  owner_.store(-1, std::memory_order_release);
  requested_.notify_all();
}

uint64_t WorkerGate::AdvanceEpoch(size_t participant) {
  std::atomic<uint64_t>& mine = participants_[participant].epoch;
  const bool has_retired = memory::HasRetired();
  const uint64_t now = has_retired ? memory::PassRetired() : memory::RetireEpoch();
  if (mine.load(std::memory_order_relaxed) != now) {
    NoteSharedStore(SharedLine::kGate, &mine);
    mine.store(now, std::memory_order_seq_cst);
    // Pairs with the fence in memory::Retire: who announces an epoch later than the stamp
    // of a block finds the block no more. Without it AArch64 may read a bucket first.
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  if (!has_retired) return 0;
  uint64_t oldest = now;
  for (size_t i = 0; i < participant_count_; ++i) {
    const uint64_t epoch = participants_[i].epoch.load(std::memory_order_seq_cst);
    if (epoch != kIdle && epoch < oldest) oldest = epoch;
  }
  return oldest;
}

}  // namespace skarn

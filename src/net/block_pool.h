// SPDX-License-Identifier: BSD-3-Clause
//
// BlockPool: the I/O blocks of a worker, lent to connections while they have bytes in
// them. Last in, first out: the block lent next is the one that is still in the cache.
// Threads: one worker; SizeBytes from any. Owner: the worker.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace skarn {

inline constexpr size_t kIoBlockBytes = 64 * 1024;  // Blocks lent to connections.

class BlockPool {
 public:
  // What one client at a time needs is there from the start, so that the first commands
  // do not seem to cost it.
  BlockPool() {
    for (size_t i = 0; i < kIdleMin; ++i) {
      idle_.push_back(std::make_unique_for_overwrite<char[]>(kIoBlockBytes));
    }
    Count();
  }
  std::unique_ptr<char[]> Take() {
    if (idle_.empty()) return std::make_unique_for_overwrite<char[]>(kIoBlockBytes);
    std::unique_ptr<char[]> block = std::move(idle_.back());
    idle_.pop_back();
    least_idle_ = std::min(least_idle_, idle_.size());
    Count();
    return block;
  }
  void Give(std::unique_ptr<char[]> block) {
    if (block == nullptr || idle_.size() >= kIdleMax) return;
    idle_.push_back(std::move(block));
    Count();
  }
  // Frees half of the blocks that nobody has needed since the last call, the coldest. At
  // each tick.
  void Trim() {
    const size_t spare = idle_.size() - std::min(kIdleMin, idle_.size());
    const auto count = static_cast<ptrdiff_t>(std::min((least_idle_ + 1) / 2, spare));
    idle_.erase(idle_.begin(), idle_.begin() + count);
    least_idle_ = idle_.size();
    Count();
  }
  // Frees all but those that are there from the start.
  void FreeIdle() {
    if (idle_.size() > kIdleMin) idle_.resize(kIdleMin);
    least_idle_ = idle_.size();
    Count();
  }
  size_t SizeBytes() const {
    return count_.load(std::memory_order_relaxed) * kIoBlockBytes;
  }

 private:
  void Count() { count_.store(idle_.size(), std::memory_order_relaxed); }

  static constexpr size_t kIdleMin = 2;
  static constexpr size_t kIdleMax = 64;
  std::vector<std::unique_ptr<char[]>> idle_;
  size_t least_idle_ = 0;  // The fewest there were since the last Trim.
  std::atomic<size_t> count_{0};
};

}  // namespace skarn

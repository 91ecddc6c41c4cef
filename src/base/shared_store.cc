// SPDX-License-Identifier: BSD-3-Clause
#include "base/shared_store.h"

#ifndef NDEBUG

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace skarn {
namespace {

// Debugging aids, hence the exception to "no globals".
std::array<std::atomic<uint64_t>, kSharedLineNames.size()> counts{};

// The last lines this thread has stored to since its command began. A command on more
// lines than this may count some of them again.
struct RecentLines {
  std::array<uintptr_t, 64> lines{};
  size_t count = 0;
};
thread_local RecentLines recent;

}  // namespace

void NoteSharedStore(SharedLine kind, const void* address) {
  const uintptr_t line = reinterpret_cast<uintptr_t>(address) / 64;
  const size_t known = std::min(recent.count, recent.lines.size());
  const auto end = recent.lines.begin() + static_cast<ptrdiff_t>(known);
  if (std::find(recent.lines.begin(), end, line) != end) return;
  recent.lines[recent.count++ % recent.lines.size()] = line;
  counts[static_cast<size_t>(kind)].fetch_add(1, std::memory_order_relaxed);
}

void BeginSharedStores() {
  recent.count = 0;
}

SharedStoreCounts TakeSharedStores() {
  SharedStoreCounts taken;
  for (size_t i = 0; i < taken.size(); ++i) {
    taken[i] = counts[i].exchange(0, std::memory_order_relaxed);
  }
  return taken;
}

}  // namespace skarn

#endif

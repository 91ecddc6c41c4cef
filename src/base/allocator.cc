// SPDX-License-Identifier: BSD-3-Clause
#include "base/allocator.h"

#include <sys/mman.h>

#ifndef SKARN_SANITIZED
#include <jemalloc/jemalloc.h>
#endif

namespace skarn::allocator {

#ifdef SKARN_SANITIZED
Statistics ReadStatistics() {
  return {};
}

std::string Version() {
  return "none";
}

void Purge() {}
void SetDecay(int64_t) {}

bool AskForHugePages(unsigned) {
  return false;
}

std::string Report() {
  return "A sanitized build runs without jemalloc.\n";
}
#else
namespace {

int64_t ReadBytes(const char* name) {
  size_t value = 0, size = sizeof(value);
  return mallctl(name, &value, &size, nullptr, 0) == 0 ? static_cast<int64_t>(value) : 0;
}

extent_hooks_t* default_hooks = nullptr;  // Set before the one below is in use.
extent_hooks_t huge_page_hooks;

void* MapHugePages(extent_hooks_t*, void* at, size_t size, size_t alignment, bool* zero,
                   bool* commit, unsigned arena) {
  void* const extent =
      default_hooks->alloc(default_hooks, at, size, alignment, zero, commit, arena);
  // Without them the memory is as good as before.
  if (extent != nullptr) madvise(extent, size, MADV_HUGEPAGE);
  return extent;
}

std::string ArenaOption(unsigned arena, const char* name) {
  return "arena." + std::to_string(arena) + "." + name;
}

void AppendText(void* text, const char* more) {
  *static_cast<std::string*>(text) += more;
}

}  // namespace

Statistics ReadStatistics() {
  uint64_t epoch = 1;  // Any value: writing it refreshes the statistics.
  size_t size = sizeof(epoch);
  mallctl("epoch", &epoch, &size, &epoch, size);
  const int64_t cached = ReadBytes("stats.arenas.4096.tcache_bytes");
  return {.allocated_bytes = ReadBytes("stats.allocated") - cached,
          .active_bytes = ReadBytes("stats.active"),
          .resident_bytes = ReadBytes("stats.resident")};
}

std::string Version() {
  const char* text = nullptr;
  size_t size = sizeof(text);
  if (mallctl("version", &text, &size, nullptr, 0) != 0) return "?";
  const std::string version(text);
  return version.substr(0, version.find('-'));
}

void SetDecay(int64_t milliseconds) {
  ssize_t decay = static_cast<ssize_t>(milliseconds);
  mallctl("arenas.dirty_decay_ms", nullptr, nullptr, &decay, sizeof(decay));
  unsigned count = 0;
  size_t size = sizeof(count);
  mallctl("arenas.narenas", &count, &size, nullptr, 0);
  for (unsigned arena = 0; arena < count; ++arena) {
    // Fails for those that nobody has used yet.
    mallctl(ArenaOption(arena, "dirty_decay_ms").c_str(), nullptr, nullptr, &decay,
            sizeof(decay));
  }
}

bool AskForHugePages(unsigned arena) {
  const std::string option = ArenaOption(arena, "extent_hooks");
  extent_hooks_t* hooks = nullptr;
  size_t size = sizeof(hooks);
  if (mallctl(option.c_str(), &hooks, &size, nullptr, 0) != 0) return false;
  if (hooks == &huge_page_hooks) return true;
  default_hooks = hooks;
  huge_page_hooks = *hooks;
  huge_page_hooks.alloc = &MapHugePages;
  hooks = &huge_page_hooks;
  return mallctl(option.c_str(), nullptr, nullptr, &hooks, sizeof(hooks)) == 0;
}

static_assert(MALLCTL_ARENAS_ALL == 4096);
void Purge() {
  mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);
}

std::string Report() {
  std::string text;
  malloc_stats_print(&AppendText, &text, "");
  return text;
}
#endif

}  // namespace skarn::allocator

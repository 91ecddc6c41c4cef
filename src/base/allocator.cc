// SPDX-License-Identifier: BSD-3-Clause
#include "base/allocator.h"

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

std::string Report() {
  return "A sanitized build runs without jemalloc.\n";
}
#else
namespace {

int64_t ReadBytes(const char* name) {
  size_t value = 0, size = sizeof(value);
  return mallctl(name, &value, &size, nullptr, 0) == 0 ? static_cast<int64_t>(value) : 0;
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

// SPDX-License-Identifier: BSD-3-Clause
#include "server/memory_report.h"

#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <jemalloc/jemalloc.h>

#include "base/memory.h"
#include "command/client_memory.h"
#include "command/executor.h"
#include "server/meter.h"
#include "server/server.h"

namespace skarn {
namespace {

int64_t ReadResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  long total = 0, resident = 0;
  const int read = std::fscanf(file, "%ld %ld", &total, &resident);
  std::fclose(file);
  return read == 2 ? int64_t{resident} * sysconf(_SC_PAGESIZE) : 0;
}

int64_t ReadMallocStatistic(const char* name) {
  size_t value = 0, size = sizeof(value);
  return mallctl(name, &value, &size, nullptr, 0) == 0 ? static_cast<int64_t>(value) : 0;
}

void AddClients(Server& server, MemoryReport* report) {
  for (Executor* executor : server.state().executors) {
    report->clients += static_cast<int64_t>(executor->worker().PooledBytes());
    executor->ForEachClient([&](Client& client) {
      report->clients += static_cast<int64_t>(TotalMemoryOf(client));
    });
  }
}

void AddDatabases(Server& server, MemoryReport* report) {
  const Keyspace& keyspace = server.state().keyspace;
  for (unsigned db = 0; db < keyspace.database_count(); ++db) {
    const Database* database = keyspace.FindDatabase(db);
    if (database == nullptr) continue;
    report->tables += static_cast<int64_t>(database->TableBytes());
    report->key_count += database->KeyCount();
  }
  if (const SnapshotLane* lane = keyspace.lane())
    report->snapshot_held = lane->held_bytes();
}

}  // namespace

MemoryReport ReportMemory(Server& server) {
  MemoryReport report;
  uint64_t epoch = 1;
  size_t size = sizeof(epoch);
  mallctl("epoch", &epoch, &size, &epoch, size);
  const memory::Usage usage = memory::GetUsage();
  // The allocator's own stock of free blocks is not what was asked for.
  report.allocated = ReadMallocStatistic("stats.allocated") -
                     ReadMallocStatistic("stats.arenas.4096.tcache_bytes");
  // Slabs count by the blocks in them.
  report.used =
      usage.used_bytes + std::max<int64_t>(0, report.allocated - usage.committed_bytes);
  report.active = ReadMallocStatistic("stats.active");
  report.resident = ReadMallocStatistic("stats.resident");
  report.rss = ReadResidentBytes();
  report.startup = std::min(server.meter().startup_bytes(), report.used);
  report.peak = server.meter().NotePeak(report.used);
  AddClients(server, &report);
  AddDatabases(server, &report);
  report.overhead =
      report.startup + report.clients + report.tables + report.snapshot_held;
  report.overhead = std::min(report.overhead, report.used);
  report.dataset = report.used - report.overhead;
  struct sysinfo system;
  if (sysinfo(&system) == 0) {
    report.total_system = static_cast<int64_t>(system.totalram) * system.mem_unit;
  }
  return report;
}

std::string MallocVersion() {
  const char* text = nullptr;
  size_t size = sizeof(text);
  if (mallctl("version", &text, &size, nullptr, 0) != 0) return "?";
  const std::string version(text);
  return version.substr(0, version.find('-'));
}

void PurgeMemory() {
  const std::string name = fmt::format("arena.{}.purge", MALLCTL_ARENAS_ALL);
  mallctl(name.c_str(), nullptr, nullptr, nullptr, 0);
}

}  // namespace skarn

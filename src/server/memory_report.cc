// SPDX-License-Identifier: BSD-3-Clause
#include "server/memory_report.h"

#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/allocator.h"
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
  report->snapshot_held = keyspace.SnapshotHeldBytes();
}

}  // namespace

MemoryReport ReportMemory(Server& server) {
  MemoryReport report;
  const allocator::Statistics heap = allocator::ReadStatistics();
  const memory::Usage usage = memory::GetUsage();
  report.allocated = heap.allocated_bytes;
  // Slabs count by the blocks in them.
  report.used =
      usage.used_bytes + std::max<int64_t>(0, report.allocated - usage.committed_bytes);
  // The allocator counts memory that was never touched, that of slabs among it: there is
  // not more than the kernel says.
  report.rss = ReadResidentBytes();
  report.resident = std::min(heap.resident_bytes, report.rss);
  report.active = std::min(heap.active_bytes, report.resident);
  report.allocated = std::min(report.allocated, report.active);
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

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// MemoryReport: where the memory of the process is. INFO, MEMORY STATS and MEMORY DOCTOR
// show it. Threads: with the gate closed. Owner: none; a value.
#pragma once

#include <cstdint>

namespace skarn {

class Server;

struct MemoryReport {
  int64_t used = 0;  // All that was asked for: data, tables, clients, the server itself.
  int64_t startup = 0;  // Of this, when the server started.
  int64_t peak = 0;
  int64_t rss = 0;
  int64_t clients = 0;        // Buffers of clients.
  int64_t tables = 0;         // Tables of keys, without the entries.
  int64_t snapshot_held = 0;  // Kept for a running snapshot alone.
  int64_t overhead = 0;       // Startup, clients, tables and snapshot.
  int64_t dataset = 0;        // The rest.
  uint64_t key_count = 0;

  // Of the allocators: asked for, in pages of live blocks, resident.
  int64_t allocated = 0, active = 0, resident = 0;
  int64_t total_system = 0;

  double PeakPercent() const { return Percent(used, peak); }
  double DatasetPercent() const { return Percent(dataset, used - startup); }
  double FragmentationRatio() const { return Ratio(rss, used); }
  double AllocatorFragmentationRatio() const { return Ratio(active, allocated); }
  double AllocatorRssRatio() const { return Ratio(resident, active); }
  double RssOverheadRatio() const { return Ratio(rss, resident); }

 private:
  static double Ratio(int64_t a, int64_t b) {
    return b <= 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
  }
  static double Percent(int64_t a, int64_t b) { return Ratio(a, b) * 100; }
};

MemoryReport ReportMemory(Server& server);

}  // namespace skarn

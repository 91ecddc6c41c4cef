// SPDX-License-Identifier: BSD-3-Clause
//
// MEMORY: what keys take, and where the memory of the server is.
#include <fmt/format.h>

#include "base/allocator.h"
#include "command/context.h"
#include "command/executor.h"
#include "command/help.h"
#include "server/access.h"
#include "server/admin.h"
#include "server/memory_report.h"
#include "server/server.h"
#include "types/hash_table.h"

namespace skarn::commands {
namespace {

constexpr std::string_view kMemoryHelp[] = {
    "DOCTOR",
    "    Return memory problems reports.",
    "MALLOC-STATS",
    "    Return internal statistics report from the memory allocator.",
    "PURGE",
    "    Attempt to purge dirty pages for reclamation by the allocator.",
    "STATS",
    "    Return information about the memory usage of the server.",
    "USAGE <key> [SAMPLES <count>]",
    "    Return memory in bytes used by <key> and its value. Nested values are",
    "    sampled up to <count> times (default: 5, 0 means sample all).",
};

// Below this the reports would only describe the empty server.
constexpr int64_t kDoctorBytesMin = 5 << 20;

size_t MemoryOf(const Entry& entry) {
  if (entry.encoding() != Encoding::kTable) return entry.TotalBytes();
  return entry.BlockBytes() + entry.table()->SizeBytes();
}

// Counts the pairs it writes.
class MapWriter {
 public:
  explicit MapWriter(ReplyWriter& reply)
      : reply_(reply), header_(reply.BeginDeferredMap()) {}
  void Add(Bytes name, int64_t value) {
    reply_.Bulk(name);
    reply_.Integer(value);
    ++count_;
  }
  void AddDouble(Bytes name, double value) {
    reply_.Bulk(name);
    reply_.Double(value);
    ++count_;
  }
  void BeginMap(Bytes name, size_t count) {
    reply_.Bulk(name);
    reply_.MapHeader(count);
    ++count_;
  }
  void End() { reply_.EndDeferred(header_, count_); }

 private:
  ReplyWriter& reply_;
  const ReplyWriter::Deferred header_;
  size_t count_ = 0;
};

void AddDatabases(const Keyspace& keyspace, MapWriter& out, ReplyWriter& reply) {
  for (unsigned db = 0; db < keyspace.database_count(); ++db) {
    const Database* database = keyspace.FindDatabase(db);
    if (database == nullptr) continue;
    out.BeginMap(fmt::format("db.{}", db), 2);
    reply.Bulk("overhead.hashtable.main");
    reply.Integer(static_cast<int64_t>(database->TableBytes()));
    reply.Bulk("overhead.hashtable.expires");
    reply.Integer(0);  // Expiries stand in the entries.
  }
}

}  // namespace

void MemoryHelp(CommandContext&, const Args&, ReplyWriter& reply) {
  ReplyHelp(reply, "MEMORY", kMemoryHelp);
}

void MemoryUsage(CommandContext& context, const Args& args, ReplyWriter& reply) {
  // Sizes are counted, not guessed from samples, so any number of them will do.
  for (size_t i = 3; i < args.size(); i += 2) {
    if (!args.Is(i, "SAMPLES") || i + 1 >= args.size()) return reply.Error(kSyntaxError);
    const auto samples = args.Integer(i + 1);
    if (!samples) return reply.Error(samples.error());
    if (*samples < 0) return reply.Error(kSyntaxError);
  }
  const Entry* entry = context.keyspace.Peek(MakeKey(args[2]));
  if (entry == nullptr) return reply.Null();
  reply.Integer(static_cast<int64_t>(MemoryOf(*entry)));
}

void MemoryStats(CommandContext& context, const Args&, ReplyWriter& reply) {
  const MemoryReport report = ReportMemory(ServerOf(context));
  const int64_t keys = static_cast<int64_t>(report.key_count);
  MapWriter out(reply);
  out.Add("peak.allocated", report.peak);
  out.Add("total.allocated", report.used);
  out.Add("startup.allocated", report.startup);
  out.Add("replication.backlog", 0);
  out.Add("replicas.repl.buffer", 0);
  out.Add("clients.slaves", 0);
  out.Add("clients.normal", report.clients);
  out.Add("cluster.links", 0);
  out.Add("cluster.slot_import", 0);
  out.Add("cluster.slot_export", 0);
  out.Add("aof.buffer", 0);
  out.Add("lua.caches", 0);
  out.Add("functions.caches", 0);
  AddDatabases(context.server.keyspace, out, reply);
  out.Add("overhead.db.hashtable.lut", report.tables);
  out.Add("overhead.db.hashtable.rehashing", 0);
  out.Add("overhead.total", report.overhead);
  out.Add("db.dict.rehashing.count", 0);
  out.Add("keys.count", keys);
  out.Add("keys.bytes-per-key", keys == 0 ? 0 : (report.used - report.startup) / keys);
  out.Add("dataset.bytes", report.dataset);
  out.AddDouble("dataset.percentage", report.DatasetPercent());
  out.AddDouble("peak.percentage", report.PeakPercent());
  out.Add("allocator.allocated", report.allocated);
  out.Add("allocator.active", report.active);
  out.Add("allocator.resident", report.resident);
  out.Add("allocator.muzzy", 0);
  out.AddDouble("allocator-fragmentation.ratio", report.AllocatorFragmentationRatio());
  out.Add("allocator-fragmentation.bytes", report.active - report.allocated);
  out.AddDouble("allocator-rss.ratio", report.AllocatorRssRatio());
  out.Add("allocator-rss.bytes", report.resident - report.active);
  out.AddDouble("rss-overhead.ratio", report.RssOverheadRatio());
  out.Add("rss-overhead.bytes", report.rss - report.resident);
  out.AddDouble("fragmentation", report.FragmentationRatio());
  out.Add("fragmentation.bytes", report.rss - report.used);
  out.End();
}

void MemoryDoctor(CommandContext& context, const Args&, ReplyWriter& reply) {
  const MemoryReport report = ReportMemory(ServerOf(context));
  if (report.used < kDoctorBytesMin) {
    return reply.Verbatim(
        "txt",
        "This server holds next to nothing, so its memory tells nothing yet. Ask again "
        "when there is data.\n");
  }
  std::string text;
  const auto add = [&](Bytes what) { text += fmt::format(" * {}\n", what); };
  if (report.peak > report.used + report.used / 2) {
    add("Peak: there was once much more data than now. Memory kept for it may still be "
        "resident; "
        "MEMORY PURGE returns what is free.");
  }
  if (report.AllocatorFragmentationRatio() > 1.1) {
    add("Fragmentation: blocks of different ages share pages. activedefrag moves them "
        "together.");
  }
  if (report.AllocatorRssRatio() > 1.1 &&
      report.resident - report.active > kDoctorBytesMin) {
    add("Allocator: free pages are kept for later. MEMORY PURGE returns them.");
  }
  if (report.clients > report.used / 4) {
    add("Clients: their buffers take a good part of the memory. CLIENT LIST shows which; "
        "maxmemory-clients limits them.");
  }
  if (text.empty()) return reply.Verbatim("txt", "No memory problems found.\n");
  reply.Verbatim("txt", "Found in the memory of this server:\n\n" + text);
}

void MemoryPurge(CommandContext&, const Args&, ReplyWriter& reply) {
  allocator::Purge();
  reply.Ok();
}

// The slabs of the keyspace, then what jemalloc tells.
void MemoryMallocStats(CommandContext&, const Args&, ReplyWriter& reply) {
  std::string text = "Slabs: block bytes, slab bytes, slabs, free blocks, free bytes\n";
  for (const memory::SlabClass& one : memory::SlabClasses()) {
    text +=
        fmt::format("{:>6} {:>7} {:>7} {:>8} {:>10}\n", one.block_bytes, one.slab_bytes,
                    one.slab_count, one.free_blocks, one.free_blocks * one.block_bytes);
  }
  reply.Verbatim("txt", text + allocator::Report());
}

}  // namespace skarn::commands

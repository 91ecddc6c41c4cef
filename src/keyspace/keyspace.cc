// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/keyspace.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "keyspace/background_free.h"
#include "types/hash_table.h"

namespace skarn {

size_t Database::KeyCount() const {
  size_t count = 0;
  for (const Shard& shard : shards) count += shard.table.size();
  return count;
}

size_t Database::ExpiryCount() const {
  size_t count = 0;
  for (const Shard& shard : shards) count += shard.expiry_count;
  return count;
}

size_t Database::TableBytes() const {
  size_t bytes = sizeof(Database);
  for (const Shard& shard : shards) bytes += shard.table.SizeBytes();
  return bytes;
}

size_t Database::EstimateBytes() const {
  constexpr size_t kCountedMax = 4096;
  constexpr size_t kSampledShards = 256;
  const size_t key_count = KeyCount();
  const bool counts_all = key_count <= kCountedMax;
  const size_t step = counts_all ? 1 : kShardCount / kSampledShards;
  const size_t seen_max = counts_all ? kCountedMax : kCountedMax / kSampledShards;
  size_t bytes = 0, seen = 0;
  for (size_t i = 0; i < kShardCount; i += step) {
    const ShardTable& table = shards[i].table;
    if (table.empty()) continue;
    const size_t enough = seen + seen_max;
    uint64_t position = 0;
    do {
      position = table.VisitHome(position, [&](const Place& place) {
        bytes += TotalBytesOf(*EntryAt(place));
        ++seen;
      });
    } while (position != 0 && seen < enough);
  }
  if (seen == 0) return TableBytes();
  return TableBytes() +
         static_cast<size_t>(static_cast<double>(bytes) / static_cast<double>(seen) *
                             static_cast<double>(key_count));
}

Keyspace::Keyspace(unsigned database_count)
    : database_count_(database_count),
      databases_(std::make_unique<std::atomic<Database*>[]>(database_count)),
      numbers_at_cut_(database_count) {}

Keyspace::~Keyspace() {
  for (unsigned db = 0; db < database_count_; ++db) {
    if (FindDatabase(db) != nullptr) FreeDatabase(Detach(db));
  }
}

Database& Keyspace::MakeDatabase(unsigned db) {
  auto made = std::make_unique<Database>();
  Database* expected = nullptr;
  if (databases_[db].compare_exchange_strong(expected, made.get(),
                                             std::memory_order_acq_rel)) {
    return *made.release();
  }
  return *expected;  // Another worker was first.
}

void Keyspace::set_concurrent(bool is_concurrent) {
  is_concurrent_ = is_concurrent;
  memory::SetConcurrent(is_concurrent);
}

ExpiryMillis Keyspace::AdvanceClock(ExpiryMillis now) {
  constexpr ExpiryMillis kSetBackMin = 1000;
  ExpiryMillis latest = clock();
  while (now != latest) {
    if (now < latest) {
      if (latest - now < kSetBackMin) return latest;
      // Set back, or this thread stood still for a second after it read the clock?
      now = NowMillis();
      if (latest - now < kSetBackMin && now <= latest) return latest;
    }
    if (clock_.compare_exchange_weak(latest, now, std::memory_order_relaxed)) return now;
  }
  return latest;
}

// 64 MB or 2 % of all memory; under a limit of memory a sixteenth of that, if less.
int64_t Keyspace::SnapshotPassingMax() const {
  constexpr int64_t kMax = int64_t{64} << 20;
  constexpr int64_t kLimitedMin = int64_t{1} << 20;
  const int64_t bytes = std::max(kMax, memory::UsedBytesApproximate() / 50);
  const int64_t limit = memory_limit_bytes.load(std::memory_order_relaxed);
  if (limit == 0) return bytes;
  return std::min(bytes, std::max(kLimitedMin, limit / 16));
}

uint16_t Keyspace::NextLaneEpoch() {
  // 0 means "none". Marks older than half the range would look newer, so wipe them all at
  // the wrap; a completed save leaves no mark older than itself, so only aborted ones
  // bring us here.
  if (++lane_epoch_ < 0x7fff) return lane_epoch_;
  for (unsigned db = 0; db < database_count_; ++db) {
    Database* database = FindDatabase(db);
    if (database == nullptr) continue;
    for (Shard& shard : database->shards) {
      shard.table.ForEachSegment([](Segment* segment) {
        for (unsigned i = 0; i < segment->LineCount(); ++i)
          segment->Buckets()[i].lane_epoch = 0;
      });
    }
  }
  return lane_epoch_ = 1;
}

void Keyspace::SwapDatabases(unsigned a, unsigned b) {
  Database* const first = databases_[a].load(std::memory_order_relaxed);
  databases_[a].store(databases_[b].load(std::memory_order_relaxed),
                      std::memory_order_release);
  databases_[b].store(first, std::memory_order_release);
  std::swap(numbers_at_cut_[a], numbers_at_cut_[b]);
}

void Keyspace::NoteCut() {
  std::iota(numbers_at_cut_.begin(), numbers_at_cut_.end(), 0u);
}

std::unique_ptr<Database> Keyspace::Detach(unsigned db) {
  return std::unique_ptr<Database>(
      databases_[db].exchange(nullptr, std::memory_order_acq_rel));
}

size_t TotalBytesOf(const Entry& entry) {
  if (entry.encoding() != Encoding::kTable) return entry.TotalBytes();
  return entry.BlockBytes() + entry.table()->SizeBytes();
}

void FreeTable(HashTable* table, bool lazily) {
  if (lazily && table->size() > kLazyFreeFieldsMin) {
    const int64_t bytes = static_cast<int64_t>(table->SizeBytes());
    BackgroundFree::Submit([table] { delete table; }, bytes);
  } else {
    delete table;
  }
}

void FreeEntry(Entry* entry, bool lazily) {
  if (entry->encoding() == Encoding::kTable) {
    FreeTable(entry->table(), lazily);
  } else if (!entry->IsEmbedded()) {
    entry->blob()->Release();
  }
  Entry::FreeBlock(entry);
}

void FreeDatabase(std::unique_ptr<Database> database) {
  for (Shard& shard : database->shards) {
    shard.table.ForEach([](Place place) { FreeEntry(EntryAt(place), /*lazily=*/false); });
    shard.table.Clear();
  }
}

}  // namespace skarn

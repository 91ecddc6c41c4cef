// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/snapshot_lane.h"

#include <utility>

#include "keyspace/keyspace.h"

namespace skarn {

SnapshotLane::SnapshotLane(uint16_t epoch) : epoch_(epoch) {}

SnapshotLane::~SnapshotLane() {
  for (CapturedTable& captured : captures_) captured.capture->table->EndCapture();
  for (const Orphan& orphan : orphans_) FreeEntry(orphan.entry, /*lazily=*/false);
  for (HashTable* table : kept_) FreeTable(table, /*lazily=*/false);
  for (auto& database : kept_databases_) FreeDatabase(std::move(database));
}

void SnapshotLane::KeepUntilEnd(std::unique_ptr<Database> database) {
  MutexLock lock(mutex_);
  kept_databases_.push_back(std::move(database));
}

void SnapshotLane::HandOver(unsigned db, Entry* entry) {
  AddHeld(static_cast<int64_t>(entry->BlockBytes()));
  MutexLock lock(mutex_);
  orphans_.push_back({db, entry});
  orphan_count_.fetch_add(1, std::memory_order_relaxed);
}

void SnapshotLane::Capture(unsigned db, const Entry& entry) {
  CapturedTable captured{db, std::string(entry.key()), entry.expiry(),
                         std::make_unique<TableCapture>(*entry.table())};
  MutexLock lock(mutex_);
  captures_.push_back(std::move(captured));
  orphan_count_.fetch_add(1, std::memory_order_relaxed);
}

std::vector<SnapshotLane::CapturedTable> SnapshotLane::TakeCaptures() {
  MutexLock lock(mutex_);
  return std::exchange(captures_, {});
}

void SnapshotLane::KeepUntilEnd(HashTable* table) {
  MutexLock lock(mutex_);
  kept_.push_back(table);
}

std::vector<SnapshotLane::Orphan> SnapshotLane::TakeOrphans() {
  MutexLock lock(mutex_);
  orphan_count_.store(0, std::memory_order_relaxed);
  return std::exchange(orphans_, {});
}

}  // namespace skarn

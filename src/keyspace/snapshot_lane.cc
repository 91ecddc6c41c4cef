// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/snapshot_lane.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "keyspace/keyspace.h"

namespace skarn {

struct SnapshotLane::KeptDatabase {
  std::unique_ptr<Database> database;
  int64_t held_bytes;
};

SnapshotLane::SnapshotLane(uint16_t epoch) : epoch_(epoch) {}

SnapshotLane::~SnapshotLane() {
  EndCaptures();
  // Captured segments of kept tables go before the tables.
  ended_.clear();
  for (const Orphan& orphan : orphans_) Free(orphan);
  for (const KeptTable& kept : kept_) {
    FreeTable(kept.table, /*lazily=*/false);
    AddHeld(-kept.held_bytes);
  }
  for (auto& kept : kept_databases_) {
    FreeDatabase(std::move(kept->database));
    AddHeld(-kept->held_bytes);
    database_bytes_.fetch_sub(kept->held_bytes, std::memory_order_relaxed);
  }
  SKARN_DCHECK(held_bytes() == 0 && passing_bytes() == 0);
}

SnapshotLane::Refuse::~Refuse() {
  captures_.clear();
  for (HashTable* table : tables_) FreeTable(table, /*lazily=*/false);
  lane_.AddHeld(-table_bytes_);
}

// ---- entries
// -----------------------------------------------------------------------------------

Entry* SnapshotLane::Copy(const Entry& entry) {
  const Entry::Shape shape = entry.shape();
  Entry* copy = Entry::Create(shape);
  if (shape.root != nullptr) {
    entry.blob()->ReferenceForSnapshot();
  } else {
    std::memcpy(copy->EmbeddedValue(), entry.EmbeddedValue(), shape.value_size);
  }
  return copy;
}

void SnapshotLane::FreeCopy(Entry* entry) {
  if (entry->encoding() == Encoding::kTable) {
    FreeTable(entry->table(), /*lazily=*/false);
  } else if (!entry->IsEmbedded()) {
    entry->blob()->ReleaseFromSnapshot();
  }
  Entry::FreeBlock(entry);
}

void SnapshotLane::HandOver(unsigned db, Entry* entry) {
  size_t size = entry->BlockBytes();
  if (entry->encoding() == Encoding::kTable) {
    size += entry->table()->SizeBytes();
  } else if (!entry->IsEmbedded()) {
    entry->blob()->HandToSnapshot();
  }
  AddOrphan({db, entry, static_cast<int64_t>(size)});
}

void SnapshotLane::HandOverCopy(unsigned db, const Entry& entry) {
  Entry* copy = Copy(entry);
  AddOrphan({db, copy, static_cast<int64_t>(copy->BlockBytes())});
}

void SnapshotLane::AddOrphan(Orphan orphan) {
  AddHeld(orphan.held_bytes);
  MutexLock lock(mutex_);
  orphans_.push_back(orphan);
  left_count_.fetch_add(1, std::memory_order_relaxed);
}

std::vector<SnapshotLane::Orphan> SnapshotLane::TakeOrphans() {
  MutexLock lock(mutex_);
  left_count_.store(captures_.size(), std::memory_order_relaxed);
  return std::exchange(orphans_, {});
}

void SnapshotLane::Free(const Orphan& orphan) {
  FreeCopy(orphan.entry);
  AddHeld(-orphan.held_bytes);
}

// ---- tables
// ------------------------------------------------------------------------------------

void SnapshotLane::Capture(unsigned db, const Entry& entry) {
  CapturedTable captured{db, std::string(entry.key()), entry.expiry(), entry.access(),
                         std::make_unique<TableCapture>(*entry.table(), &held_bytes_)};
  MutexLock lock(mutex_);
  captures_.push_back(std::move(captured));
  left_count_.fetch_add(1, std::memory_order_relaxed);
}

std::vector<SnapshotLane::CapturedTable> SnapshotLane::TakeCaptures() {
  MutexLock lock(mutex_);
  left_count_.store(orphans_.size(), std::memory_order_relaxed);
  return std::exchange(captures_, {});
}

void SnapshotLane::GiveBack(CapturedTable captured) {
  MutexLock lock(mutex_);
  written_.push_back(std::move(captured));
  written_count_.store(written_.size(), std::memory_order_relaxed);
}

void SnapshotLane::Keep(HashTable* table) {
  const int64_t size = static_cast<int64_t>(table->SizeBytes());
  AddHeld(size);
  MutexLock lock(mutex_);
  kept_.push_back({table, size});
}

void SnapshotLane::EndWritten(Refuse* refuse) {
  MutexLock lock(mutex_);
  for (CapturedTable& captured : written_) captured.capture->table->EndCapture();
  refuse->captures_ = std::exchange(written_, {});
  written_count_.store(0, std::memory_order_relaxed);
  const auto end = std::partition(kept_.begin(), kept_.end(), [](const KeptTable& kept) {
    return kept.table->capture() != nullptr;
  });
  for (auto kept = end; kept != kept_.end(); ++kept) {
    refuse->tables_.push_back(kept->table);
    refuse->table_bytes_ += kept->held_bytes;
  }
  kept_.erase(end, kept_.end());
}

void SnapshotLane::EndCaptures() {
  MutexLock lock(mutex_);
  for (auto* captures : {&captures_, &written_}) {
    for (CapturedTable& captured : *captures) captured.capture->table->EndCapture();
    std::move(captures->begin(), captures->end(), std::back_inserter(ended_));
    captures->clear();
  }
}

// ---- databases
// ---------------------------------------------------------------------------------

void SnapshotLane::Need(const Database* database) {
  MutexLock lock(mutex_);
  needed_.insert(database);
}

bool SnapshotLane::Needs(const Database* database) const {
  MutexLock lock(mutex_);
  return needed_.contains(database);
}

void SnapshotLane::Keep(std::unique_ptr<Database> database) {
  const int64_t size = static_cast<int64_t>(database->EstimateBytes());
  AddHeld(size);
  database_bytes_.fetch_add(size, std::memory_order_relaxed);
  auto kept = std::make_unique<KeptDatabase>(std::move(database), size);
  MutexLock lock(mutex_);
  kept_databases_.push_back(std::move(kept));
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "persistence/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/check.h"
#include "base/clock.h"
#include "base/memory.h"
#include "types/hash_table.h"

namespace skarn {
namespace {

// A locked step takes about this much, or this many homes; a few microseconds.
constexpr size_t kStageBytes = 32 * 1024;
constexpr int kStageHomes = 16;
constexpr size_t kWriteBytes = 1 << 20;
constexpr uint64_t kSyncBytes = 4 << 20;

}  // namespace

Snapshot::Snapshot(Keyspace& keyspace, SnapshotOptions options, KeyEventListener& wakes)
    : keyspace_(keyspace),
      options_(std::move(options)),
      wakes_(wakes),
      writer_(options_.rdb) {}

Snapshot::~Snapshot() {
  SKARN_CHECK(lane_ == nullptr);
  if (fd_ >= 0) close(fd_);
  for (Entry* entry : stage_.entries) FreeEntry(entry, /*lazily=*/false);
}

// ---- cut and end
// -------------------------------------------------------------------------------

void Snapshot::ChooseTargets() {
  uint64_t field_expiries = 0;
  keyspace_.NoteCut();
  for (unsigned db = 0; db < keyspace_.database_count(); ++db) {
    Database* database = keyspace_.FindDatabase(db);
    if (database == nullptr) continue;
    Target target{database, db, 0, 0};
    for (const Shard& shard : database->shards) {
      target.key_count += shard.table.size();
      target.expiry_count += shard.expiry_count;
      field_expiries += shard.field_expiry_count;
    }
    keys_total_ += target.key_count;
    if (target.key_count > 0) targets_.push_back(target);
  }
  // Only Valkey 9's own version can say that a field expires.
  version_ = field_expiries > 0 ? kRdbVersionValkey : kRdbVersionCommon;
}

void Snapshot::Cut() {
  ChooseTargets();
  lane_ = std::make_unique<SnapshotLane>(keyspace_.NextLaneEpoch());
  keyspace_.set_lane(lane_.get());
  was_concurrent_ = keyspace_.is_concurrent();
  // The saver is a second thread at the shards.
  keyspace_.set_concurrent(true);
}

void Snapshot::End() {
  if (lane_ == nullptr) return;
  keyspace_.set_lane(nullptr);
  keyspace_.set_concurrent(was_concurrent_);
  for (auto& captured : captures_) captured.capture->table->EndCapture();
  // Kept tables die with the lane; captured segments of theirs with the captures, before
  // them.
  captures_.clear();
  lane_.reset();
}

// ---- writing
// -----------------------------------------------------------------------------------

Result<> Snapshot::Write(WorkerGate& gate, size_t participant) {
  if (auto opened = OpenFile(); !opened) return opened;
  if (auto head = WriteHead(); !head) return head;
  for (const Target& target : targets_) {
    if (auto written = WriteTarget(target, &gate, participant); !written) return written;
  }
  if (auto left = EmitLeft(); !left) return left;
  return Finish();
}

Result<> Snapshot::WriteAlone() {
  ChooseTargets();
  if (auto opened = OpenFile(); !opened) return opened;
  if (auto head = WriteHead(); !head) return head;
  for (const Target& target : targets_) {
    if (auto written = WriteTarget(target, nullptr, 0); !written) return written;
  }
  return Finish();
}

Result<> Snapshot::OpenFile() {
  fd_ = open(options_.path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) return FailErrno("open " + options_.path, errno);
  return {};
}

Result<> Snapshot::WriteHead() {
  writer_.Header(version_);
  writer_.Aux("valkey-ver", "9.1.2");
  writer_.Aux("redis-bits", 64);
  writer_.Aux("ctime", NowMillis() / 1000);
  writer_.Aux("used-mem", memory::UsedBytesApproximate());
  writer_.Aux("aof-base", 0);
  return {};
}

Result<> Snapshot::WriteTarget(const Target& target, WorkerGate* gate,
                               size_t participant) {
  SelectDb(target.number);
  writer_.ResizeDb(target.key_count, target.expiry_count);
  for (Shard& shard : target.database->shards) {
    if (auto written = WriteShard(target, shard, gate, participant); !written)
      return written;
  }
  return {};
}

bool Snapshot::LockShared(Shard& shard, WorkerGate& gate, size_t participant) {
  // Readers and the saver go together; a writer that finds us here is parked for
  // microseconds.
  while (!shard.lock.TryLockShared()) {
    if (is_cancelled()) return false;
    if (gate.IsRequested()) gate.Pause(participant);
    std::this_thread::yield();
  }
  return true;
}

Result<> Snapshot::WriteShard(const Target& target, Shard& shard, WorkerGate* gate,
                              size_t participant) {
  if (gate == nullptr) {
    Result<> result;
    shard.table.ForEach([&](const Place& place) {
      if (result) result = EmitEntry(target.number, *EntryAt(place));
    });
    return result;
  }
  uint64_t position = 0;
  do {
    if (is_cancelled()) return Fail("cancelled");
    gate->Enter(participant);
    const bool is_locked = LockShared(shard, *gate, participant);
    if (is_locked) {
      position = StageFrom(target, shard, position);
      if (shard.lock.UnlockShared()) wakes_.OnShardFree(shard);
    }
    gate->Leave(participant);
    if (!is_locked) return Fail("cancelled");
    if (auto emitted = EmitStage(target.number); !emitted) return emitted;
    if (auto left = EmitLeft(); !left) return left;
  } while (position != 0);
  return {};
}

uint64_t Snapshot::StageFrom(const Target& target, Shard& shard, uint64_t position) {
  const uint16_t epoch = lane_->epoch();
  for (int home = 0; home < kStageHomes; ++home) {
    position = shard.table.VisitHome(position, [&](const Place& place) {
      if (place.bucket->IsSaved(place.slot, epoch)) return;
      StageEntry(target, *EntryAt(place), /*is_alone=*/false);
      place.bucket->MarkSaved(place.slot, epoch);
    });
    if (position == 0 || stage_.size_bytes >= kStageBytes) break;
  }
  return position;
}

void Snapshot::StageEntry(const Target& target, const Entry& entry, bool) {
  if (entry.encoding() == Encoding::kTable) return lane_->Capture(target.number, entry);
  const Entry::Shape shape = entry.shape();
  if (shape.root != nullptr) entry.blob()->Reference();
  Entry* copy = Entry::Create(shape);
  if (shape.root == nullptr) {
    std::memcpy(copy->EmbeddedValue(), entry.EmbeddedValue(), shape.value_size);
  }
  stage_.entries.push_back(copy);
  stage_.size_bytes += copy->BlockBytes();
}

// ---- encoding, no lock held
// --------------------------------------------------------------------

void Snapshot::SelectDb(unsigned db) {
  if (selected_db_ == db) return;
  writer_.SelectDb(db);
  selected_db_ = db;
}

Result<> Snapshot::EmitStage(unsigned db) {
  const int64_t held = lane_->held_bytes() + static_cast<int64_t>(stage_.size_bytes);
  if (held > held_peak_.load(std::memory_order_relaxed)) {
    held_peak_.store(held, std::memory_order_relaxed);
  }
  Result<> result;
  for (Entry* entry : stage_.entries) {
    if (result) result = EmitEntry(db, *entry);
    FreeEntry(entry, /*lazily=*/false);
  }
  stage_.entries.clear();
  stage_.size_bytes = 0;
  return result;
}

Result<> Snapshot::EmitLeft() {
  if (!lane_->HasOrphans()) return {};
  Result<> result;
  for (const SnapshotLane::Orphan& orphan : lane_->TakeOrphans()) {
    if (result) result = EmitEntry(orphan.db, *orphan.entry);
    lane_->AddHeld(-static_cast<int64_t>(orphan.entry->BlockBytes()));
    FreeEntry(orphan.entry, /*lazily=*/false);
  }
  for (auto& captured : lane_->TakeCaptures()) captures_.push_back(std::move(captured));
  for (; captures_written_ < captures_.size() && result; ++captures_written_) {
    const SnapshotLane::CapturedTable& captured = captures_[captures_written_];
    result = EmitTable(captured.db, captured.key, captured.expiry, *captured.capture);
  }
  return result;
}

Result<> Snapshot::EmitEntry(unsigned db, const Entry& entry) {
  if (entry.encoding() == Encoding::kTable) return EmitWholeTable(db, entry);
  SelectDb(db);
  if (entry.HasExpiry()) writer_.ExpiryMs(entry.expiry());
  if (keyspace_.policy != EvictionPolicy::kNone) {
    if (IsLfu(keyspace_.policy)) {
      writer_.Frequency(static_cast<uint8_t>(entry.access()));
    } else {
      const uint32_t now = static_cast<uint32_t>(NowMillis() / 1000) & 0xffffff;
      writer_.IdleSeconds((now - entry.access()) & 0xffffff);
    }
  }
  const bool is_string = entry.type() == ValueType::kString;
  writer_.Key(is_string ? kRdbString : kRdbHashListpack, entry.key());
  writer_.String(entry.value());
  keys_written_.fetch_add(1, std::memory_order_relaxed);
  if (options_.key_delay_us > 0) usleep(static_cast<useconds_t>(options_.key_delay_us));
  return FlushIfFull();
}

// A table that was handed over whole, or one that cannot change now.
Result<> Snapshot::EmitWholeTable(unsigned db, const Entry& entry) {
  TableCapture capture(*entry.table());
  Result<> result = EmitTable(db, entry.key(), entry.expiry(), capture);
  entry.table()->EndCapture();
  return result;
}

Result<> Snapshot::EmitTable(unsigned db, Bytes key, ExpiryMillis expiry,
                             const TableCapture& capture) {
  SelectDb(db);
  if (expiry != kNoExpiry) writer_.ExpiryMs(expiry);
  const bool has_expiries = capture.expiry_count > 0;
  writer_.Key(has_expiries ? kRdbHash2 : kRdbHash, key);
  writer_.Length(capture.field_count);
  for (const Segment* segment : capture.segments) {
    for (unsigned line = 0; line < segment->LineCount(); ++line) {
      const Bucket& bucket = segment->Buckets()[line];
      for (unsigned slot = 0; slot < kBucketSlots; ++slot) {
        if ((bucket.present >> slot & 1) == 0) continue;
        const Field& field = *static_cast<const Field*>(bucket.Block(slot));
        if (has_expiries) {
          writer_.HashFieldWithExpiry(field.name(), field.value(), field.expiry());
        } else {
          writer_.HashField(field.name(), field.value());
        }
      }
    }
    if (is_cancelled()) return Fail("cancelled");
    if (auto flushed = FlushIfFull(); !flushed) return flushed;
  }
  keys_written_.fetch_add(1, std::memory_order_relaxed);
  return {};
}

// ---- the file
// ----------------------------------------------------------------------------------

Result<> Snapshot::FlushIfFull() {
  if (writer_.size_bytes() < kWriteBytes) return {};
  return FlushFile();
}

void Snapshot::NoteProgress() {
  if (options_.progress == nullptr) return;
  options_.progress->keys_total.store(keys_total_, std::memory_order_relaxed);
  options_.progress->keys_written.store(keys_written(), std::memory_order_relaxed);
  options_.progress->bytes_written.store(bytes_written(), std::memory_order_relaxed);
}

Result<> Snapshot::FlushFile() {
  Bytes rest = writer_.bytes();
  bytes_written_.fetch_add(rest.size(), std::memory_order_relaxed);
  NoteProgress();
  unsynced_bytes_ += rest.size();
  while (!rest.empty()) {
    const ssize_t count = write(fd_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailErrno("write " + options_.path, errno);
    if (count == 0) return Fail("write " + options_.path + ": no progress");
    rest.remove_prefix(static_cast<size_t>(count));
  }
  writer_.Clear();
  if (options_.syncs_often && unsynced_bytes_ >= kSyncBytes) {
    // Starts writing back early, so that the last fsync has little to do.
    sync_file_range(fd_, 0, 0, SYNC_FILE_RANGE_WRITE);
    unsynced_bytes_ = 0;
  }
  return {};
}

Result<> Snapshot::Finish() {
  writer_.End();
  if (auto flushed = FlushFile(); !flushed) return flushed;
  if (fsync(fd_) != 0) return FailErrno("fsync " + options_.path, errno);
  const int fd = std::exchange(fd_, -1);
  if (close(fd) != 0) return FailErrno("close " + options_.path, errno);
  return {};
}

}  // namespace skarn

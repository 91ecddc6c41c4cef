// SPDX-License-Identifier: BSD-3-Clause
#include "persistence/snapshot.h"

#include <unistd.h>

#include <chrono>
#include <system_error>
#include <thread>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "keyspace/background_free.h"
#include "types/hash_table.h"

namespace skarn {
namespace {

// A locked step takes about this much, or this many homes; a few microseconds.
constexpr size_t kStageBytes = 32 * 1024;
constexpr int kStageHomes = 16;
constexpr size_t kPieceBytes = 1 << 20;
constexpr std::chrono::microseconds kGatePollInterval{50};
// Captures that are written end together; with so many the gate is closed for some 100
// us.
constexpr size_t kCapturesWrittenMax = 1024;
constexpr int64_t kEndWrittenIntervalUs = 20000;

}  // namespace

// One thread of a snapshot.
class Snapshot::Saver {
 public:
  explicit Saver(Snapshot& snapshot)
      : snapshot_(snapshot),
        writer_({.compresses = snapshot.options_.file.rdb.compresses,
                 .checksums = false}) {}  // The file's own writer has the checksum.
  ~Saver() { FreeStage(); }

  // Writes shards until none is left, or the snapshot is over.
  Result<> Run(WorkerGate* gate, size_t participant);
  // Writes what writers have left, and all that is still in the buffer. After every Run.
  Result<> Finish();

 private:
  Result<> WriteShard(const Target& target, Shard& shard, WorkerGate* gate,
                      size_t participant);
  // Enters the gate and locks the shard; false, outside, when the snapshot is over.
  bool LockShared(Shard& shard, WorkerGate& gate, size_t participant);
  // Fills the stage from `position` on; returns the next position, 0 at the end of the
  // shard.
  uint64_t StageFrom(const Target& target, Shard& shard, uint64_t position);
  void StageEntry(const Target& target, const Entry& entry);
  void FreeStage();

  // Encoding; no lock held.
  Result<> EmitStage(unsigned db);
  Result<> EmitLeft();
  Result<> EmitEntry(unsigned db, const Entry& entry);
  struct TableKey {
    unsigned db;
    Bytes key;
    ExpiryMillis expiry;
    uint32_t access;
  };
  Result<> EmitTable(const TableKey& key, const TableImage& image);
  Result<> EmitWholeTable(unsigned db, const Entry& entry);
  void EmitAccess(uint32_t access);
  void SelectDb(unsigned db);
  void NoteKey();
  Result<> FlushIfFull();
  Result<> Flush();
  // What is in the buffer; the next piece goes on in the same database.
  RdbPiece Piece() const { return {first_db_, db_, writer_.bytes()}; }
  void ClearPiece();

  Snapshot& snapshot_;
  RdbWriter writer_;
  int64_t first_db_ = -1;  // Of the piece in the buffer.
  int64_t db_ = -1;
  // Entries copied out of a shard under its lock, owned; blobs referenced.
  std::vector<Entry*> stage_;
  size_t stage_bytes_ = 0;        // Of the copies alone.
  size_t stage_value_bytes_ = 0;  // Of the blobs they refer to.
};

Snapshot::Snapshot(Keyspace& keyspace, SnapshotOptions options, KeyEventListener& wakes)
    : keyspace_(keyspace),
      options_(std::move(options)),
      wakes_(wakes),
      file_(options_.file) {}

Snapshot::~Snapshot() {
  SKARN_CHECK(lane_ == nullptr);
}

// ---- cut and end
// -------------------------------------------------------------------------------

void Snapshot::ChooseTargets() {
  uint64_t field_expiries = 0;
  keyspace_.NoteCut();
  policy_ = keyspace_.policy;
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
  for (const Target& target : targets_) lane_->Need(target.database);
  keyspace_.set_lane(lane_.get());
  was_concurrent_ = keyspace_.is_concurrent();
  // The savers are further threads at the shards.
  keyspace_.set_concurrent(true);
}

void Snapshot::End() {
  if (lane_ == nullptr) return;
  keyspace_.set_lane(nullptr);
  keyspace_.set_concurrent(was_concurrent_);
  lane_->EndCaptures();
  if (lane_->held_bytes() == 0) return lane_.reset();
  // Everybody waits for us: no time to free whole databases.
  SnapshotLane* const lane = lane_.release();
  const int64_t held = lane->held_bytes();
  BackgroundFree::Submit([lane] { delete lane; }, held);
}

// ---- all savers together
// -----------------------------------------------------------------------

Result<> Snapshot::Write(WorkerGate& gate, size_t participant) {
  return WriteAll(&gate, participant);
}

Result<> Snapshot::WriteAlone() {
  ChooseTargets();
  return WriteAll(nullptr, 0);
}

void Snapshot::WriteHead() {
  RdbWriter& head = file_.head();
  head.Header(version_);
  head.Aux("valkey-ver", "9.1.2");
  head.Aux("redis-bits", 64);
  head.Aux("ctime", NowMillis() / 1000);
  head.Aux("used-mem", memory::UsedBytesApproximate());
  head.Aux("aof-base", 0);
  for (const Target& target : targets_) {
    head.SelectDb(target.number);
    head.ResizeDb(target.key_count, target.expiry_count);
  }
}

Result<> Snapshot::WriteAll(WorkerGate* gate, size_t participant) {
  if (auto opened = file_.Open(); !opened) return opened;
  WriteHead();
  for (size_t i = 0; i < options_.saver_count; ++i) {
    savers_.push_back(std::make_unique<Saver>(*this));
  }
  const auto run = [&](size_t index) {
    if (auto done = savers_[index]->Run(gate, participant + index); !done) {
      NoteFailure(std::move(done.error()));
    }
  };
  std::vector<std::thread> threads;
  try {
    for (size_t i = 1; i < options_.saver_count; ++i) {
      threads.emplace_back([&, i] {
        memory::ThreadCache cache;
        if (options_.place) options_.place();
        run(i);
      });
    }
  } catch (const std::system_error& error) {
    Log(LogLevel::kWarning, "Saving with {} threads instead of {}: {}",
        threads.size() + 1, options_.saver_count, error.what());
  }
  run(0);
  for (std::thread& thread : threads) thread.join();
  for (auto& saver : savers_) {
    if (has_failed_) break;
    if (auto left = saver->Finish(); !left) NoteFailure(std::move(left.error()));
  }
  // Writing through to the disk may take long; writers need not leave anything meanwhile.
  if (lane_ != nullptr && lane_->written_count() > 0) EndWritten(*gate, participant);
  if (has_failed_) return std::unexpected(failure_);
  NoteProgress();
  return file_.Finish();
}

// With so many written captures that their end takes long, or much held, for these
// perhaps: then not too often.
bool Snapshot::NeedsRoom() {
  const size_t count = lane_->written_count();
  if (count == 0) return false;
  if (count >= kCapturesWrittenMax) return true;
  if (keyspace_.SnapshotPassingBytes() <= keyspace_.SnapshotPassingMax() / 2) {
    return false;
  }
  const int64_t now_us = MonotonicMicros();
  int64_t last_us = ended_us_.load(std::memory_order_relaxed);
  return now_us - last_us >= kEndWrittenIntervalUs &&
         ended_us_.compare_exchange_strong(last_us, now_us, std::memory_order_relaxed);
}

void Snapshot::EndWritten(WorkerGate& gate, size_t participant) {
  SnapshotLane::Refuse refuse(*lane_);
  // Who has closed the gate may cancel and wait for us: we do not wait for him.
  while (!gate.TryClose(participant)) {
    if (IsOver()) return;
    std::this_thread::sleep_for(kGatePollInterval);
  }
  lane_->EndWritten(&refuse);
  gate.Open(participant);
}

void Snapshot::NoteFailure(Error error) {
  if (has_failed_.exchange(true)) return;
  failure_ = std::move(error);
}

void Snapshot::NoteHeld() {
  const int64_t held =
      keyspace_.SnapshotHeldBytes() + staged_bytes_.load(std::memory_order_relaxed);
  int64_t peak = held_peak_.load(std::memory_order_relaxed);
  while (held > peak &&
         !held_peak_.compare_exchange_weak(peak, held, std::memory_order_relaxed)) {
  }
}

void Snapshot::NoteProgress() {
  if (options_.progress == nullptr) return;
  options_.progress->keys_total.store(keys_total_, std::memory_order_relaxed);
  options_.progress->keys_written.store(keys_written(), std::memory_order_relaxed);
  options_.progress->bytes_written.store(bytes_written(), std::memory_order_relaxed);
}

// ---- one saver: shards
// -------------------------------------------------------------------------

Result<> Snapshot::Saver::Run(WorkerGate* gate, size_t participant) {
  const size_t count = snapshot_.targets_.size() * kShardCount;
  for (;;) {
    const size_t index = snapshot_.next_shard_.fetch_add(1, std::memory_order_relaxed);
    if (index >= count) return {};
    const Target& target = snapshot_.targets_[index / kShardCount];
    Shard& shard = target.database->shards[index % kShardCount];
    if (auto written = WriteShard(target, shard, gate, participant); !written) {
      return written;
    }
  }
}

bool Snapshot::Saver::LockShared(Shard& shard, WorkerGate& gate, size_t participant) {
  // Readers and the saver go together; a writer that finds us here is parked for
  // microseconds. Who has closed the gate may cancel and wait for us: we do not wait for
  // him.
  while (!snapshot_.IsOver()) {
    if (!gate.TryEnter(participant)) {
      std::this_thread::sleep_for(kGatePollInterval);
      continue;
    }
    if (shard.lock.TryLockShared()) return true;
    gate.Leave(participant);
    std::this_thread::yield();
  }
  return false;
}

Result<> Snapshot::Saver::WriteShard(const Target& target, Shard& shard, WorkerGate* gate,
                                     size_t participant) {
  if (snapshot_.IsOver()) return Fail("cancelled");
  if (gate == nullptr) {
    Result<> result;
    shard.table.ForEach([&](const Place& place) {
      if (result) result = EmitEntry(target.number, *EntryAt(place));
    });
    return result;
  }
  uint64_t position = 0;
  do {
    const bool needs_room = snapshot_.NeedsRoom();
    if (!LockShared(shard, *gate, participant)) return Fail("cancelled");
    position = StageFrom(target, shard, position);
    if (shard.lock.UnlockShared()) snapshot_.wakes_.OnShardFree(shard);
    gate->Leave(participant);
    if (auto emitted = EmitStage(target.number); !emitted) return emitted;
    if (auto left = EmitLeft(); !left) return left;
    if (needs_room) snapshot_.EndWritten(*gate, participant);
  } while (position != 0);
  return {};
}

uint64_t Snapshot::Saver::StageFrom(const Target& target, Shard& shard,
                                    uint64_t position) {
  const uint16_t epoch = snapshot_.lane_->epoch();
  for (int home = 0; home < kStageHomes; ++home) {
    position = shard.table.VisitHome(position, [&](const Place& place) {
      if (place.bucket->IsSaved(place.slot, epoch)) return;
      StageEntry(target, *EntryAt(place));
      place.bucket->MarkSaved(place.slot, epoch);
    });
    if (position == 0 || stage_bytes_ + stage_value_bytes_ >= kStageBytes) break;
  }
  return position;
}

void Snapshot::Saver::StageEntry(const Target& target, const Entry& entry) {
  if (entry.encoding() == Encoding::kTable) {
    return snapshot_.lane_->Capture(target.number, entry);
  }
  Entry* copy = SnapshotLane::Copy(entry);
  stage_.push_back(copy);
  stage_bytes_ += copy->BlockBytes();
  stage_value_bytes_ += copy->TotalBytes() - copy->BlockBytes();
}

void Snapshot::Saver::FreeStage() {
  for (Entry* entry : stage_) SnapshotLane::FreeCopy(entry);
  stage_.clear();
  stage_bytes_ = stage_value_bytes_ = 0;
}

// ---- one saver: encoding
// -----------------------------------------------------------------------

void Snapshot::Saver::SelectDb(unsigned db) {
  if (db_ == db) return;
  if (first_db_ < 0) {
    first_db_ = db;
  } else {
    writer_.SelectDb(db);
  }
  db_ = db;
}

Result<> Snapshot::Saver::EmitStage(unsigned db) {
  const auto staged = static_cast<int64_t>(stage_bytes_);
  snapshot_.staged_bytes_.fetch_add(staged, std::memory_order_relaxed);
  snapshot_.NoteHeld();
  Result<> result;
  for (Entry* entry : stage_) {
    if (result) result = EmitEntry(db, *entry);
  }
  FreeStage();
  snapshot_.staged_bytes_.fetch_sub(staged, std::memory_order_relaxed);
  return result;
}

Result<> Snapshot::Saver::EmitLeft() {
  SnapshotLane& lane = *snapshot_.lane_;
  if (!lane.HasLeft()) return {};
  Result<> result;
  for (const SnapshotLane::Orphan& orphan : lane.TakeOrphans()) {
    if (result) result = EmitEntry(orphan.db, *orphan.entry);
    lane.Free(orphan);
  }
  for (SnapshotLane::CapturedTable& captured : lane.TakeCaptures()) {
    if (result) {
      result = EmitTable({captured.db, captured.key, captured.expiry, captured.access},
                         *captured.capture);
    }
    lane.GiveBack(std::move(captured));
  }
  return result;
}

Result<> Snapshot::Saver::Finish() {
  if (snapshot_.lane_ != nullptr) {
    if (auto left = EmitLeft(); !left) return left;
  }
  return Flush();
}

void Snapshot::Saver::NoteKey() {
  snapshot_.keys_written_.fetch_add(1, std::memory_order_relaxed);
}

// The use count or the idle time, whichever the policy has in the access word.
void Snapshot::Saver::EmitAccess(uint32_t access) {
  const EvictionPolicy policy = snapshot_.policy_;
  if (policy == EvictionPolicy::kNone) return;
  if (IsLfu(policy)) return writer_.Frequency(static_cast<uint8_t>(access));
  const uint32_t now = static_cast<uint32_t>(NowMillis() / 1000) & 0xffffff;
  writer_.IdleSeconds((now - access) & 0xffffff);
}

Result<> Snapshot::Saver::EmitEntry(unsigned db, const Entry& entry) {
  if (snapshot_.IsOver()) return Fail("cancelled");  // Each may be slow, by its delay.
  if (entry.encoding() == Encoding::kTable) return EmitWholeTable(db, entry);
  SelectDb(db);
  if (entry.HasExpiry()) writer_.ExpiryMs(entry.expiry());
  EmitAccess(entry.access());
  const bool is_string = entry.type() == ValueType::kString;
  writer_.Key(is_string ? kRdbString : kRdbHashListpack, entry.key());
  writer_.String(entry.value());
  NoteKey();
  const int64_t delay_us = snapshot_.options_.key_delay_us;
  if (delay_us > 0) usleep(static_cast<useconds_t>(delay_us));
  return FlushIfFull();
}

// A table that was handed over whole, or one that cannot change now: it needs no capture,
// and may have that of a save which was cancelled for this one.
Result<> Snapshot::Saver::EmitWholeTable(unsigned db, const Entry& entry) {
  return EmitTable({db, entry.key(), entry.expiry(), entry.access()},
                   TableImage(*entry.table()));
}

Result<> Snapshot::Saver::EmitTable(const TableKey& key, const TableImage& image) {
  SelectDb(key.db);
  if (key.expiry != kNoExpiry) writer_.ExpiryMs(key.expiry);
  EmitAccess(key.access);
  const bool has_expiries = image.expiry_count > 0;
  writer_.Key(has_expiries ? kRdbHash2 : kRdbHash, key.key);
  writer_.Length(image.field_count);
  SnapshotFile::LongRecord record(snapshot_.file_);
  for (const Segment* segment : image.segments) {
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
    if (snapshot_.IsOver()) return Fail("cancelled");
    if (writer_.size_bytes() < kPieceBytes) continue;
    if (auto appended = record.Append(Piece()); !appended) return appended;
    ClearPiece();
  }
  NoteKey();
  if (!record.has_begun()) return FlushIfFull();
  if (auto appended = record.Append(Piece()); !appended) return appended;
  ClearPiece();
  return {};
}

Result<> Snapshot::Saver::FlushIfFull() {
  if (writer_.size_bytes() < kPieceBytes) return {};
  return Flush();
}

Result<> Snapshot::Saver::Flush() {
  if (auto appended = snapshot_.file_.AppendPiece(Piece()); !appended) return appended;
  ClearPiece();
  return {};
}

void Snapshot::Saver::ClearPiece() {
  writer_.Clear();
  first_db_ = db_;
  snapshot_.NoteProgress();
}

}  // namespace skarn

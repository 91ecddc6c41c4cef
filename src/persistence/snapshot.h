// SPDX-License-Identifier: BSD-3-Clause
//
// Snapshot: one save of the whole keyspace to an RDB file, beside traffic.
//
//   cut (gate closed)     raises the lane epoch; from here on writers leave what is
//   unsaved walk (own thread)     each shard in small locked steps: entries are copied or
//   referenced under
//                         the lock, marked saved, encoded and written after it
//   end (gate closed)     the lane goes, captures end
//
// After each step the saver empties what writers left, so that little is held. A save
// with the gate closed for all its time (SAVE, shutdown) needs no lane and no locks.
//
// Threads: Cut and End by whoever holds the gate; Write by one thread, a participant of
// the gate. Owner: SaveService.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/worker_gate.h"
#include "keyspace/events.h"
#include "keyspace/keyspace.h"
#include "persistence/rdb_writer.h"

namespace skarn {

// How far a save has got, for other threads to look at.
struct SaveProgress {
  std::atomic<uint64_t> keys_written{0};
  std::atomic<uint64_t> keys_total{0};
  std::atomic<uint64_t> bytes_written{0};
};

struct SnapshotOptions {
  std::string path;  // Of the temporary file.
  RdbWriterOptions rdb;
  bool syncs_often = true;           // rdb-save-incremental-fsync
  int64_t key_delay_us = 0;          // rdb-key-save-delay, for tests.
  SaveProgress* progress = nullptr;  // Told of each megabyte, when given.
};

class Snapshot {
 public:
  // `wakes` hears of shards unlocked while commands are parked on them.
  Snapshot(Keyspace& keyspace, SnapshotOptions options, KeyEventListener& wakes);
  ~Snapshot();

  // With the gate closed: what is there now is what will be saved.
  void Cut();
  // Writes everything after Cut. Enters and leaves the gate as `participant` around
  // locked steps.
  Result<> Write(WorkerGate& gate, size_t participant);
  // With the gate closed, after Write: writers are free again.
  void End();

  // Writes everything at once; the gate stays closed all the time. Neither Cut nor End.
  Result<> WriteAlone();

  // From any thread: Write ends soon, with a failure.
  void Cancel() { is_cancelled_.store(true, std::memory_order_relaxed); }
  bool is_cancelled() const { return is_cancelled_.load(std::memory_order_relaxed); }

  uint64_t keys_written() const { return keys_written_.load(std::memory_order_relaxed); }
  uint64_t keys_total() const { return keys_total_; }
  uint64_t bytes_written() const {
    return bytes_written_.load(std::memory_order_relaxed);
  }
  // The most that was held for this snapshot alone: copies, blocks handed over, staged
  // entries.
  int64_t held_bytes_peak() const { return held_peak_.load(std::memory_order_relaxed); }

 private:
  struct Target {
    Database* database;
    unsigned number;
    uint64_t key_count, expiry_count;
  };
  // Entries taken out of a shard under its lock: blocks of memory with copies, one behind
  // another.
  struct Stage {
    std::vector<Entry*> entries;  // Copies, owned; blobs referenced.
    size_t size_bytes = 0;
  };

  void ChooseTargets();
  Result<> OpenFile();
  Result<> WriteHead();
  Result<> WriteTarget(const Target& target, WorkerGate* gate, size_t participant);
  Result<> WriteShard(const Target& target, Shard& shard, WorkerGate* gate,
                      size_t participant);
  // Fills the stage from `position` on; returns the next position, 0 at the end of the
  // shard.
  uint64_t StageFrom(const Target& target, Shard& shard, uint64_t position);
  void StageEntry(const Target& target, const Entry& entry, bool is_alone);
  bool LockShared(Shard& shard, WorkerGate& gate, size_t participant);
  Result<> EmitStage(unsigned db);
  Result<> EmitLeft();
  Result<> EmitEntry(unsigned db, const Entry& entry);
  Result<> EmitTable(unsigned db, Bytes key, ExpiryMillis expiry,
                     const TableCapture& capture);
  Result<> EmitWholeTable(unsigned db, const Entry& entry);
  void SelectDb(unsigned db);
  Result<> FlushIfFull();
  Result<> FlushFile();
  void NoteProgress();
  Result<> Finish();

  Keyspace& keyspace_;
  const SnapshotOptions options_;
  KeyEventListener& wakes_;
  std::unique_ptr<SnapshotLane> lane_;
  bool was_concurrent_ = false;
  RdbWriter writer_;
  int fd_ = -1;
  int version_ = kRdbVersionCommon;
  int64_t selected_db_ = -1;
  std::vector<Target> targets_;
  Stage stage_;
  std::vector<SnapshotLane::CapturedTable>
      captures_;  // Written ones too: they end with the lane.
  size_t captures_written_ = 0;
  uint64_t unsynced_bytes_ = 0;
  uint64_t keys_total_ = 0;
  std::atomic<bool> is_cancelled_{false};
  std::atomic<uint64_t> keys_written_{0};
  std::atomic<uint64_t> bytes_written_{0};
  std::atomic<int64_t> held_peak_{0};
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Snapshot: one save of the whole keyspace to an RDB file, beside traffic.
//
//   cut (gate closed)   raises the lane epoch; from here on writers leave what is unsaved
//   walk (own threads)  each shard in small locked steps: under the lock entries are
//                       copied or referenced and marked saved; written after it
//   end (gate closed)   the lane goes, captures end
//
// Several savers share the work: each takes the next shard nobody has, encodes into a
// buffer of its own, and appends whole pieces to the common file. After each step they
// empty what writers left, so that little is held. A save with the gate closed for all
// its time (SAVE, shutdown) needs no lane and no locks.
//
// Threads: Cut and End by whoever holds the gate; Write by one thread, a participant of
// the gate, which starts the others and waits for them. Owner: SaveService.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/worker_gate.h"
#include "keyspace/events.h"
#include "keyspace/keyspace.h"
#include "persistence/rdb_writer.h"
#include "persistence/snapshot_file.h"

namespace skarn {

// How far a save has got, for other threads to look at.
struct SaveProgress {
  std::atomic<uint64_t> keys_written{0};
  std::atomic<uint64_t> keys_total{0};
  std::atomic<uint64_t> bytes_written{0};
};

// A snapshot uses so many participants of the gate at most, one behind another. Workers
// that retire blocks look at each of them every turn, so there are few.
inline constexpr size_t kSaversMax = 8;

struct SnapshotOptions {
  SnapshotFileOptions file;          // Its path is that of the temporary file.
  int64_t key_delay_us = 0;          // rdb-key-save-delay, for tests.
  size_t saver_count = 1;            // save-threads; 1 to kSaversMax.
  std::function<void()> place;       // Called first thing on each further thread.
  SaveProgress* progress = nullptr;  // Told of each megabyte, when given.
};

class Snapshot {
 public:
  // `wakes` hears of shards unlocked while commands are parked on them.
  Snapshot(Keyspace& keyspace, SnapshotOptions options, KeyEventListener& wakes);
  ~Snapshot();

  // With the gate closed: what is there now is what will be saved.
  void Cut();
  // Writes everything after Cut. The savers enter and leave the gate around locked steps:
  // the calling thread as `participant`, the others as those that follow it.
  Result<> Write(WorkerGate& gate, size_t participant);
  // With the gate closed, after Write: writers are free again. What was held for the
  // snapshot is freed in the background.
  void End();

  // Writes everything at once; the gate stays closed all the time. Neither Cut nor End.
  Result<> WriteAlone();

  // From any thread: Write ends soon, with a failure.
  void Cancel() { is_cancelled_.store(true, std::memory_order_relaxed); }
  bool is_cancelled() const { return is_cancelled_.load(std::memory_order_relaxed); }

  uint64_t keys_written() const { return keys_written_.load(std::memory_order_relaxed); }
  uint64_t keys_total() const { return keys_total_; }
  uint64_t bytes_written() const { return file_.bytes_written(); }
  // The most that was held for this snapshot alone: copies, blocks handed over, staged
  // entries.
  int64_t held_bytes_peak() const { return held_peak_.load(std::memory_order_relaxed); }

 private:
  class Saver;
  struct Target {
    Database* database;
    unsigned number;
    uint64_t key_count, expiry_count;
  };

  void ChooseTargets();
  void WriteHead();
  // `gate` is null while it stays closed.
  Result<> WriteAll(WorkerGate* gate, size_t participant);
  // True when a saver, now inside the gate, should EndWritten outside.
  bool NeedsRoom();
  // Ends the captures that are written, and frees what was held for them.
  void EndWritten(WorkerGate& gate, size_t participant);
  void NoteHeld();
  void NoteProgress();
  // The first failure is that of the snapshot; the other savers then stop.
  void NoteFailure(Error error);
  // True when savers need not go on: cancelled, or another one has failed.
  bool IsOver() const {
    return is_cancelled() || has_failed_.load(std::memory_order_relaxed);
  }

  Keyspace& keyspace_;
  const SnapshotOptions options_;
  KeyEventListener& wakes_;
  std::unique_ptr<SnapshotLane> lane_;
  bool was_concurrent_ = false;
  SnapshotFile file_;
  int version_ = kRdbVersionCommon;
  std::vector<Target> targets_;
  uint64_t keys_total_ = 0;
  // As it was at the cut: a saver reads it without the gate.
  EvictionPolicy policy_ = EvictionPolicy::kNone;
  std::vector<std::unique_ptr<Saver>> savers_;
  std::atomic<size_t> next_shard_{0};  // Of all targets, counted through.
  std::atomic<bool> is_cancelled_{false};
  std::atomic<bool> has_failed_{false};
  Error failure_;  // Written by the saver that has set has_failed_.
  std::atomic<uint64_t> keys_written_{0};
  std::atomic<int64_t> staged_bytes_{0};
  std::atomic<int64_t> held_peak_{0};
  std::atomic<int64_t> ended_us_{0};  // When a saver last ended captures to make room.
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// SnapshotFile: the RDB file that the savers of one snapshot write together. Each brings
// pieces of whole records; a record that is too long for one piece keeps the file to its
// saver until it ends. Order of the pieces: as they come.
//
//   head, then per database SELECTDB and RESIZEDB | pieces, each after the SELECTDB it
//   needs | end and checksum
//
// Threads: Open, the head and Finish by one; AppendPiece and LongRecord by every saver.
// Holding no lock: a disk may be slow. Owner: Snapshot.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/mutex.h"
#include "base/result.h"
#include "persistence/rdb_writer.h"

namespace skarn {

struct SnapshotFileOptions {
  int directory_fd = -1;  // Where `path` begins, as openat takes it; outlives the file.
  std::string path;
  RdbWriterOptions rdb;
  bool syncs_often = true;  // rdb-save-incremental-fsync
};

// Records one behind another, all of database `first_db` up to the first SELECTDB among
// them, and of `last_db` at the end.
struct RdbPiece {
  int64_t first_db = -1;
  int64_t last_db = -1;
  Bytes records;
};

class SnapshotFile {
 public:
  explicit SnapshotFile(SnapshotFileOptions options)
      : options_(std::move(options)), writer_(options_.rdb) {}
  ~SnapshotFile();
  SnapshotFile(const SnapshotFile&) = delete;
  SnapshotFile& operator=(const SnapshotFile&) = delete;

  Result<> Open();
  // For what stands before the first piece.
  RdbWriter& head() SKARN_NO_THREAD_SAFETY_ANALYSIS { return writer_; }

  Result<> AppendPiece(const RdbPiece& piece);

  // One record in several parts; from the first part on nobody else can write.
  class LongRecord {
   public:
    explicit LongRecord(SnapshotFile& file) : file_(file) {}
    ~LongRecord() SKARN_NO_THREAD_SAFETY_ANALYSIS;
    LongRecord(const LongRecord&) = delete;
    LongRecord& operator=(const LongRecord&) = delete;
    bool has_begun() const { return has_begun_; }
    Result<> Append(const RdbPiece& part) SKARN_NO_THREAD_SAFETY_ANALYSIS;

   private:
    SnapshotFile& file_;
    bool has_begun_ = false;
  };

  // End, checksum, fsync.
  Result<> Finish();

  uint64_t bytes_written() const {
    return bytes_written_.load(std::memory_order_relaxed);
  }

 private:
  Result<> WritePiece(const RdbPiece& piece) SKARN_REQUIRES(mutex_);
  Result<> WriteBytes(Bytes bytes) SKARN_REQUIRES(mutex_);

  const SnapshotFileOptions options_;
  Mutex mutex_{LockRank::kSnapshotFile};
  RdbWriter writer_ SKARN_GUARDED_BY(mutex_);
  int fd_ SKARN_GUARDED_BY(mutex_) = -1;
  int64_t selected_db_ SKARN_GUARDED_BY(mutex_) = -1;
  uint64_t unsynced_bytes_ SKARN_GUARDED_BY(mutex_) = 0;
  std::atomic<uint64_t> bytes_written_{0};
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "persistence/snapshot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace skarn {
namespace {

constexpr uint64_t kSyncBytes = 4 << 20;

}  // namespace

SnapshotFile::~SnapshotFile() {
  if (fd_ >= 0) close(fd_);
}

Result<> SnapshotFile::Open() {
  MutexLock lock(mutex_);
  fd_ = openat(options_.directory_fd, options_.path.c_str(),
               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) return FailErrno("open " + options_.path, errno);
  return {};
}

Result<> SnapshotFile::AppendPiece(const RdbPiece& piece) {
  if (piece.records.empty()) return {};
  MutexLock lock(mutex_);
  return WritePiece(piece);
}

Result<> SnapshotFile::WritePiece(const RdbPiece& piece) {
  if (selected_db_ != piece.first_db) {
    writer_.SelectDb(static_cast<uint64_t>(piece.first_db));
  }
  selected_db_ = piece.last_db;
  if (Bytes head = writer_.bytes(); !head.empty()) {
    if (auto written = WriteBytes(head); !written) return written;
    writer_.Clear();
  }
  writer_.CountPassedBy(piece.records);
  return WriteBytes(piece.records);
}

Result<> SnapshotFile::WriteBytes(Bytes bytes) {
  bytes_written_.fetch_add(bytes.size(), std::memory_order_relaxed);
  unsynced_bytes_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t count = write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailErrno("write " + options_.path, errno);
    if (count == 0) return Fail("write " + options_.path + ": no progress");
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  if (options_.syncs_often && unsynced_bytes_ >= kSyncBytes) {
    // Starts writing back early, so that the last fsync has little to do.
    sync_file_range(fd_, 0, 0, SYNC_FILE_RANGE_WRITE);
    unsynced_bytes_ = 0;
  }
  return {};
}

Result<> SnapshotFile::Finish() {
  MutexLock lock(mutex_);
  writer_.End();
  if (auto written = WriteBytes(writer_.bytes()); !written) return written;
  writer_.Clear();
  if (fsync(fd_) != 0) return FailErrno("fsync " + options_.path, errno);
  const int fd = std::exchange(fd_, -1);
  if (close(fd) != 0) return FailErrno("close " + options_.path, errno);
  return {};
}

// The lock goes from one call to another; the object stands for it.
Result<> SnapshotFile::LongRecord::Append(const RdbPiece& part) {
  if (!has_begun_) file_.mutex_.Lock();
  has_begun_ = true;
  return part.records.empty() ? Result<>() : file_.WritePiece(part);
}

SnapshotFile::LongRecord::~LongRecord() {
  if (has_begun_) file_.mutex_.Unlock();
}

}  // namespace skarn

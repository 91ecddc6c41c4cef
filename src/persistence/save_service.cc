// SPDX-License-Identifier: BSD-3-Clause
#include "persistence/save_service.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "command/executor.h"

namespace skarn {
namespace {

constexpr int64_t kCheckIntervalUs = 1000000;
constexpr int64_t kRetryIntervalUs = 5000000;  // After a failed save.

// Makes a rename last. Takes time.
void SyncDirectory(int directory_fd) {
  const int fd = openat(directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

}  // namespace

SaveService::SaveService(ServerState& server, size_t gate_participant)
    : server_(server), participant_(gate_participant) {
  status_.last_save_time = NowMillis() / 1000;
}

SaveService::~SaveService() {
  Join();
}

void SaveService::CloseDirectory() {
  if (destination_.directory_fd >= 0) close(destination_.directory_fd);
  destination_.directory_fd = -1;
}

std::string SaveService::TemporaryPath() {
  return fmt::format("temp-{}.rdb", getpid());
}

SnapshotOptions SaveService::Options(const Destination& to) const {
  const Settings& settings = server_.settings;
  return {.file = {.directory_fd = to.directory_fd,
                   .path = to.temporary_name,
                   .rdb = {.compresses = settings.rdb_compression,
                           .checksums = settings.rdb_checksum},
                   .syncs_often = settings.rdb_syncs_often},
          .key_delay_us = settings.rdb_key_save_delay_us,
          .saver_count = settings.save_threads,
          .place = [this] { Place(); }};
}

void SaveService::Place() const {
  // A thread starts where its maker may run, and that is one CPU for a pinned worker.
  // Where it is in its place already nothing is asked of the system, which may forbid it.
  if (!cpus_.empty() && cpus_ != ThreadCpus()) SetThreadCpus(cpus_);
  pthread_setname_np(pthread_self(), "skarn-save");  // Who sees the name sees the place.
}

uint64_t SaveService::TotalChanges() const {
  uint64_t changes = 0;
  for (Executor* executor : server_.executors)
    changes += executor->view().stats().changes;
  return changes;
}

uint64_t SaveService::ChangesSinceSave() const {
  return TotalChanges() - status_.changes_at_save;
}

Result<> SaveService::StartBackground() {
  Reap();
  if (IsRunning()) return Fail("Background save already in progress");
  last_try_us_ = NowMicros();
  Result<> started;
  // Needs no right to read the directory, only to find names in it.
  const int directory_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory_fd < 0) {
    started = FailErrno("open the directory", errno);
  } else {
    destination_ = {directory_fd, TemporaryPath(), server_.settings.dbfilename};
    started = StartThread();
  }
  if (!started) {
    Log(LogLevel::kWarning, "Can't save in background: {}", started.error().text);
    NoteFailure();
    CloseDirectory();
    return started;
  }
  status_.is_scheduled = false;
  Log(LogLevel::kNotice, "Background saving started by a thread of process {}", getpid());
  return {};
}

// The thread waits at the gate for the caller.
Result<> SaveService::StartThread() {
  snapshot_ = std::make_unique<Snapshot>(server_.keyspace, Options(destination_),
                                         *server_.executors[0]);
  snapshot_->Cut();
  changes_at_cut_ = TotalChanges();
  status_.started_time = last_try_us_ / 1000000;
  is_installed_ = false;
  has_written_.store(false, std::memory_order_relaxed);
  try {
    thread_ = std::thread([this] { RunBackground(); });
  } catch (const std::system_error& error) {
    snapshot_->End();
    snapshot_.reset();
    return Fail(fmt::format("cannot start a thread: {}", error.code().message()));
  }
  is_running_.store(true, std::memory_order_release);
  server_.SetConcern(Concern::kSaving, true);
  return {};
}

void SaveService::RunBackground() {
  memory::ThreadCache cache;
  Place();
  Result<> result = snapshot_->Write(server_.gate, participant_);
  has_written_.store(true, std::memory_order_release);
  has_written_.notify_all();
  // A file is freed with its last descriptor: a big old one takes a while, and that shall
  // not be while everybody stands still.
  const int old_fd =
      openat(destination_.directory_fd, destination_.name.c_str(), O_PATH | O_CLOEXEC);
  server_.gate.Enter(participant_);
  {
    GateLock lock(server_.gate, participant_);
    result = EndWriting(std::move(result));
  }
  server_.gate.Leave(participant_);
  if (old_fd >= 0) close(old_fd);
  if (result) {
    SyncDirectory(destination_.directory_fd);
  } else {
    unlinkat(destination_.directory_fd, destination_.temporary_name.c_str(), 0);
  }
  server_.gate.Enter(participant_);
  {
    GateLock lock(server_.gate, participant_);
    NoteEnd(result, snapshot_->is_cancelled());
    server_.SetConcern(Concern::kSaving, false);
    is_running_.store(false, std::memory_order_release);
    has_ended_.store(true, std::memory_order_release);
  }
  server_.gate.Leave(participant_);
}

// Who has cancelled the save may have written a newer file already.
Result<> SaveService::EndWriting(Result<> result) {
  status_.last_held_bytes = snapshot_->held_bytes_peak();
  snapshot_->End();
  if (result && snapshot_->is_cancelled()) return Fail("cancelled");
  if (result) result = Install(destination_);
  is_installed_ = result.has_value();
  return result;
}

Result<> SaveService::Install(const Destination& to) {
  if (renameat(to.directory_fd, to.temporary_name.c_str(), to.directory_fd,
               to.name.c_str()) != 0) {
    return FailErrno("rename " + to.temporary_name + " to " + to.name, errno);
  }
  return {};
}

void SaveService::NoteEnd(const Result<>& result, bool was_cancelled) {
  status_.last_background_seconds = NowMicros() / 1000000 - status_.started_time;
  if (result) {
    status_.last_ok = true;
    ++status_.saves;
    status_.last_save_time = NowMillis() / 1000;
    // A newer file may have come since.
    status_.changes_at_save = std::max(status_.changes_at_save, changes_at_cut_);
    Log(LogLevel::kNotice, "DB saved on disk");
    Log(LogLevel::kNotice, "Background saving terminated with success");
  } else if (was_cancelled) {
    Log(LogLevel::kNotice, "Background saving cancelled");
  } else {
    Log(LogLevel::kWarning, "Background saving error: {}", result.error().text);
    return NoteFailure();
  }
  UpdateRefusal();
}

void SaveService::NoteFailure() {
  status_.last_ok = false;
  UpdateRefusal();
}

void SaveService::UpdateRefusal() {
  const bool refuses =
      !status_.last_ok && server_.settings.stop_writes_on_bgsave_error && HasSavePoints();
  server_.SetConcern(Concern::kSaveFailed, refuses);
}

void SaveService::Reap() {
  if (!has_ended_.load(std::memory_order_acquire)) return;
  Join();
}

void SaveService::Join() {
  if (thread_.joinable()) thread_.join();
  has_ended_.store(false, std::memory_order_relaxed);
  snapshot_.reset();
  CloseDirectory();
}

bool SaveService::CanCancel() const {
  return IsRunning() && !snapshot_->is_cancelled() && !is_installed_;
}

void SaveService::Cancel() {
  status_.is_scheduled = false;
  if (IsRunning()) snapshot_->Cancel();
}

void SaveService::CancelAndWait() {
  Cancel();
  if (!IsRunning()) return;
  // A cancelled saver does not wait for the gate.
  has_written_.wait(false, std::memory_order_acquire);
  snapshot_->End();
}

void SaveService::RemoveTemporaryFiles() {
  unlink(TemporaryPath().c_str());
  unlink((TemporaryPath() + ".final").c_str());
}

Result<> SaveService::SaveNow() {
  const bool is_beside = IsRunning();
  if (is_beside && !snapshot_->is_cancelled())
    return Fail("Background save already in progress");
  if (!is_beside) Reap();
  const uint64_t changes = TotalChanges();
  // The cancelled saver may still be removing its own temporary file.
  const Destination to{AT_FDCWD, TemporaryPath() + (is_beside ? ".final" : ""),
                       server_.settings.dbfilename};
  SnapshotOptions options = Options(to);
  options.progress = &progress_;
  Snapshot snapshot(server_.keyspace, options, *server_.executors[0]);
  Result<> result = snapshot.WriteAlone();
  if (result) result = Install(to);
  if (!result) {
    unlink(to.temporary_name.c_str());
    Log(LogLevel::kWarning, "Error saving the dataset: {}", result.error().text);
    return result;
  }
  SyncDirectory(to.directory_fd);
  Log(LogLevel::kNotice, "DB saved on disk");
  status_.last_save_time = NowMillis() / 1000;
  status_.changes_at_save = changes;
  status_.last_ok = true;
  ++status_.saves;
  UpdateRefusal();
  return {};
}

void SaveService::OnTick(int64_t now_us) {
  if (now_us - last_check_us_ < kCheckIntervalUs &&
      !has_ended_.load(std::memory_order_relaxed)) {
    return;
  }
  last_check_us_ = now_us;
  Reap();
  if (IsRunning() || (points_.empty() && !status_.is_scheduled)) return;
  server_.executors[0]->RunAlone([&] {
    if (!status_.last_ok && now_us - last_try_us_ < kRetryIntervalUs) return;
    if (status_.is_scheduled) {
      (void)StartBackground();
      return;
    }
    const uint64_t changes = ChangesSinceSave();
    const int64_t age = now_us / 1000000 - status_.last_save_time;
    for (const SavePoint& point : points_) {
      if (changes < point.changes || age <= point.seconds) continue;
      Log(LogLevel::kNotice, "{} changes in {} seconds. Saving...", point.changes,
          point.seconds);
      (void)StartBackground();
      return;
    }
  });
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "persistence/save_service.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "command/executor.h"

namespace skarn {
namespace {

constexpr int64_t kCheckIntervalUs = 1000000;
constexpr int64_t kRetryIntervalUs = 5000000;  // After a failed save.

// Makes a rename last.
void SyncDirectory() {
  const int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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

std::string SaveService::TemporaryPath() {
  return fmt::format("temp-{}.rdb", getpid());
}

SnapshotOptions SaveService::Options(std::string path) const {
  const Settings& settings = server_.settings;
  return {.file = {.path = std::move(path),
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
  snapshot_ = std::make_unique<Snapshot>(server_.keyspace, Options(TemporaryPath()),
                                         *server_.executors[0]);
  snapshot_->Cut();
  changes_at_cut_ = TotalChanges();
  last_try_us_ = NowMicros();
  status_.started_time = last_try_us_ / 1000000;
  status_.is_scheduled = false;
  is_running_.store(true, std::memory_order_release);
  server_.SetConcern(Concern::kSaving, true);
  thread_ = std::thread([this] { RunBackground(); });
  Log(LogLevel::kNotice, "Background saving started by a thread of process {}", getpid());
  return {};
}

void SaveService::RunBackground() {
  memory::ThreadCache cache;
  Place();
  Result<> result = snapshot_->Write(server_.gate, participant_);
  if (result) result = Install(TemporaryPath());
  if (!result) unlink(TemporaryPath().c_str());
  server_.gate.Enter(participant_);
  {
    GateLock lock(server_.gate, participant_);
    status_.last_held_bytes = snapshot_->held_bytes_peak();
    NoteEnd(result, snapshot_->is_cancelled());
    snapshot_->End();
    server_.SetConcern(Concern::kSaving, false);
    is_running_.store(false, std::memory_order_release);
  }
  server_.gate.Leave(participant_);
  has_ended_.store(true, std::memory_order_release);
}

Result<> SaveService::Install(const std::string& path) {
  if (rename(path.c_str(), FinalPath().c_str()) != 0) {
    return FailErrno("rename " + path + " to " + FinalPath(), errno);
  }
  SyncDirectory();
  return {};
}

void SaveService::NoteEnd(const Result<>& result, bool was_cancelled) {
  status_.last_background_seconds = NowMicros() / 1000000 - status_.started_time;
  if (result) {
    status_.last_ok = true;
    ++status_.saves;
    status_.last_save_time = NowMillis() / 1000;
    status_.changes_at_save = changes_at_cut_;
    Log(LogLevel::kNotice, "DB saved on disk");
    Log(LogLevel::kNotice, "Background saving terminated with success");
  } else if (was_cancelled) {
    Log(LogLevel::kNotice, "Background saving cancelled");
  } else {
    status_.last_ok = false;
    Log(LogLevel::kWarning, "Background saving error: {}", result.error().text);
  }
  const bool refuses =
      !status_.last_ok && server_.settings.stop_writes_on_bgsave_error && HasSavePoints();
  server_.SetConcern(Concern::kSaveFailed, refuses);
}

void SaveService::Reap() {
  if (!has_ended_.exchange(false, std::memory_order_acq_rel)) return;
  thread_.join();
  snapshot_.reset();
}

void SaveService::Join() {
  if (thread_.joinable()) thread_.join();
  has_ended_.store(false, std::memory_order_relaxed);
  snapshot_.reset();
}

void SaveService::Cancel() {
  status_.is_scheduled = false;
  if (IsRunning() && snapshot_ != nullptr) snapshot_->Cancel();
}

void SaveService::RemoveTemporaryFiles() {
  unlink(TemporaryPath().c_str());
  unlink((TemporaryPath() + ".final").c_str());
}

// The process is about to end: the lane stays as it is, and nobody writes any more.
void SaveService::CancelAndEnd() {
  Cancel();
  is_ending_ = true;
}

Result<> SaveService::SaveNow() {
  if (IsRunning() && !is_ending_) return Fail("Background save already in progress");
  if (!is_ending_) Reap();
  const uint64_t changes = TotalChanges();
  // The cancelled saver may still be removing its own temporary file.
  const std::string path = is_ending_ ? TemporaryPath() + ".final" : TemporaryPath();
  SnapshotOptions options = Options(path);
  options.progress = &progress_;
  Snapshot snapshot(server_.keyspace, options, *server_.executors[0]);
  Result<> result = snapshot.WriteAlone();
  if (result) result = Install(path);
  if (!result) {
    unlink(path.c_str());
    Log(LogLevel::kWarning, "Error saving the dataset: {}", result.error().text);
    return result;
  }
  Log(LogLevel::kNotice, "DB saved on disk");
  status_.last_save_time = NowMillis() / 1000;
  status_.changes_at_save = changes;
  status_.last_ok = true;
  ++status_.saves;
  server_.SetConcern(Concern::kSaveFailed, false);
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
    if (status_.is_scheduled) {
      (void)StartBackground();
      return;
    }
    if (!status_.last_ok && now_us - last_try_us_ < kRetryIntervalUs) return;
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

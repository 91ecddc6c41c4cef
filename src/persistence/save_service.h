// SPDX-License-Identifier: BSD-3-Clause
//
// SaveService: when snapshots are taken, where their files go, and how the last ones
// went.
//
// Threads: calls on workers with the gate closed unless said otherwise; a background save
// runs on a thread of its own. Owner: the server.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "command/server_state.h"
#include "machine/cpu_list.h"
#include "persistence/snapshot.h"

namespace skarn {

struct SavePoint {
  int64_t seconds = 0;
  uint64_t changes = 0;
};

class SaveService {
 public:
  // Status for INFO and LASTSAVE; read with the gate closed.
  struct Status {
    int64_t last_save_time = 0;  // Unix seconds; the start of the server at first.
    bool last_ok = true;         // Of the last background save.
    int64_t last_background_seconds = -1;
    int64_t started_time = 0;  // Of the running one.
    uint64_t saves = 0;
    uint64_t changes_at_save = 0;  // Sum of all changes when the last good save was cut.
    int64_t last_held_bytes = 0;   // The most the last one held ("cow size").
    bool is_scheduled = false;
  };

  // Its threads are the participants of the gate from `gate_participant` on, kSaversMax.
  SaveService(ServerState& server, size_t gate_participant);
  ~SaveService();

  void SetSavePoints(std::vector<SavePoint> points) { points_ = std::move(points); }
  bool HasSavePoints() const { return !points_.empty(); }

  // The CPUs that background saves may run on; empty: those of the thread that starts
  // one. Before workers run.
  void SetCpus(CpuList cpus) { cpus_ = std::move(cpus); }

  // BGSAVE. Fails while one runs, or when there is no thread for it: that is a failed
  // save.
  Result<> StartBackground();
  bool IsRunning() const { return is_running_.load(std::memory_order_acquire); }
  // BGSAVE SCHEDULE while one runs: another follows it.
  void Schedule() { status_.is_scheduled = true; }
  void Unschedule() { status_.is_scheduled = false; }
  // True until the running save is cancelled, or its file is in place.
  bool CanCancel() const;
  // BGSAVE CANCEL, FLUSHALL, shutdown: the running save ends soon and fails, and its file
  // is removed then. Does not wait; writers still leave what they change to the lane.
  void Cancel();
  // The same, but waits for the saver, up to one write to a slow disk: no lane is there
  // when it returns.
  void CancelAndWait();

  // What saves leave when the process ends in the middle of them. From any thread.
  static void RemoveTemporaryFiles();
  // SAVE, shutdown: writes everything now. Fails while a save runs that is not cancelled.
  Result<> SaveNow();

  // Once a second or more often, without the gate, on worker 0: save points, what is
  // scheduled, and the outcome of a save that has ended.
  void OnTick(int64_t now_us);
  // Waits for a running save to end (shutdown, tests). The gate is open and the caller no
  // worker.
  void Join();

  const Status& status() const { return status_; }
  const Snapshot* running() const { return snapshot_.get(); }
  // Of SaveNow, while it goes on; from any thread.
  const SaveProgress& progress() const { return progress_; }
  uint64_t ChangesSinceSave() const;  // With the gate closed.
  uint64_t TotalChanges() const;

 private:
  // Where the file of a save goes. A background save keeps what was set when it began:
  // CONFIG SET dir and dbfilename are for the next one.
  struct Destination {
    int directory_fd;  // AT_FDCWD or owned.
    std::string temporary_name;
    std::string name;
  };

  static std::string TemporaryPath();
  SnapshotOptions Options(const Destination& to) const;
  Result<> StartThread();
  void RunBackground();
  // With the gate closed; the result is that of the whole save.
  Result<> EndWriting(Result<> result);
  // Lets the calling thread, a saver, run where savers may.
  void Place() const;
  // Puts the finished file in its place.
  static Result<> Install(const Destination& to);
  void NoteEnd(const Result<>& result, bool was_cancelled);
  void NoteFailure();
  // MISCONF as the last outcome and the settings want it.
  void UpdateRefusal();
  void CloseDirectory();
  void Reap();

  ServerState& server_;
  const size_t participant_;
  std::vector<SavePoint> points_;
  CpuList cpus_;
  Status status_;
  uint64_t changes_at_cut_ = 0;
  int64_t last_try_us_ = 0;
  int64_t last_check_us_ = 0;
  std::unique_ptr<Snapshot> snapshot_;
  SaveProgress progress_;
  std::thread thread_;
  Destination destination_{-1, {}, {}};  // Of the background save. The saver reads it.
  bool is_installed_ = false;            // Its file is in place. (gate)
  std::atomic<bool> is_running_{false};
  // The saver needs the lane no more. Stored by it, pairs with CancelAndWait.
  std::atomic<bool> has_written_{false};
  // The thread is through but for leaving the gate; Reap joins it. Changes with
  // is_running_, so that no save starts between the two.
  std::atomic<bool> has_ended_{false};
};

}  // namespace skarn

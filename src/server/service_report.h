// SPDX-License-Identifier: BSD-3-Clause
//
// ServiceReport tells the service manager how the server is doing: loading, ready,
// reloading, saving, ending, alive. Without a manager it does nothing.
//
// Threads: the main thread; StillAlive also on workers. Owner: the server.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "persistence/loader.h"
#include "persistence/snapshot.h"
#include "server/service_environment.h"
#include "server/service_notifier.h"

namespace skarn {

class ServiceReport {
 public:
  // Messages about work that goes on come this often, and each asks for this much more
  // time.
  static constexpr int64_t kProgressIntervalUs = 1'000'000;
  static constexpr int64_t kExtensionUs = 60'000'000;

  // Complains in the log when `supervised` asks for a manager that is not there. Upstart
  // hears of nothing but the start.
  ServiceReport(ConfigSupervised wanted, const ServiceEnvironment& environment);

  Supervision supervision() const { return supervision_; }
  bool is_active() const { return notifier_.is_active(); }
  // 0 when nobody watches.
  int64_t watchdog_us() const { return is_active() ? watchdog_us_ : 0; }

  // Loading has got to `read_bytes` of the file. May be called often.
  void Loading(const LoadProgress& progress, uint64_t read_bytes);
  // Connections are served. `status` says how to reach the server.
  void Ready(std::string status);
  void set_status(std::string status) { status_ = std::move(status); }
  void Moved(std::string status);
  void Reloading();
  // Ready again; `outcome` stands behind the status of Ready().
  void Reloaded(Bytes outcome);
  // The last save has got so far. May be called often.
  void SavingLast(const SaveProgress& progress);
  void LastSaveFailed();
  // There is no way back.
  void Stopping();
  void StillAlive() const;

 private:
  void Send(Bytes message);
  // True once an interval.
  bool IsDue();

  Supervision supervision_ = Supervision::kNone;
  ServiceNotifier notifier_;
  int64_t watchdog_us_ = 0;
  int64_t next_progress_us_ = 0;
  bool has_complained_ = false;
  std::string status_;
};

}  // namespace skarn

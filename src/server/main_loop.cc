// SPDX-License-Identifier: BSD-3-Clause
//
// The main thread between start and end: it waits for signals, and tells the service
// manager how things go.
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/process.h"
#include "server/server.h"

namespace skarn {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// Runs a server-wide action on worker 0 with the gate closed.
class ShutdownMessage : public Message {
 public:
  ShutdownMessage(Server& server, int signal) : server_(server), signal_(signal) {}
  void Deliver(Worker&) override {
    server_.state().executors[0]->RunAlone([this] { server_.OnEndSignal(signal_); });
  }

 private:
  Server& server_;
  const int signal_;
};
// A worker that takes its messages between two commands is alive.
class AreYouThere : public Message {
 public:
  AreYouThere(const ServiceReport& report, std::atomic<size_t>& missing)
      : report_(report), missing_(missing) {}
  void Deliver(Worker&) override {
    // The last one to answer speaks for all. Release and acquire: they answer in any
    // order.
    if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) report_.StillAlive();
  }

 private:
  const ServiceReport& report_;
  std::atomic<size_t>& missing_;
};

// The next signal, or 0 at `until_us` of the monotonic clock. `sender`: the process that
// sent it, 0 if there is none.
int WaitForSignal(const sigset_t& signals, int64_t until_us, pid_t* sender) {
  siginfo_t info{};
  int signal = 0;
  if (until_us == kNever) {
    signal = sigwaitinfo(&signals, &info);
  } else {
    const int64_t left_us = std::max<int64_t>(until_us - MonotonicMicros(), 0);
    const timespec left = {.tv_sec = left_us / 1'000'000,
                           .tv_nsec = left_us % 1'000'000 * 1000};
    signal = sigtimedwait(&signals, &info, &left);
  }
  *sender = signal > 0 && info.si_code == SI_USER ? info.si_pid : 0;
  return std::max(signal, 0);
}

}  // namespace

sigset_t AwaitedSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&signals, signal);
  return signals;
}

void Server::ServeSignals() {
  const sigset_t signals = AwaitedSignals();
  while (exit_code_.load(std::memory_order_acquire) < 0) {
    pid_t sender = 0;
    const int signal = WaitForSignal(signals, NextReportUs(MonotonicMicros()), &sender);
    if (signal == SIGTERM || signal == SIGINT) HandleSignal(signal);
    ReportMove();
    FinishReload();
    if (signal == SIGHUP) StartReload({sender});
    ReportProgress(MonotonicMicros());
  }
  report_->Stopping();
}

// While loading there is nothing to save, so there is nothing to wait for. A signal, or
// SHUTDOWN.
void Server::EndIfAsked() {
  sigset_t ends;
  sigemptyset(&ends);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&ends, signal);
  const timespec no_time = {};
  const bool is_signalled = sigtimedwait(&ends, nullptr, &no_time) > 0;
  const int exit_code = exit_code_.load(std::memory_order_acquire);
  if (!is_signalled && exit_code < 0) return;
  Log(LogLevel::kWarning, "Received a shutdown signal during loading, exiting now.");
  report_->Stopping();
  RemovePidFile(launch_.config);
  _exit(std::max(exit_code, 0));
}

void Server::WakeMain() {
  kill(getpid(), SIGUSR1);
}

// A second SIGINT while the last save goes on: nobody wants to wait for it.
void Server::InsistOnExit() {
  Log(LogLevel::kWarning, "You insist... exiting now.");
  saves_->RemoveTemporaryFiles();
  _exit(1);
}

void Server::HandleSignal(int signal) {
  if (signal == SIGINT && last_save_.load(std::memory_order_acquire) == LastSave::kGoesOn)
    InsistOnExit();
  Log(LogLevel::kWarning, "Received {} scheduling shutdown...",
      signal == SIGTERM ? "SIGTERM" : "SIGINT");
  workers_[0]->Post(std::make_unique<ShutdownMessage>(*this, signal));
}

// ---- the service manager
// -------------------------------------------------------------------------------

// An idle server sleeps: kNever without something to tell.
int64_t Server::NextReportUs(int64_t now_us) const {
  if (!report_->is_active()) return kNever;
  int64_t next_us = kNever;
  if (last_save_.load(std::memory_order_acquire) == LastSave::kGoesOn) {
    next_us = now_us + ServiceReport::kProgressIntervalUs;
  }
  if (report_->watchdog_us() > 0) next_us = std::min(next_us, next_watchdog_us_);
  return next_us;
}

void Server::ReportProgress(int64_t now_us) {
  if (!report_->is_active()) return;
  LastSave save = last_save_.load(std::memory_order_acquire);
  if (save == LastSave::kGoesOn) report_->SavingLast(saves_->progress());
  if (save == LastSave::kFailed) {
    report_->LastSaveFailed();
    // Told once. Another one may have begun meanwhile.
    last_save_.compare_exchange_strong(save, LastSave::kNone, std::memory_order_acq_rel);
  }
  if (report_->watchdog_us() > 0 && now_us >= next_watchdog_us_) {
    next_watchdog_us_ = now_us + report_->watchdog_us() / 2;
    AskWorkers();
  }
}

// A worker that does not come back from a command must not look alive, but a long save
// with all others waiting is no fault.
void Server::AskWorkers() {
  const uint64_t saved_bytes =
      saves_->progress().bytes_written.load(std::memory_order_relaxed);
  if (saved_bytes != std::exchange(save_bytes_seen_, saved_bytes)) report_->StillAlive();
  if (workers_to_answer_.load(std::memory_order_acquire) != 0) return;
  workers_to_answer_.store(workers_.size(), std::memory_order_release);
  for (const auto& worker : workers_) {
    worker->Post(std::make_unique<AreYouThere>(*report_, workers_to_answer_));
  }
}

void Server::ReportMove() {
  std::string text;
  {
    MutexLock lock(reload_mutex_);
    text = std::exchange(moved_text_, {});
  }
  if (!text.empty()) report_->Moved(std::move(text));
}

std::string Server::ReadyText() const {
  std::string text = "Ready to accept connections:";
  for (const Listening& one : listening_) {
    const bool has_colons = one.address.find(':') != std::string::npos;
    text += one.port == 0 ? fmt::format(" {}", one.address)
            : has_colons  ? fmt::format(" [{}]:{}", one.address, one.port)
                          : fmt::format(" {}:{}", one.address, one.port);
  }
  return text + fmt::format("; Skarn {}", kSkarnVersion);
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "server/service_report.h"

#include <signal.h>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/log.h"

namespace skarn {
namespace {

constexpr double kMegabyte = 1 << 20;

uint64_t Percent(uint64_t done, uint64_t total) {
  return total == 0 || done > total ? 100 : done * 100 / total;
}

}  // namespace

ServiceReport::ServiceReport(ConfigSupervised wanted,
                             const ServiceEnvironment& environment)
    : supervision_(SupervisionFor(wanted, environment)) {
  if (supervision_ == Supervision::kNone) {
    if (wanted == ConfigSupervised::kSystemd || wanted == ConfigSupervised::kUpstart) {
      Log(LogLevel::kWarning,
          "supervised asks for {}, but the environment has no {}: nobody is told that "
          "the "
          "server is ready.",
          wanted == ConfigSupervised::kSystemd ? "systemd" : "upstart",
          wanted == ConfigSupervised::kSystemd ? "NOTIFY_SOCKET" : "UPSTART_JOB");
    }
    return;
  }
  Log(LogLevel::kNotice, "Supervised by {}", SupervisionName(supervision_));
  if (supervision_ != Supervision::kSystemd) return;
  auto notifier = ServiceNotifier::To(environment.notify_socket);
  if (!notifier) {
    Log(LogLevel::kWarning, "NOTIFY_SOCKET: {}", notifier.error().text);
    return;
  }
  notifier_ = *std::move(notifier);
  watchdog_us_ = environment.watchdog_us;
}

void ServiceReport::Loading(const LoadProgress& progress, uint64_t read_bytes) {
  if (!is_active() || !IsDue()) return;
  const uint64_t total = progress.total_bytes.load(std::memory_order_relaxed);
  Send(
      fmt::format("STATUS=Loading the dataset: {} % of {:.1f} MB, {} keys\n"
                  "EXTEND_TIMEOUT_USEC={}",
                  Percent(read_bytes, total), static_cast<double>(total) / kMegabyte,
                  progress.keys_loaded.load(std::memory_order_relaxed), kExtensionUs));
}

void ServiceReport::Ready(std::string status) {
  // Upstart goes on with "expect stop" when the process stands still, and wakes it.
  if (supervision_ == Supervision::kUpstart) raise(SIGSTOP);
  status_ = std::move(status);
  Send(fmt::format("READY=1\nSTATUS={}", StatusText(status_)));
}

void ServiceReport::Moved(std::string status) {
  status_ = std::move(status);
  Send(fmt::format("STATUS={}", StatusText(status_)));
}

void ServiceReport::Reloading() {
  // The manager compares this with its own monotonic clock.
  Send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=Reloading the configuration",
                   MonotonicMicros()));
}

void ServiceReport::Reloaded(Bytes outcome) {
  Send(fmt::format("READY=1\nSTATUS={}",
                   StatusText(status_ + "; " + std::string(outcome))));
}

void ServiceReport::SavingLast(const SaveProgress& progress) {
  if (!is_active() || !IsDue()) return;
  const uint64_t keys = progress.keys_written.load(std::memory_order_relaxed);
  const uint64_t total = progress.keys_total.load(std::memory_order_relaxed);
  const uint64_t bytes = progress.bytes_written.load(std::memory_order_relaxed);
  Send(fmt::format(
      "STATUS=Saving the dataset before the end: {} % of {} keys, {:.1f} MB "
      "written\nEXTEND_TIMEOUT_USEC={}",
      Percent(keys, total), total, static_cast<double>(bytes) / kMegabyte, kExtensionUs));
}

void ServiceReport::LastSaveFailed() {
  Send(fmt::format("STATUS={}", StatusText("The last save failed, so the server goes on "
                                           "(see its log). " +
                                           status_)));
}

void ServiceReport::Stopping() {
  Send("STOPPING=1\nSTATUS=Ending");
}

void ServiceReport::StillAlive() const {
  static_cast<void>(notifier_.Send("WATCHDOG=1", ServiceNotifier::Patience::kNone));
}

void ServiceReport::Send(Bytes message) {
  const Result<> sent = notifier_.Send(message, ServiceNotifier::Patience::kSome);
  if (sent || has_complained_) return;
  has_complained_ = true;
  Log(LogLevel::kWarning, "{}", sent.error().text);
}

bool ServiceReport::IsDue() {
  const int64_t now_us = MonotonicMicros();
  if (now_us < next_progress_us_) return false;
  next_progress_us_ = now_us + kProgressIntervalUs;
  return true;
}

}  // namespace skarn

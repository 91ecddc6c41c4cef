// SPDX-License-Identifier: BSD-3-Clause
#include "server/service_environment.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/numbers.h"

namespace skarn {
namespace {

// The variable's text, which is then gone from the environment.
std::string Take(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return {};
  std::string text = value;
  unsetenv(name);
  return text;
}

int64_t NumberOf(const std::string& text) {
  int64_t number = 0;
  return ParseInt64(text, &number) && number > 0 ? number : 0;
}

// A process id written beside a variable says whom it is for; `is_needed` tells what its
// absence means.
bool IsForUs(const std::string& process_id, bool is_needed) {
  if (process_id.empty()) return !is_needed;
  return NumberOf(process_id) == getpid();
}

}  // namespace

ServiceEnvironment TakeServiceEnvironment() {
  ServiceEnvironment found;
  found.notify_socket = Take("NOTIFY_SOCKET");
  found.is_upstart_job = !Take("UPSTART_JOB").empty();
  found.credentials_directory = Take("CREDENTIALS_DIRECTORY");

  const int64_t watchdog_us = NumberOf(Take("WATCHDOG_USEC"));
  if (IsForUs(Take("WATCHDOG_PID"), /*is_needed=*/false)) found.watchdog_us = watchdog_us;

  const int64_t count = NumberOf(Take("LISTEN_FDS"));
  Take("LISTEN_FDNAMES");
  if (!IsForUs(Take("LISTEN_PID"), /*is_needed=*/true)) return found;
  found.passed_descriptor_count =
      static_cast<int>(std::min<int64_t>(count, kPassedDescriptorsMax));
  for (int i = 0; i < found.passed_descriptor_count; ++i) {
    const int fd = kFirstPassedDescriptor + i;
    const int flags = fcntl(fd, F_GETFD);
    if (flags >= 0) fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
  }
  return found;
}

Supervision SupervisionFor(ConfigSupervised wanted,
                           const ServiceEnvironment& environment) {
  const bool is_automatic = wanted == ConfigSupervised::kAuto;
  if ((is_automatic || wanted == ConfigSupervised::kUpstart) &&
      environment.is_upstart_job) {
    return Supervision::kUpstart;
  }
  if ((is_automatic || wanted == ConfigSupervised::kSystemd) &&
      !environment.notify_socket.empty()) {
    return Supervision::kSystemd;
  }
  return Supervision::kNone;
}

const char* SupervisionName(Supervision supervision) {
  switch (supervision) {
    case Supervision::kUpstart:
      return "upstart";
    case Supervision::kSystemd:
      return "systemd";
    case Supervision::kNone:
      break;
  }
  return "no";
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// What the service manager that started this process says in the environment: where it
// wants to hear of the state (sd_notify), which sockets it has opened for us
// (sd_listen_fds), where credentials are. Threads: the starting thread.
#pragma once

#include <cstdint>
#include <string>

#include "server/config.h"

namespace skarn {

inline constexpr int kFirstPassedDescriptor = 3;
inline constexpr int kPassedDescriptorsMax = 64;

struct ServiceEnvironment {
  std::string notify_socket;          // $NOTIFY_SOCKET
  int64_t watchdog_us = 0;            // $WATCHDOG_USEC when meant for us; 0: none wanted.
  int passed_descriptor_count = 0;    // $LISTEN_FDS when meant for us.
  bool is_upstart_job = false;        // $UPSTART_JOB
  std::string credentials_directory;  // $CREDENTIALS_DIRECTORY
};

// Reads these variables and removes them, so that nothing else takes itself for the
// service; the passed descriptors are closed on exec from now on. Before any thread is
// made.
ServiceEnvironment TakeServiceEnvironment();

// In the order of INFO's words: see SupervisionName().
enum class Supervision : uint8_t { kNone, kUpstart, kSystemd };

// What `supervised` makes of the environment. A manager that was asked for by name but is
// not there is kNone; the caller may want to say so.
Supervision SupervisionFor(ConfigSupervised wanted,
                           const ServiceEnvironment& environment);

// "no", "upstart", "systemd".
const char* SupervisionName(Supervision supervision);

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// ServiceNotifier sends the service manager one datagram a message, in the protocol of
// sd_notify(3): lines of NAME=value. Threads: any, after construction. Owner:
// ServiceReport.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace skarn {

class ServiceNotifier {
 public:
  // Sends nothing.
  ServiceNotifier() = default;
  // To the socket at `path`, or in the abstract namespace when that begins with '@'.
  static Result<ServiceNotifier> To(const std::string& path);
  ServiceNotifier(ServiceNotifier&& other) noexcept;
  ServiceNotifier& operator=(ServiceNotifier&& other) noexcept;
  ~ServiceNotifier();

  bool is_active() const { return fd_ >= 0; }

  enum class Patience : uint8_t {
    kNone,  // On a worker: what does not fit now is lost.
    kSome,  // Waits a second or so for a manager that is behind.
  };
  // Fails when the manager is gone or does not listen.
  Result<> Send(Bytes message, Patience patience) const;

 private:
  int fd_ = -1;
  std::string address_;  // A sockaddr_un, as many bytes as count.
};

// `text` fit for a line: without control bytes, and not longer than a manager shows.
std::string StatusText(Bytes text);

}  // namespace skarn

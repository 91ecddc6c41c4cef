// SPDX-License-Identifier: BSD-3-Clause
#include "server/service_notifier.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace skarn {
namespace {

constexpr size_t kStatusBytesMax = 512;
constexpr timeval kPatience = {.tv_sec = 1, .tv_usec = 0};

}  // namespace

Result<ServiceNotifier> ServiceNotifier::To(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() < 2 || (path[0] != '/' && path[0] != '@')) {
    return Fail(fmt::format("'{}' is no address of a unix socket", path));
  }
  if (path.size() >= sizeof(address.sun_path)) {
    return Fail(fmt::format("'{}' is too long for a unix socket", path));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  size_t size_bytes = offsetof(sockaddr_un, sun_path) + path.size();
  if (path[0] == '@') {
    address.sun_path[0] = '\0';
  } else {
    ++size_bytes;  // The zero byte belongs to a path.
  }
  ServiceNotifier notifier;
  notifier.address_.assign(reinterpret_cast<const char*>(&address), size_bytes);
  notifier.fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (notifier.fd_ < 0) return FailErrno("socket", errno);
  setsockopt(notifier.fd_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
  return notifier;
}

ServiceNotifier::ServiceNotifier(ServiceNotifier&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), address_(std::move(other.address_)) {}

ServiceNotifier& ServiceNotifier::operator=(ServiceNotifier&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  return *this;
}

ServiceNotifier::~ServiceNotifier() {
  if (fd_ >= 0) close(fd_);
}

Result<> ServiceNotifier::Send(Bytes message, Patience patience) const {
  if (fd_ < 0) return {};
  const int flags = MSG_NOSIGNAL | (patience == Patience::kNone ? int{MSG_DONTWAIT} : 0);
  while (true) {
    const ssize_t sent = sendto(fd_, message.data(), message.size(), flags,
                                reinterpret_cast<const sockaddr*>(address_.data()),
                                static_cast<socklen_t>(address_.size()));
    if (sent >= 0) return {};
    if (errno != EINTR) return FailErrno("notify the service manager", errno);
  }
}

std::string StatusText(Bytes text) {
  std::string line(text.substr(0, kStatusBytesMax));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return line;
}

}  // namespace skarn

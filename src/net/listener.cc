// SPDX-License-Identifier: BSD-3-Clause
#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include "base/log.h"

namespace skarn {
namespace {

// "ip:port" or "[ip6]:port".
std::string Describe(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    return std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  return text;
}

bool IsLoopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr)) return true;
    return IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == 127;
  }
  return false;
}

int ListenOn(const addrinfo& info, int backlog) {
  const int fd = socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (info.ai_family == AF_INET6)
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
  if (bind(fd, info.ai_addr, info.ai_addrlen) == 0 && listen(fd, backlog) == 0) return fd;
  const int code = errno;
  close(fd);
  errno = code;
  return -1;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::Tcp(const std::string& bind_address, int port,
                                                int backlog) {
  const bool is_optional = bind_address.starts_with('-');
  std::string address = is_optional ? bind_address.substr(1) : bind_address;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  hints.ai_family = address.find(':') != std::string::npos ? AF_INET6 : AF_INET;
  const bool is_any = address == "*" || address == "::*";
  if (address == "::*") hints.ai_family = AF_INET6;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  const int failure =
      getaddrinfo(is_any ? nullptr : address.c_str(), service.c_str(), &hints, &found);
  if (failure != 0)
    return Fail(fmt::format("{}:{}: {}", address, port, gai_strerror(failure)));
  const int fd = ListenOn(*found, backlog);
  const int code = errno;
  freeaddrinfo(found);
  if (fd >= 0) return std::unique_ptr<Listener>(new Listener(fd, Transport::kTcp, ""));
  if (is_optional &&
      (code == EADDRNOTAVAIL || code == EAFNOSUPPORT || code == EPROTONOSUPPORT)) {
    return std::unique_ptr<Listener>();
  }
  return FailErrno(fmt::format("bind {}:{}", address, port), code);
}

Result<> Listener::CheckUnixPath(const std::string& path) {
  if (path.size() < sizeof(sockaddr_un::sun_path)) return {};
  return Fail("unixsocket: the path is too long");
}

Result<std::unique_ptr<Listener>> Listener::Unix(const std::string& path,
                                                 unsigned permissions, int backlog) {
  if (auto fits = CheckUnixPath(path); !fits) return std::unexpected(fits.error());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  unlink(path.c_str());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return FailErrno("socket", errno);
  std::unique_ptr<Listener> listener(new Listener(fd, Transport::kUnix, path));
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(fd, backlog) != 0) {
    return FailErrno("bind " + path, errno);
  }
  if (permissions != 0) chmod(path.c_str(), permissions);
  return listener;
}

Result<std::unique_ptr<Listener>> Listener::Passed(int fd) {
  int type = 0, listens = 0;
  socklen_t size = sizeof(int);
  const bool is_stream =
      getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
  size = sizeof(int);
  sockaddr_storage address{};
  socklen_t address_size = sizeof(address);
  if (!is_stream || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 ||
      listens == 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &address_size) != 0) {
    return Fail("this is no listening stream socket");
  }
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
    return FailErrno("fcntl", errno);
  }
  if (address.ss_family == AF_INET || address.ss_family == AF_INET6) {
    return std::unique_ptr<Listener>(new Listener(fd, Transport::kTcp, ""));
  }
  if (address.ss_family != AF_UNIX) return Fail("neither TCP nor a unix socket");
  const auto& name = reinterpret_cast<const sockaddr_un&>(address);
  const size_t name_bytes = address_size - offsetof(sockaddr_un, sun_path);
  std::string path(name.sun_path, name_bytes);
  if (path.starts_with('\0')) {
    path[0] = '@';  // Abstract: all bytes count.
  } else {
    path.resize(strnlen(path.c_str(), path.size()));
  }
  std::unique_ptr<Listener> listener(new Listener(fd, Transport::kUnix, std::move(path)));
  listener->owns_path_ = false;
  return listener;
}

Listener::Place Listener::place() const {
  if (transport_ == Transport::kUnix) return {.address = path_};
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
  char text[INET6_ADDRSTRLEN] = "?";
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
    return {.address = text, .port = ntohs(v6.sin6_port)};
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
  return {.address = text, .port = ntohs(v4.sin_port)};
}

Listener::~Listener() {
  close(fd_);
  if (!path_.empty() && owns_path_) unlink(path_.c_str());
}

Result<bool> Listener::Accept(Accepted* accepted) {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  const int fd = accept4(fd_, reinterpret_cast<sockaddr*>(&peer), &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return false;
    return FailErrno("accept", errno);
  }
  accepted->fd = fd;
  accepted->transport = transport_;
  if (transport_ == Transport::kUnix) {
    accepted->peer_address = accepted->local_address = path_ + ":0";
    accepted->is_loopback = true;
    return true;
  }
  accepted->peer_address = Describe(peer);
  accepted->is_loopback = IsLoopback(peer);
  sockaddr_storage local{};
  size = sizeof(local);
  getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size);
  accepted->local_address = Describe(local);
  return true;
}

void SetUpClientSocket(int fd, int keepalive_seconds) {
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if (keepalive_seconds <= 0) return;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
  const int interval = std::max(1, keepalive_seconds / 3);
  const int count = 3;
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &keepalive_seconds, sizeof(int));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(int));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(int));
}

}  // namespace skarn

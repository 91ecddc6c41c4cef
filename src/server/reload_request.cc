// SPDX-License-Identifier: BSD-3-Clause
#include "server/reload_request.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/numbers.h"

namespace skarn {
namespace {

constexpr size_t kAnswerBytesMax = 4096;
// Two signals that meet become one, which names one sender: the other asks again.
constexpr int64_t kAskAgainUs = 5'000'000;
constexpr char kApplied = '+';
constexpr char kRefused = '-';

struct Address {
  sockaddr_un name{};
  socklen_t size_bytes = 0;

  explicit Address(pid_t asker) {
    // The zero byte in front makes it abstract: no file, gone with its socket.
    const std::string text = fmt::format("skarn-reload-{}", asker);
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path + 1, text.data(), text.size());
    size_bytes =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
};

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  // The process at the other end; 0 if that cannot be told.
  pid_t peer() const {
    ucred peer{};
    socklen_t size_bytes = sizeof(peer);
    const bool is_known =
        getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &peer, &size_bytes) == 0;
    return is_known ? peer.pid : 0;
  }

 private:
  const int fd_;
};

int Complain(std::string_view what) {
  fmt::print(stderr, "skarn-server --reload: {}\n", what);
  return 1;
}

int ComplainErrno(std::string_view what) {
  return Complain(fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

// True when the descriptor has something before that time.
bool IsReadable(int fd, int64_t until_us) {
  pollfd one = {.fd = fd, .events = POLLIN, .revents = 0};
  const int64_t left_us = std::max<int64_t>(until_us - MonotonicMicros(), 0);
  return poll(&one, 1, static_cast<int>(left_us / 1000) + 1) == 1;
}

// The answer of the server, if one comes before that time.
std::optional<std::string> TakeAnswer(const Socket& listener, pid_t server,
                                      int64_t until_us) {
  while (IsReadable(listener.get(), until_us)) {
    const Socket answerer(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (answerer.get() < 0 || answerer.peer() != server) continue;
    if (!IsReadable(answerer.get(), until_us)) return std::nullopt;
    char text[kAnswerBytesMax];
    const ssize_t size = recv(answerer.get(), text, sizeof(text), 0);
    if (size > 0) return std::string(text, static_cast<size_t>(size));
  }
  return std::nullopt;
}

}  // namespace

int RequestReload(const std::string& process_id) {
  int64_t number = 0;
  if (!ParseInt64(process_id, &number) || number <= 1 || number > INT32_MAX) {
    return Complain(fmt::format("'{}' is no process id of a server", process_id));
  }
  const pid_t server = static_cast<pid_t>(number);
  const Address address(getpid());
  const Socket listener(
      socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.get() < 0 || bind(listener.get(), address.get(), address.size_bytes) < 0 ||
      listen(listener.get(), 4) < 0) {
    return ComplainErrno("nowhere to wait for the answer");
  }
  const int64_t until_us = MonotonicMicros() + kReloadPatienceUs;
  std::optional<std::string> answer;
  while (!answer && MonotonicMicros() < until_us) {
    if (kill(server, SIGHUP) != 0) {
      return ComplainErrno(fmt::format("signal to process {}", server));
    }
    answer =
        TakeAnswer(listener, server, std::min(until_us, MonotonicMicros() + kAskAgainUs));
  }
  if (!answer) return Complain("no answer; the log of the server may tell why");
  if (answer->front() != kApplied) return Complain(Bytes(*answer).substr(1));
  fmt::print("{}\n", Bytes(*answer).substr(1));
  return 0;
}

void AnswerReload(pid_t asker, bool is_applied, Bytes text) {
  if (asker <= 0) return;  // Of another process namespace, or of the kernel.
  const Socket answer(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const Address address(asker);
  if (answer.get() < 0 || connect(answer.get(), address.get(), address.size_bytes) < 0 ||
      answer.peer() != asker) {
    return;
  }
  std::string message(1, is_applied ? kApplied : kRefused);
  message += text.substr(0, kAnswerBytesMax - 1);
  send(answer.get(), message.data(), message.size(), MSG_NOSIGNAL);
}

}  // namespace skarn

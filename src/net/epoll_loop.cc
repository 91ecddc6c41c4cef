// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>

#include "base/check.h"
#include "net/event_loop.h"

namespace skarn {
namespace {

constexpr int kEventsMax = 512;
constexpr size_t kIovecsMax = 64;
// What epoll hands back: a connection's address, or a small number for the rest.
constexpr uint64_t kWakeTag = 1;
constexpr uint64_t kListenerTags = 2;  // 2 + 2 * tag: even and below any address.
constexpr uint64_t kAddressMin = 65536;

class EpollLoop : public EventLoop {
 public:
  EpollLoop(int epoll_fd, int wake_fd) : epoll_fd_(epoll_fd), wake_fd_(wake_fd) {}
  ~EpollLoop() override {
    close(wake_fd_);
    close(epoll_fd_);
  }

  std::string_view name() const override { return "epoll"; }

  Result<> AddListener(int fd, uint32_t tag) override {
    return Control(EPOLL_CTL_ADD, fd, EPOLLIN, kListenerTags + 2 * uint64_t{tag});
  }
  void RemoveListener(int fd) override {
    epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  }

  Result<> Add(Connection& connection) override {
    return Control(EPOLL_CTL_ADD, connection.fd(), Interest(connection, true),
                   reinterpret_cast<uint64_t>(&connection));
  }
  void Remove(Connection& connection) override {
    epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, connection.fd(), nullptr);
  }
  void SetReading(Connection& connection, bool is_on) override {
    (void)Control(EPOLL_CTL_MOD, connection.fd(), Interest(connection, is_on),
                  reinterpret_cast<uint64_t>(&connection));
  }

  void Wait(int timeout_ms) override {
    event_count_ = epoll_wait(epoll_fd_, events_.data(), kEventsMax, timeout_ms);
  }

  void Collect(Ready* ready) override {
    for (int i = 0; i < event_count_; ++i) {
      const epoll_event& event = events_[static_cast<size_t>(i)];
      const uint64_t data = event.data.u64;
      if (data == kWakeTag) {
        uint64_t ignored;
        (void)!read(wake_fd_, &ignored, sizeof(ignored));
      } else if (data < kAddressMin) {
        ready->listeners.push_back(static_cast<uint32_t>((data - kListenerTags) / 2));
      } else {
        Connection* connection = reinterpret_cast<Connection*>(data);
        if ((event.events & EPOLLOUT) != 0) ready->writable.push_back(connection);
        if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
          ready->readable.push_back(connection);
        }
      }
    }
  }

  IoStatus Receive(Connection& connection) override {
    InputBuffer& input = connection.input;
    SKARN_DCHECK(input.room() > 0);
    const ssize_t count = recv(connection.fd(), input.tail(), input.room(), 0);
    if (count > 0) {
      input.Added(static_cast<size_t>(count));
      return IoStatus::kDone;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return IoStatus::kBlocked;
    return IoStatus::kClosed;
  }

  IoStatus Send(Connection& connection) override {
    OutputBuffer& output = connection.output;
    while (!output.empty()) {
      ssize_t count;
      if (!output.has_references()) {
        const Bytes bytes = output.contiguous();
        count = send(connection.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      } else {
        std::array<iovec, kIovecsMax> parts;
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = output.FillIovecs(parts.data(), parts.size());
        count = sendmsg(connection.fd(), &message, MSG_NOSIGNAL);
      }
      if (count > 0) {
        output.Consume(static_cast<size_t>(count));
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return IoStatus::kClosed;
      SetWriting(connection, true);
      return IoStatus::kBlocked;
    }
    if (connection.wants_write) SetWriting(connection, false);
    return IoStatus::kDone;
  }

  void Wake() override {
    const uint64_t one = 1;
    (void)!write(wake_fd_, &one, sizeof(one));
  }

 private:
  // A hang-up is told whatever is asked for: of who is not read, once.
  static uint32_t Interest(const Connection& connection, bool is_reading) {
    return (is_reading ? uint32_t{EPOLLIN} : uint32_t{EPOLLET}) |
           (connection.wants_write ? uint32_t{EPOLLOUT} : 0);
  }
  Result<> Control(int operation, int fd, uint32_t events, uint64_t data) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = data;
    if (epoll_ctl(epoll_fd_, operation, fd, &event) == 0) return {};
    return FailErrno("epoll_ctl", errno);
  }
  void SetWriting(Connection& connection, bool is_on) {
    if (connection.wants_write == is_on) return;
    connection.wants_write = is_on;
    SetReading(connection, !connection.is_read_paused);
  }

  const int epoll_fd_;
  const int wake_fd_;
  std::array<epoll_event, kEventsMax> events_;
  int event_count_ = 0;  // Of the last Wait; negative: it failed.
};

}  // namespace

Result<std::unique_ptr<EventLoop>> CreateEpollLoop() {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return FailErrno("epoll_create1", errno);
  const int wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_fd < 0) {
    const int code = errno;
    close(epoll_fd);
    return FailErrno("eventfd", code);
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeTag;
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake_fd, &event);
  return std::make_unique<EpollLoop>(epoll_fd, wake_fd);
}

}  // namespace skarn

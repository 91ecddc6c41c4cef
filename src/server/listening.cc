// SPDX-License-Identifier: BSD-3-Clause
//
// Listening sockets: opened at start, replaced by CONFIG SET port and bind, and what is
// done with a connection that comes in.
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "server/server.h"

namespace skarn {
namespace {

constexpr size_t kAcceptsPerTurnMax = 1000;
constexpr int64_t kAcceptLogIntervalUs = 1'000'000;
constexpr std::string_view kMaxClientsReached = "-ERR max number of clients reached\r\n";

constexpr char kListensNowhere[] = "Configured to not listen anywhere, exiting.";

int OpenSpareDescriptor() {
  return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

std::unexpected<Error> FailUnix(const Error& error) {
  return Fail(fmt::format("Failed opening Unix socket: bind: {}", error.text));
}

// Hands an accepted socket to its worker.
class AdoptMessage : public Message {
 public:
  explicit AdoptMessage(Accepted accepted) : accepted_(std::move(accepted)) {}
  ~AdoptMessage() override {
    if (accepted_.fd >= 0) close(accepted_.fd);
  }
  void Deliver(Worker& worker) override {
    if (worker.Adopt(accepted_)) {
      accepted_.fd = -1;
    } else {
      worker.CountPlaced(-1);
    }
  }

 private:
  Accepted accepted_;
};

// Brings the event loop of worker 0 in line with the new sockets, and closes the old
// ones.
class ListenMessage : public Message {
 public:
  ListenMessage(std::vector<Server::Listening> closing,
                std::vector<std::pair<int, uint32_t>> added)
      : closing_(std::move(closing)), added_(std::move(added)) {}
  void Deliver(Worker& worker) override {
    for (Server::Listening& old : closing_)
      worker.loop().RemoveListener(old.listener->fd());
    closing_.clear();
    for (const auto& [fd, tag] : added_) {
      if (auto done = worker.loop().AddListener(fd, tag); !done) {
        Log(LogLevel::kWarning, "Listening: {}", done.error().text);
      }
    }
  }

 private:
  std::vector<Server::Listening> closing_;
  std::vector<std::pair<int, uint32_t>> added_;  // Descriptor and tag.
};

}  // namespace

// ---- opening
// -----------------------------------------------------------------------------------

Result<> Server::CheckListening(const Config& config) {
  const std::string& path = config.String(ConfigKey::kUnixsocket);
  if (auto fits = Listener::CheckUnixPath(path); !fits) return FailUnix(fits.error());
  const bool has_tcp = config.Integer(ConfigKey::kPort) != 0 &&
                       !config.Addresses(ConfigKey::kBind).empty();
  if (!has_tcp && path.empty()) return Fail(kListensNowhere);
  return {};
}

Result<> Server::BindListeners() {
  if (auto taken = TakePassedSockets(); !taken) return taken;
  if (!has_passed_tcp_) {
    std::vector<Listening> kept;
    if (auto bound = BindTcp(config_, &listening_, &kept); !bound) return bound;
  }
  const bool has_passed_unix =
      std::ranges::any_of(listening_, [](const Listening& one) { return one.port == 0; });
  const std::string& path = config_.String(ConfigKey::kUnixsocket);
  if (!path.empty() && !has_passed_unix) {
    const unsigned permissions =
        static_cast<unsigned>(config_.Integer(ConfigKey::kUnixsocketperm));
    const int backlog = static_cast<int>(config_.Integer(ConfigKey::kTcpBacklog));
    auto listener = Listener::Unix(path, permissions, backlog);
    if (!listener) return FailUnix(listener.error());
    listening_.push_back({path, 0, next_listener_tag_++, std::move(*listener)});
  }
  if (listening_.empty()) return Fail(kListensNowhere);
  for (const Listening& one : listening_) {
    auto added = workers_[0]->loop().AddListener(one.listener->fd(), one.tag);
    if (!added) return added;
  }
  spare_fd_ = OpenSpareDescriptor();
  return {};
}

// The sockets that the service manager has opened take the place of bind and port, or of
// unixsocket, whichever they are of.
Result<> Server::TakePassedSockets() {
  for (int i = 0; i < environment_.passed_descriptor_count; ++i) {
    const int fd = kFirstPassedDescriptor + i;
    auto listener = Listener::Passed(fd);
    if (!listener) {
      return Fail(fmt::format("Descriptor {}, passed by the service manager: {}", fd,
                              listener.error().text));
    }
    const auto [address, port] = (*listener)->place();
    Log(LogLevel::kNotice, "Listening on a socket of the service manager: {} {}", address,
        port);
    if (port != 0 && !std::exchange(has_passed_tcp_, true)) {
      config_.Resolve(ConfigKey::kPort, port);
    }
    listening_.push_back({address, port, next_listener_tag_++, std::move(*listener)});
  }
  return {};
}

// Opens the addresses of `config` which are not open yet; those that are move to `kept`.
Result<> Server::BindTcp(const Config& config, std::vector<Listening>* opened,
                         std::vector<Listening>* kept) {
  const int backlog = static_cast<int>(config.Integer(ConfigKey::kTcpBacklog));
  const int port = static_cast<int>(config.Integer(ConfigKey::kPort));
  if (port == 0) return {};
  std::vector<Listening> fresh;
  std::vector<size_t> staying;
  for (const std::string& address : config.Addresses(ConfigKey::kBind)) {
    const auto same = std::find_if(
        listening_.begin(), listening_.end(),
        [&](const Listening& one) { return one.port == port && one.address == address; });
    if (same != listening_.end()) {
      staying.push_back(static_cast<size_t>(same - listening_.begin()));
      continue;
    }
    auto listener = Listener::Tcp(address, port, backlog);
    if (!listener) {
      return Fail(fmt::format("Failed listening on port {} (tcp), aborting: {}", port,
                              listener.error().text));
    }
    if (*listener == nullptr) continue;
    fresh.push_back({address, port, next_listener_tag_++, std::move(*listener)});
  }
  if (fresh.empty() && staying.empty() && !config.Addresses(ConfigKey::kBind).empty()) {
    return Fail(fmt::format("Failed listening on port {} (tcp), aborting.", port));
  }
  for (const size_t index : staying) kept->push_back(std::move(listening_[index]));
  std::erase_if(listening_, [](const Listening& one) { return one.listener == nullptr; });
  for (Listening& one : fresh) opened->push_back(std::move(one));
  return {};
}

// On a worker with the gate closed.
Result<> Server::Rebind(const Config& config, const std::string& complaint) {
  if (has_passed_tcp_)
    return Fail("The listening sockets come from the service manager.");
  std::vector<Listening> opened, kept;
  Result<> bound = BindTcp(config, &opened, &kept);
  if (!bound) {
    // An old socket may be in the way: "*" and "127.0.0.1" of the same port exclude each
    // other. Stop those, and let them listen again if that does not help.
    for (const Listening& one : listening_) {
      if (one.port != 0) shutdown(one.listener->fd(), SHUT_RDWR);
    }
    bound = BindTcp(config, &opened, &kept);
    const int backlog = static_cast<int>(config.Integer(ConfigKey::kTcpBacklog));
    for (const auto* list : {&listening_, &kept}) {
      for (const Listening& one : *list) {
        if (one.port != 0 && (!bound || list == &kept))
          listen(one.listener->fd(), backlog);
      }
    }
  }
  if (!bound) {
    Log(LogLevel::kWarning, "{}", bound.error().text);
    return Fail(complaint);
  }
  std::vector<Listening> closing;
  for (Listening& one : listening_) {
    if (one.port != 0) shutdown(one.listener->fd(), SHUT_RDWR);  // From now on.
    (one.port == 0 ? kept : closing).push_back(std::move(one));
  }
  std::vector<std::pair<int, uint32_t>> added;
  for (const Listening& one : opened) added.emplace_back(one.listener->fd(), one.tag);
  listening_ = std::move(opened);
  for (Listening& one : kept) listening_.push_back(std::move(one));
  if (report_->is_active()) {
    MutexLock lock(reload_mutex_);
    moved_text_ = ReadyText();
    WakeMain();
  }
  workers_[0]->Post(
      std::make_unique<ListenMessage>(std::move(closing), std::move(added)));
  return {};
}

// ---- accepting
// ---------------------------------------------------------------------------------

void Server::OnAccept(void* owner, uint32_t tag) {
  static_cast<Server*>(owner)->Accept(tag);
}

void Server::Accept(uint32_t tag) {
  const auto found = std::find_if(listening_.begin(), listening_.end(),
                                  [&](const Listening& one) { return one.tag == tag; });
  if (found == listening_.end()) return;  // Closed by CONFIG SET since the event.
  Listener& listener = *found->listener;
  for (size_t i = 0; i < kAcceptsPerTurnMax; ++i) {
    Accepted accepted;
    const auto status = listener.Accept(&accepted);
    if (!status) {
      if (RefuseWithoutDescriptors(listener, status.error())) continue;
      return;
    }
    if (!*status) return;
    Place(std::move(accepted));
  }
}

// A connection that cannot be accepted stays in front of the listener and wakes the
// worker again and again. So one descriptor is kept for it: given up, used to say no,
// taken back. False when nobody could be told.
bool Server::RefuseWithoutDescriptors(Listener& listener, const Error& error) {
  if (accept_logged_us_ + kAcceptLogIntervalUs <= workers_[0]->now_us()) {
    accept_logged_us_ = workers_[0]->now_us();
    Log(LogLevel::kWarning, "Accepting client connection: {}", error.text);
  }
  if ((error.code != EMFILE && error.code != ENFILE) || spare_fd_ < 0) return false;
  close(std::exchange(spare_fd_, -1));
  Accepted accepted;
  const auto status = listener.Accept(&accepted);
  const bool is_told = status && *status;
  if (is_told) Refuse(accepted, kMaxClientsReached);
  spare_fd_ = OpenSpareDescriptor();
  return is_told;
}

void Server::Refuse(const Accepted& accepted, std::string_view text) {
  (void)!send(accepted.fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ++executors_[0]->statistics().rejected_connections;
  close(accepted.fd);
}

bool Server::IsRefused(const Accepted& accepted) {
  const auto refuse = [&](std::string_view text) {
    Refuse(accepted, text);
    return true;
  };
  const Settings& settings = state_->settings;
  // With those on their way to their workers.
  size_t placed = 0;
  for (const auto& worker : workers_) placed += worker->connection_count();
  if (placed >= settings.maxclients) {
    return refuse(kMaxClientsReached);
  }
  if (settings.protected_mode && settings.requirepass.empty() && !accepted.is_loopback) {
    return refuse(
        "-DENIED Skarn is running in protected mode because protected mode is enabled "
        "and no "
        "password is set for the default user. In this mode connections are only "
        "accepted from "
        "the loopback interface. To connect from elsewhere: set a password (CONFIG SET "
        "requirepass, or requirepass in the configuration file), or turn protected mode "
        "off "
        "(CONFIG SET protected-mode no from this machine, protected-mode no in the file, "
        "or "
        "--protected-mode no at the start) if nobody outside can reach the port.\r\n");
  }
  return false;
}

void Server::Place(Accepted accepted) {
  state_->connections_received.fetch_add(1, std::memory_order_relaxed);
  if (IsRefused(accepted)) return;
  accepted.id = state_->next_client_id.fetch_add(1, std::memory_order_relaxed);
  Worker* target = workers_[0].get();
  for (const auto& worker : workers_) {
    if (worker->connection_count() < target->connection_count()) target = worker.get();
  }
  target->CountPlaced(1);
  if (target == workers_[0].get()) {
    AdoptMessage(std::move(accepted)).Deliver(*target);
  } else {
    target->Post(std::make_unique<AdoptMessage>(std::move(accepted)));
  }
}

}  // namespace skarn

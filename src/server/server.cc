// SPDX-License-Identifier: BSD-3-Clause
#include "server/server.h"

#include <errno.h>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "arch/cycles.h"
#include "base/clock.h"
#include "base/cpus.h"
#include "base/key_hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "commands/families.h"
#include "keyspace/background_free.h"
#include "server/admin.h"

namespace skarn {
namespace {

constexpr size_t kAcceptsPerTurnMax = 1000;
// The gate also knows the threads that are no workers: the saver and the loader.
constexpr size_t kExtraParticipants = 2;

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

LoopKind LoopKindOf(ConfigEventLoop choice) {
  switch (choice) {
    case ConfigEventLoop::kEpoll: return LoopKind::kEpoll;
    case ConfigEventLoop::kIoUring: return LoopKind::kUring;
    default: return LoopKind::kAuto;
  }
}

}  // namespace

Server::Server(Config config) : config_(std::move(config)) {}

Server::~Server() {
  listeners_.clear();
  workers_.clear();
  executors_.clear();
}

Result<std::unique_ptr<Server>> Server::Create(Config config, std::string config_file) {
  std::unique_ptr<Server> server(new Server(std::move(config)));
  Config& values = server->config_;
  if (auto selected = SelectKernels(values.String(ConfigKey::kSimd)); !selected) {
    return std::unexpected(std::move(selected.error()));
  }
  std::array<uint8_t, 32> secret;
  FillRandomBytes(secret.data(), secret.size());
  InitKeyHash(secret);

  if (values.Integer(ConfigKey::kIoThreads) <= 0) {
    values.Resolve(ConfigKey::kIoThreads, static_cast<int64_t>(GrantedCpuCount()));
  }
  const size_t worker_count = static_cast<size_t>(values.Integer(ConfigKey::kIoThreads));
  server->state_ = std::make_unique<ServerState>(
      static_cast<unsigned>(values.Integer(ConfigKey::kDatabases)),
      worker_count + kExtraParticipants);
  ServerState& state = *server->state_;
  state.run_id = RandomHex(40);
  state.start_us = NowMicros();
  state.config_file = std::move(config_file);
  state.keyspace.set_concurrent(worker_count > 1);
  for (const auto& family : AllFamilies()) state.command_table.Add(family);
  state.command_table.Add(ServerCommands());
  server->hooks_ = std::make_unique<Hooks>(state);
  state.hooks = server->hooks_.get();
  server->saves_ = std::make_unique<SaveService>(state, worker_count);
  server->hooks_->set_server(*server);
  server->ApplySettings();
  if (auto built = server->BuildWorkers(); !built) return std::unexpected(built.error());
  if (auto bound = server->BindListeners(); !bound) return std::unexpected(bound.error());
  return server;
}

Result<> Server::BuildWorkers() {
  const size_t count = static_cast<size_t>(config_.Integer(ConfigKey::kIoThreads));
  const LoopKind loop = LoopKindOf(config_.Enum<ConfigEventLoop>(ConfigKey::kEventLoop));
  for (size_t i = 0; i < count; ++i) {
    auto worker = Worker::Create({.index = i, .loop = loop}, state_->gate);
    if (!worker) return std::unexpected(std::move(worker.error()));
    workers_.push_back(std::move(*worker));
    executors_.push_back(std::make_unique<Executor>(*state_, *workers_.back()));
    workers_.back()->SetHandler(*executors_.back());
    state_->executors.push_back(executors_.back().get());
  }
  workers_[0]->set_on_accept(&Server::OnAccept, this);
  return {};
}

Result<> Server::BindListeners() {
  const int backlog = static_cast<int>(config_.Integer(ConfigKey::kTcpBacklog));
  const int port = static_cast<int>(config_.Integer(ConfigKey::kPort));
  if (port != 0) {
    for (const std::string& address : config_.Addresses(ConfigKey::kBind)) {
      auto listener = Listener::Tcp(address, port, backlog);
      if (!listener) {
        return Fail(fmt::format("Failed listening on port {} (tcp), aborting: {}", port,
                                listener.error().text));
      }
      if (*listener != nullptr) listeners_.push_back(std::move(*listener));
    }
    if (listeners_.empty()) return Fail(fmt::format("Failed listening on port {} (tcp)", port));
  }
  if (const std::string& path = config_.String(ConfigKey::kUnixsocket); !path.empty()) {
    const unsigned permissions =
        static_cast<unsigned>(config_.Integer(ConfigKey::kUnixsocketperm));
    auto listener = Listener::Unix(path, permissions, backlog);
    if (!listener) return std::unexpected(std::move(listener.error()).In("unix socket"));
    listeners_.push_back(std::move(*listener));
  }
  for (size_t i = 0; i < listeners_.size(); ++i) {
    auto added =
        workers_[0]->loop().AddListener(listeners_[i]->fd(), static_cast<uint32_t>(i));
    if (!added) return added;
  }
  return {};
}

// ---- accepting ---------------------------------------------------------------------------------

void Server::OnAccept(void* owner, uint32_t tag) { static_cast<Server*>(owner)->Accept(tag); }

void Server::Accept(size_t listener) {
  for (size_t i = 0; i < kAcceptsPerTurnMax; ++i) {
    Accepted accepted;
    const auto status = listeners_[listener]->Accept(&accepted);
    if (!status) {
      Log(LogLevel::kWarning, "Accepting client connection: {}", status.error().text);
      return;
    }
    if (!*status) return;
    Place(std::move(accepted));
  }
}

bool Server::IsRefused(const Accepted& accepted) {
  const auto refuse = [&](std::string_view text) {
    (void)!send(accepted.fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ++executors_[0]->statistics().rejected_connections;
    close(accepted.fd);
    return true;
  };
  const Settings& settings = state_->settings;
  if (state_->client_count.load(std::memory_order_relaxed) >= settings.maxclients) {
    return refuse("-ERR max number of clients reached\r\n");
  }
  if (settings.protected_mode && settings.requirepass.empty() && !accepted.is_loopback) {
    return refuse(
        "-DENIED Skarn is running in protected mode because protected mode is enabled and no "
        "password is set for the default user. In this mode connections are only accepted from "
        "the loopback interface. To connect from elsewhere: set a password (CONFIG SET "
        "requirepass, or requirepass in the configuration file), or turn protected mode off "
        "(CONFIG SET protected-mode no from this machine, protected-mode no in the file, or "
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

// ---- running -----------------------------------------------------------------------------------

int Server::Run() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  BackgroundFree::Start();
  Log(LogLevel::kNotice, "Server initialized");
  state_->SetConcern(Concern::kDataLoading, true);
  for (const auto& worker : workers_) {
    threads_.emplace_back([&worker] { worker->Run(); });
    pthread_setname_np(threads_.back().native_handle(),
                       fmt::format("skarn-w{}", worker->index()).c_str());
  }
  if (auto loaded = LoadAtStart(); !loaded) {
    Log(LogLevel::kWarning, "Fatal error loading the DB, exiting: {}", loaded.error().text);
    exit_code_.store(1, std::memory_order_release);
  } else {
    Log(LogLevel::kNotice, "Ready to accept connections tcp");
  }
  while (exit_code_.load(std::memory_order_acquire) < 0) {
    const int signal = sigwaitinfo(&signals, nullptr);
    if (signal == SIGTERM || signal == SIGINT) HandleSignal(signal);
  }
  for (const auto& worker : workers_) worker->Stop();
  for (std::thread& thread : threads_) thread.join();
  saves_->Join();
  BackgroundFree::Stop();
  Log(LogLevel::kWarning, "Skarn is now ready to exit, bye bye...");
  return exit_code_.load(std::memory_order_acquire);
}

Result<> Server::LoadAtStart() {
  memory::ThreadCache cache;
  const size_t participant = workers_.size() + 1;
  struct Pauser {
    WorkerGate& gate;
    size_t participant;
    memory::ThreadCache& cache;
  } pauser{state_->gate, participant, cache};
  const bool was_concurrent = state_->keyspace.is_concurrent();
  {
    GateLock lock(state_->gate, participant);
    // Workers may look ahead into tables that the loader is growing.
    state_->keyspace.set_concurrent(true);
  }
  load_started_us_ = NowMicros();
  state_->gate.Enter(participant);
  Loader loader(state_->keyspace, state_->settings, load_progress_);
  const Result<bool> loaded = loader.Load(
      state_->settings.dbfilename,
      [](void* owner) {
        Pauser& self = *static_cast<Pauser*>(owner);
        self.cache.Fold(self.gate.AdvanceEpoch(self.participant));
        if (self.gate.IsRequested()) self.gate.Pause(self.participant);
      },
      &pauser);
  state_->gate.Leave(participant);
  if (!loaded) return std::unexpected(loaded.error());
  if (*loaded) {
    Log(LogLevel::kNotice, "Done loading RDB, keys loaded: {}, keys expired: {}.",
        load_progress_.keys_loaded.load(), load_progress_.keys_expired.load());
    Log(LogLevel::kNotice, "DB loaded from disk: {:.3f} seconds",
        static_cast<double>(NowMicros() - load_started_us_) / 1e6);
  }
  GateLock lock(state_->gate, participant);
  state_->keyspace.set_concurrent(was_concurrent);
  state_->SetConcern(Concern::kDataLoading, false);
  return {};
}

namespace {

// Runs a server-wide action on worker 0 with the gate closed.
class ShutdownMessage : public Message {
 public:
  explicit ShutdownMessage(Server& server) : server_(server) {}
  void Deliver(Worker&) override {
    server_.state().executors[0]->RunAlone(
        [this] { server_.BeginShutdown(server_.DefaultShutdown()); });
  }

 private:
  Server& server_;
};

}  // namespace

void Server::HandleSignal(int signal) {
  Log(LogLevel::kWarning, "Received {} scheduling shutdown...",
      signal == SIGTERM ? "SIGTERM" : "SIGINT");
  workers_[0]->Post(std::make_unique<ShutdownMessage>(*this));
}

bool Server::BeginShutdown(Shutdown how) {
  Log(LogLevel::kWarning, "User requested shutdown...");
  if (saves_->IsRunning()) {
    Log(LogLevel::kWarning, "There is a background save running. Ending it!");
    saves_->CancelAndEnd();
  }
  if (how.saves && !state_->HasConcern(Concern::kDataLoading)) {
    Log(LogLevel::kNotice, "Saving the final RDB snapshot before exiting.");
    if (auto saved = saves_->SaveNow(); !saved && !how.is_forced) {
      Log(LogLevel::kWarning, "Error trying to save the DB, can't exit.");
      return false;
    }
  }
  RequestExit(0);
  return true;
}

void Server::RequestExit(int exit_code) {
  exit_code_.store(exit_code, std::memory_order_release);
  kill(getpid(), SIGUSR1);  // Wakes the main thread.
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "server/server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <latch>

#include <fmt/format.h>

#include "arch/cycles.h"
#include "base/clock.h"
#include "base/key_hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "commands/families.h"
#include "keyspace/background_free.h"
#include "server/admin.h"
#include "server/credentials.h"
#include "server/memory_report.h"
#include "server/process.h"

namespace skarn {
namespace {

// The gate also knows the threads that are no workers: behind those, the loader and the
// savers.
constexpr size_t kExtraParticipants = 1 + kSaversMax;

LoopKind LoopKindOf(ConfigEventLoop choice) {
  switch (choice) {
    case ConfigEventLoop::kEpoll:
      return LoopKind::kEpoll;
    case ConfigEventLoop::kIoUring:
      return LoopKind::kUring;
    default:
      return LoopKind::kAuto;
  }
}

// Adds all commands, under the names that rename-command gives them.
Result<> FillCommandTable(const Launch& launch, CommandTable& table) {
  for (const auto& family : AllFamilies()) table.Add(family);
  table.Add(ServerCommands());
  for (const RenamedCommand& renamed : launch.renamed_commands) {
    if (table.Rename(renamed.from, renamed.to)) continue;
    const bool is_known = table.Find(renamed.from) != nullptr;
    return Fail(
        ConfigErrorText(renamed.origin, is_known ? "Target command name already exists"
                                                 : "No such command in rename-command"));
  }
  return {};
}

}  // namespace

Server::Server(Launch launch, const ServiceEnvironment& environment)
    : environment_(environment),
      launch_(std::move(launch)),
      config_(launch_.config),
      report_(std::make_unique<ServiceReport>(
          config_.Enum<ConfigSupervised>(ConfigKey::kSupervised), environment)) {}

Server::~Server() {
  listening_.clear();
  workers_.clear();
  executors_.clear();
  if (spare_fd_ >= 0) close(spare_fd_);
}

Result<> Server::Check(const Launch& launch, const ServiceEnvironment& environment) {
  Config config = launch.config;
  if (auto tuned = TuneToMachine(MachineFiles(), config); !tuned) {
    return std::unexpected(std::move(tuned.error()));
  }
  CommandTable commands;
  if (auto filled = FillCommandTable(launch, commands); !filled) return filled;
  // What the service manager passes takes the place of the configuration.
  if (environment.passed_descriptor_count > 0) return {};
  return CheckListening(config);
}

Result<std::unique_ptr<Server>> Server::Create(Launch launch,
                                               const ServiceEnvironment& environment) {
  std::unique_ptr<Server> server(new Server(std::move(launch), environment));
  Config& values = server->config_;
  if (auto tuned = TuneToMachine(MachineFiles(), values); tuned) {
    server->machine_ = *std::move(tuned);
  } else {
    return std::unexpected(std::move(tuned.error()));
  }
  if (auto selected = SelectKernels(values.String(ConfigKey::kSimd)); !selected) {
    return std::unexpected(std::move(selected.error()));
  }
  std::array<uint8_t, 32> secret;
  FillRandomBytes(secret.data(), secret.size());
  InitKeyHash(secret);
  if (auto applied = ApplyCredentials(environment.credentials_directory, values);
      !applied) {
    return std::unexpected(std::move(applied.error()));
  }
  server->ReduceMaxClients();

  ApplyAllocatorSettings(values);
  const size_t worker_count = static_cast<size_t>(values.Integer(ConfigKey::kIoThreads));
  server->state_ = std::make_unique<ServerState>(
      static_cast<unsigned>(values.Integer(ConfigKey::kDatabases)),
      worker_count + kExtraParticipants);
  ServerState& state = *server->state_;
  state.run_id = RandomHex(40);
  state.start_us = NowMicros();
  state.executable = ExecutablePath();
  state.config_file = server->launch_.file;
  state.keyspace.set_concurrent(worker_count > 1);
  if (auto filled = FillCommandTable(server->launch_, state.command_table); !filled) {
    return std::unexpected(std::move(filled.error()));
  }
  server->hooks_ = std::make_unique<Hooks>(state, worker_count);
  server->pubsub_ = std::make_unique<PubSub>(worker_count);
  state.pubsub = server->pubsub_.get();
  state.hooks = server->hooks_.get();
  server->saves_ = std::make_unique<SaveService>(state, worker_count + 1);
  server->meter_ = std::make_unique<Meter>(worker_count);
  server->command_log_ = std::make_unique<CommandLog>(worker_count);
  server->latency_ = std::make_unique<LatencyMonitor>();
  server->hooks_->set_server(*server);
  server->ApplySettings();
  server->AddConfigHooks();
  if (auto built = server->BuildWorkers(); !built) return std::unexpected(built.error());
  if (auto bound = server->BindListeners(); !bound) return std::unexpected(bound.error());
  return server;
}

void Server::ReduceMaxClients() {
  const uint64_t wanted = static_cast<uint64_t>(config_.Integer(ConfigKey::kMaxclients));
  const uint64_t possible = AdjustOpenFiles(
      wanted, static_cast<uint64_t>(config_.Integer(ConfigKey::kIoThreads)));
  if (possible >= wanted) return;
  Log(LogLevel::kWarning,
      "The limit of open files allows {} clients, not {}: maxclients is reduced.",
      possible, wanted);
  config_.Resolve(ConfigKey::kMaxclients, static_cast<int64_t>(possible));
}

Result<> Server::BuildWorkers() {
  const size_t count = static_cast<size_t>(config_.Integer(ConfigKey::kIoThreads));
  const LoopKind loop = LoopKindOf(config_.Enum<ConfigEventLoop>(ConfigKey::kEventLoop));
  const bool yields_first = count > machine_.facts.granted_cpus;
  for (size_t i = 0; i < count; ++i) {
    auto worker = Worker::Create({.index = i, .loop = loop, .yields_first = yields_first},
                                 state_->gate);
    if (!worker) return std::unexpected(std::move(worker.error()));
    workers_.push_back(std::move(*worker));
    executors_.push_back(std::make_unique<Executor>(*state_, *workers_.back()));
    workers_.back()->SetHandler(*executors_.back());
    state_->executors.push_back(executors_.back().get());
  }
  workers_[0]->set_on_accept(&Server::OnAccept, this);
  Log(LogLevel::kNotice, "Event loop: {}", workers_[0]->loop().name());
  return {};
}

// ---- running
// -----------------------------------------------------------------------------------

int Server::Run() {
  const sigset_t signals = AwaitedSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  memory::FillReserveAtStart();
  LogMachine(machine_);
  places_ = PlaceThreads(config_);
  saves_->SetCpus(places_.saver);
  RunOn(places_.background, &BackgroundFree::Start);
  meter_->NoteStartup(ReportMemory(*this).used);
  Log(LogLevel::kNotice, "Server initialized");
  // Without a file there is no moment at which a client hears of loading.
  const bool has_file =
      access(state_->settings.dbfilename.c_str(), F_OK) == 0 || errno != ENOENT;
  state_->SetConcern(Concern::kDataLoading, has_file);
  std::string ready_text = ReadyText();
  std::latch start(static_cast<ptrdiff_t>(workers_.size()));
  for (const auto& worker : workers_) {
    threads_.emplace_back([this, &worker, &start] {
      PinWorker(places_, worker->index());
      worker->Run(start);
    });
    pthread_setname_np(threads_.back().native_handle(),
                       fmt::format("skarn-w{}", worker->index()).c_str());
  }
  if (auto loaded = has_file ? LoadAtStart() : Result<>(); !loaded) {
    Log(LogLevel::kWarning, "Fatal error loading the DB, exiting: {}",
        loaded.error().text);
    exit_code_.store(1, std::memory_order_release);
  } else {
    Log(LogLevel::kNotice, "Ready to accept connections tcp");
    report_->Ready(std::move(ready_text));
  }
  ServeSignals();
  for (const auto& worker : workers_) worker->Stop();
  for (std::thread& thread : threads_) thread.join();
  saves_->Join();
  BackgroundFree::Stop();
  return exit_code_.load(std::memory_order_acquire);
}

Result<> Server::LoadAtStart() {
  memory::ThreadCache cache;
  const size_t participant = workers_.size();
  struct Pauser {
    Server& server;
    WorkerGate& gate;
    size_t participant;
    memory::ThreadCache& cache;
  } pauser{*this, state_->gate, participant, cache};
  const bool was_concurrent = state_->keyspace.is_concurrent();
  {
    GateLock lock(state_->gate, participant);
    // The loader is one more thread at the tables.
    state_->keyspace.set_concurrent(true);
  }
  load_started_us_ = NowMicros();
  state_->gate.Enter(participant);
  Loader loader(state_->keyspace, state_->settings, load_progress_);
  loader.set_on_read([this](uint64_t read_bytes) {
    EndIfAsked();
    report_->Loading(load_progress_, read_bytes);
  });
  const Result<bool> loaded = loader.Load(
      state_->settings.dbfilename,
      [](void* owner) {
        Pauser& self = *static_cast<Pauser*>(owner);
        self.cache.Fold(self.gate.AdvanceEpoch(self.participant));
        if (self.gate.IsRequested()) self.gate.Pause(self.participant);
        self.server.EndIfAsked();
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

Server::Shutdown Server::ShutdownFor(int signal) const {
  const uint32_t flags = config_.Flags(signal == SIGTERM ? ConfigKey::kShutdownOnSigterm
                                                         : ConfigKey::kShutdownOnSigint);
  Shutdown how = DefaultShutdown();
  if ((flags & config_shutdown::kSave) != 0) how.saves = true;
  if ((flags & config_shutdown::kNoSave) != 0) how.saves = false;
  how.is_forced = (flags & config_shutdown::kForce) != 0;
  return how;
}

void Server::OnEndSignal(int signal) {
  if (state_->is_cron_paused) {
    waiting_signal_ = signal;
  } else {
    BeginShutdown(ShutdownFor(signal));
  }
}

bool Server::AbortShutdown() {
  if (waiting_signal_ == 0) return false;
  waiting_signal_ = 0;
  Log(LogLevel::kNotice, "Shutdown manually aborted.");
  return true;
}

void Server::ResumeCron() {
  state_->is_cron_paused = false;
  if (const int signal = std::exchange(waiting_signal_, 0); signal != 0)
    OnEndSignal(signal);
}

bool Server::BeginShutdown(Shutdown how) {
  Log(LogLevel::kWarning, "User requested shutdown...");
  if (saves_->IsRunning()) {
    Log(LogLevel::kWarning, "There is a background save running. Ending it!");
    saves_->Cancel();
  }
  if (how.saves && !state_->HasConcern(Concern::kDataLoading)) {
    Log(LogLevel::kNotice, "Saving the final RDB snapshot before exiting.");
    last_save_.store(LastSave::kGoesOn, std::memory_order_release);
    WakeMain();
    const Result<> saved = saves_->SaveNow();
    last_save_.store(saved || how.is_forced ? LastSave::kDone : LastSave::kFailed,
                     std::memory_order_release);
    if (!saved && !how.is_forced) {
      Log(LogLevel::kWarning, "Error trying to save the DB, can't exit.");
      WakeMain();
      return false;
    }
  }
  state_->SetConcern(Concern::kEnding, true);
  RequestExit(0);
  return true;
}

void Server::RequestExit(int exit_code) {
  exit_code_.store(exit_code, std::memory_order_release);
  WakeMain();
}

}  // namespace skarn

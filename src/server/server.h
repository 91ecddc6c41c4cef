// SPDX-License-Identifier: BSD-3-Clause
//
// Server: builds the parts, connects them, runs them, takes them down in order.
//
// Threads: the main thread starts the workers and then waits for signals; worker 0
// accepts connections and hands them out.
#pragma once

#include <signal.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "command/executor.h"
#include "command/server_state.h"
#include "net/listener.h"
#include "net/worker.h"
#include "persistence/loader.h"
#include "persistence/save_service.h"
#include "pubsub/pubsub.h"
#include "server/command_log.h"
#include "server/config_command.h"
#include "server/config_launch.h"
#include "server/hooks.h"
#include "server/latency_monitor.h"
#include "server/machine_settings.h"
#include "server/meter.h"
#include "server/placement.h"
#include "server/service_environment.h"
#include "server/service_report.h"

namespace skarn {

// The signals which the main thread waits for, and every thread blocks.
sigset_t AwaitedSignals();

class Server {
 public:
  // Whether Create() would refuse `launch` whatever machine this is; fails with the same
  // text.
  static Result<> Check(const Launch& launch, const ServiceEnvironment& environment);
  // The parts, with the sockets bound; nothing runs yet.
  static Result<std::unique_ptr<Server>> Create(Launch launch,
                                                const ServiceEnvironment& environment);
  ~Server();

  // Runs until shutdown; returns the exit code of the process.
  int Run();

  // Ends the server from any thread; Run returns `exit_code`.
  void RequestExit(int exit_code);
  // SHUTDOWN, SIGTERM: saves when asked, then ends. On a worker with the gate closed.
  // False when the save failed and `is_forced` is not set: the server goes on.
  struct Shutdown {
    bool saves = false;
    bool is_forced = false;
  };
  bool BeginShutdown(Shutdown how);
  // What a bare SHUTDOWN does: save when there are save points.
  Shutdown DefaultShutdown() const { return {.saves = saves_->HasSavePoints()}; }
  // What SIGTERM or SIGINT does, as its directive says. With the gate closed.
  Shutdown ShutdownFor(int signal) const;
  // Ends the server because of a signal, or puts that off while the cron is paused. With
  // the gate closed, on worker 0.
  void OnEndSignal(int signal);
  // Calls off what was put off. False when nothing was.
  bool AbortShutdown();
  void ResumeCron();
  // Puts the configuration in force which the main thread has read. With the gate closed,
  // on worker 0.
  void ApplyReload();
  // How the reloads went, for INFO.
  struct ReloadStatus {
    uint64_t applied = 0;
    uint64_t refused = 0;
    std::string last = "none";
  };
  ReloadStatus reload_status();

  Config& config() { return config_; }
  // What the server woke up on, and what it made of that. A reload changes the settings,
  // with the gate closed.
  const MachineChoice& machine() const { return machine_; }
  const ThreadPlaces& places() const { return places_; }
  // What puts a CONFIG SET in force besides ApplySettings.
  Hooks& hooks() { return *hooks_; }
  const ConfigHooks& config_hooks() const { return config_hooks_; }
  ServerState& state() { return *state_; }
  SaveService& saves() { return *saves_; }
  Meter& meter() { return *meter_; }
  CommandLog& command_log() { return *command_log_; }
  LatencyMonitor& latency() { return *latency_; }
  const ServiceReport& report() const { return *report_; }
  const LoadProgress& load_progress() const { return load_progress_; }
  int64_t load_started_us() const { return load_started_us_; }
  const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }
  // Copies what workers look at from the configuration. With the gate closed, or before
  // the start.
  void ApplySettings();

  // A listening socket, as INFO shows it; `port` is 0 for a unix socket, whose path is
  // the address.
  struct Listening {
    std::string address;
    int port = 0;
    uint32_t tag = 0;
    std::unique_ptr<Listener> listener;
  };
  const std::vector<Listening>& listening() const { return listening_; }

 private:
  Server(Launch launch, const ServiceEnvironment& environment);

  Result<> BuildWorkers();
  // listening.cc
  static Result<> CheckListening(const Config& config);
  Result<> BindListeners();
  Result<> BindTcp(const Config& config, std::vector<Listening>* opened,
                   std::vector<Listening>* kept);
  Result<> TakePassedSockets();
  // Fails with `complaint`; the reason is in the log.
  Result<> Rebind(const Config& config, const std::string& complaint);
  void Accept(uint32_t tag);
  void Place(Accepted accepted);
  static void OnAccept(void* owner, uint32_t tag);
  // Loads the snapshot file on the calling thread while workers answer LOADING.
  Result<> LoadAtStart();
  // reload.cc, on the main thread.
  struct Reload;
  // The processes that sent the signal, 0 for an unknown one, hear of the outcome.
  void StartReload(std::vector<pid_t> askers);
  Result<std::unique_ptr<Reload>> ReadAgain();
  void PutReloadInForce();  // On worker 0.
  void FinishReload();
  // Tells the manager where CONFIG SET has moved the server.
  void ReportMove();
  void NoteReload(Result<std::vector<Bytes>> outcome);
  void AnswerReloadAskers(bool is_applied, Bytes text);

  // main_loop.cc: what the main thread does until the end.
  void ServeSignals();
  void HandleSignal(int signal);
  void EndIfAsked();
  void WakeMain();
  int64_t NextReportUs(int64_t now_us) const;
  void ReportProgress(int64_t now_us);
  void AskWorkers();
  std::string ReadyText() const;
  void ApplyLimits();
  void ApplyFeatures();
  void LetEveryoneIn();
  void ReduceMaxClients();
  void InsistOnExit();
  bool IsRefused(const Accepted& accepted);
  void Refuse(const Accepted& accepted, std::string_view text);
  bool RefuseWithoutDescriptors(Listener& listener, const Error& error);

  // config_hooks.cc
  void AddConfigHooks();
  Result<> ChangeMaxClients(const Config& before, const Config& after);

  const ServiceEnvironment environment_;
  // What was read at the start or by the last reload, as it was read. (main thread; on
  // worker 0 while it applies a reload)
  Launch launch_;
  Config config_;
  MachineChoice machine_;
  ThreadPlaces places_;
  ConfigHooks config_hooks_;
  std::unique_ptr<ServerState> state_;
  std::unique_ptr<PubSub> pubsub_;
  std::unique_ptr<Hooks> hooks_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Executor>> executors_;
  std::vector<Listening> listening_;
  uint32_t next_listener_tag_ = 0;
  bool has_passed_tcp_ = false;   // Constant once the server is built.
  int spare_fd_ = -1;             // For saying no when there is no other. (worker 0)
  int64_t accept_logged_us_ = 0;  // (worker 0)
  std::unique_ptr<SaveService> saves_;
  std::unique_ptr<Meter> meter_;
  std::unique_ptr<CommandLog> command_log_;
  std::unique_ptr<LatencyMonitor> latency_;
  LoadProgress load_progress_;
  int64_t load_started_us_ = 0;
  std::vector<std::thread> threads_;
  int waiting_signal_ = 0;  // Put off by a paused cron; 0: none. (gate)

  // A reload between its reading and its end. (worker 0 until it is done, then the main
  // thread)
  struct Reload {
    Launch launch;
    Config config;
    std::vector<MachineSetting> settings;  // What the profile is for that.
    Result<std::vector<Bytes>> outcome;
    std::string ready_text;
    std::atomic<bool> is_done{false};
  };
  std::unique_ptr<Reload> reload_;
  std::vector<pid_t> reload_askers_;       // (main thread)
  std::vector<pid_t> next_reload_askers_;  // Of one more reload after this. (main thread)
  Mutex reload_mutex_{LockRank::kServer};  // The main thread writes, INFO reads.
  ReloadStatus reload_status_ SKARN_GUARDED_BY(reload_mutex_);
  // Where to reach the server since CONFIG SET; empty when the manager knows.
  std::string moved_text_ SKARN_GUARDED_BY(reload_mutex_);

  // The last save, as the main thread sees it while a worker makes it.
  enum class LastSave : uint8_t { kNone, kGoesOn, kDone, kFailed };
  std::atomic<LastSave> last_save_{LastSave::kNone};
  std::unique_ptr<ServiceReport> report_;
  int64_t next_watchdog_us_ = 0;              // (main thread)
  uint64_t save_bytes_seen_ = 0;              // (main thread)
  std::atomic<size_t> workers_to_answer_{0};  // Of AskWorkers.
  std::atomic<int> exit_code_{-1};
};

}  // namespace skarn

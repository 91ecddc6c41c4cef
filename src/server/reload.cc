// SPDX-License-Identifier: BSD-3-Clause
//
// SIGHUP: the configuration is read once more and checked on the main thread, then put in
// force by worker 0 in one step with the gate closed, or not at all.
#include <algorithm>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/log.h"
#include "server/config_reload.h"
#include "server/credentials.h"
#include "server/reload_request.h"
#include "server/server.h"

namespace skarn {
namespace {

class ReloadMessage : public Message {
 public:
  explicit ReloadMessage(Server& server) : server_(server) {}
  void Deliver(Worker&) override {
    server_.state().executors[0]->RunAlone([this] { server_.ApplyReload(); });
  }

 private:
  Server& server_;
};

std::unexpected<Error> RefuseRestart(std::span<const std::string_view> names) {
  return Fail(fmt::format("only a restart can change {}", fmt::join(names, ", ")));
}

}  // namespace

void Server::StartReload(std::vector<pid_t> askers) {
  if (reload_ != nullptr) {
    // The file may have changed since it was read.
    next_reload_askers_.insert(next_reload_askers_.end(), askers.begin(), askers.end());
    return;
  }
  reload_askers_ = std::move(askers);
  report_->Reloading();
  if (launch_.file.empty()) {
    Log(LogLevel::kWarning,
        "Received SIGHUP: the server was started without a configuration file, there is "
        "nothing to reload.");
    constexpr Bytes kOutcome = "no configuration file to reload";
    report_->Reloaded(kOutcome);
    AnswerReloadAskers(false, kOutcome);
    return;
  }
  Log(LogLevel::kNotice, "Received SIGHUP, reloading the configuration from {}",
      launch_.source.arguments[0]);
  auto reload = ReadAgain();
  if (!reload) return NoteReload(std::unexpected(std::move(reload.error())));
  reload_ = *std::move(reload);
  workers_[0]->Post(std::make_unique<ReloadMessage>(*this));
}

Result<std::unique_ptr<Server::Reload>> Server::ReadAgain() {
  auto fresh = ReadLaunchAgain(launch_.source);
  if (!fresh) return std::unexpected(std::move(fresh.error()));
  std::vector<ConfigKey> fixed = {ConfigKey::kIoThreads};
  if (has_passed_tcp_) {
    fixed.insert(fixed.end(), {ConfigKey::kPort, ConfigKey::kBind});
  }
  const auto names = NeedingRestart(launch_, *fresh, fixed);
  if (!names.empty()) return RefuseRestart(names);
  auto reload = std::make_unique<Reload>();
  reload->config = fresh->config;
  reload->settings = AdoptChoice(machine_, reload->config);
  if (auto applied = ApplyCredentials(environment_.credentials_directory, reload->config);
      !applied) {
    return std::unexpected(std::move(applied.error()));
  }
  reload->launch = *std::move(fresh);
  return reload;
}

void Server::ApplyReload() {
  constexpr ConfigKey kFixed[] = {ConfigKey::kIoThreads};
  const auto names = NeedingRestart(reload_->settings, config_, reload_->config, kFixed);
  if (names.empty()) {
    KeepResolved(config_, launch_.config, reload_->config);
    PutReloadInForce();
  } else {
    reload_->outcome = RefuseRestart(names);
  }
  reload_->ready_text = ReadyText();
  reload_->is_done.store(true, std::memory_order_release);
  WakeMain();
}

void Server::PutReloadInForce() {
  const auto changes = [this](ConfigKey key) {
    return config_.Text(key) != reload_->config.Text(key);
  };
  if (changes(ConfigKey::kPort) || changes(ConfigKey::kBind)) {
    // Whoever is in front of a socket that closes now is a client already.
    for (size_t i = 0; i < listening_.size(); ++i) Accept(listening_[i].tag);
  }
  reload_->outcome = ReplaceConfig(config_, std::move(reload_->config), config_hooks_);
  if (reload_->outcome) machine_.settings = std::move(reload_->settings);
  if (reload_->outcome && !reload_->outcome->empty()) ApplySettings();
}

void Server::FinishReload() {
  if (reload_ == nullptr || !reload_->is_done.load(std::memory_order_acquire)) return;
  const std::unique_ptr<Reload> reload = std::move(reload_);
  report_->set_status(std::move(reload->ready_text));
  if (reload->outcome) launch_ = std::move(reload->launch);
  NoteReload(std::move(reload->outcome));
  if (!next_reload_askers_.empty()) StartReload(std::exchange(next_reload_askers_, {}));
}

void Server::NoteReload(Result<std::vector<Bytes>> outcome) {
  std::string text;
  if (!outcome) {
    text = fmt::format("reload refused: {}", outcome.error().text);
    Log(LogLevel::kWarning,
        "The configuration is not reloaded, all values stay as they are: {}",
        outcome.error().text);
  } else if (outcome->empty()) {
    text = "reloaded, nothing has changed";
    Log(LogLevel::kNotice, "Configuration reloaded, nothing has changed");
  } else {
    text = fmt::format("reloaded: {}", fmt::join(*outcome, ", "));
    Log(LogLevel::kNotice, "Configuration reloaded, changed: {}",
        fmt::join(*outcome, ", "));
    std::erase_if(*outcome, [](Bytes name) {
      return !FindDirective(name)->Has(config_trait::kNotYet);
    });
    if (!outcome->empty()) {
      Log(LogLevel::kWarning, "Accepted without effect yet: {}",
          fmt::join(*outcome, ", "));
    }
  }
  {
    // First, so that whoever is told finds it in INFO.
    MutexLock lock(reload_mutex_);
    ++(outcome ? reload_status_.applied : reload_status_.refused);
    reload_status_.last = StatusText(text);
    moved_text_.clear();  // Told with the rest.
  }
  report_->Reloaded("configuration " + text);
  AnswerReloadAskers(outcome.has_value(), "configuration " + text);
}

void Server::AnswerReloadAskers(bool is_applied, Bytes text) {
  for (const pid_t asker : std::exchange(reload_askers_, {})) {
    AnswerReload(asker, is_applied, text);
  }
}

Server::ReloadStatus Server::reload_status() {
  MutexLock lock(reload_mutex_);
  return reload_status_;
}

}  // namespace skarn

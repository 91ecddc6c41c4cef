// SPDX-License-Identifier: BSD-3-Clause
//
// One program for all names: which it is, its name says (skarn-server, valkey-check-rdb,
// ...), and by default it is the server: from the command line to a running one.
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/log.h"
#include "server/config_launch.h"
#include "server/crash_report.h"
#include "server/process.h"
#include "server/process_title.h"
#include "server/reload_request.h"
#include "server/server.h"
#include "server/service_environment.h"
#include "tools/check/check_rdb.h"

namespace {

using skarn::ConfigKey;

int Fatal(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  if (!text.ends_with('\n')) std::fputc('\n', stderr);
  return 1;
}

// What needs no server. -1: serve.
int Answer(const skarn::Launch& launch, const skarn::ServiceEnvironment& environment) {
  switch (launch.request) {
    case skarn::LaunchRequest::kServe:
      return -1;
    case skarn::LaunchRequest::kVersion:
      fmt::print("{}", skarn::VersionText());
      return 0;
    case skarn::LaunchRequest::kHelp:
      fmt::print("{}", skarn::HelpText());
      return 0;
    case skarn::LaunchRequest::kCheckConfig:
      if (auto checked = skarn::Server::Check(launch, environment); !checked) {
        return Fatal(checked.error().text);
      }
      fmt::print("The configuration is accepted.\n");
      return 0;
    case skarn::LaunchRequest::kCheckSystem:
      return Fatal(
          "This server has no system check of its own; skarn-tune looks at the machine.");
    case skarn::LaunchRequest::kTestMemory:
      return Fatal("This server has no memory test; use memtester or memtest86+.");
  }
  return 1;
}

int Serve(skarn::Launch launch, const skarn::ServiceEnvironment& environment) {
  const skarn::Config& config = launch.config;
  if (chdir(config.String(ConfigKey::kDir).c_str()) != 0) {
    return Fatal(fmt::format("Can't chdir to '{}': {}", config.String(ConfigKey::kDir),
                             std::generic_category().message(errno)));
  }
  if (auto log = skarn::ApplyLogSettings(config); !log) {
    return Fatal(fmt::format("Can't open the log file: {}", log.error().text));
  }
  const auto supervised = config.Enum<skarn::ConfigSupervised>(ConfigKey::kSupervised);
  const bool is_supervised =
      skarn::SupervisionFor(supervised, environment) != skarn::Supervision::kNone;
  // A manager follows the process it has started, so that one stays.
  if (config.Bool(ConfigKey::kDaemonize) && !is_supervised) {
    if (auto done = skarn::Daemonize(); !done) return Fatal(done.error().text);
  }
  if (config.Bool(ConfigKey::kCrashLogEnabled)) {
    skarn::InstallCrashReport(config.String(ConfigKey::kLogfile));
  }
  skarn::SetProcessTitle(config, launch.file);
  skarn::Log(skarn::LogLevel::kNotice, "Skarn {} is starting, PID: {}",
             skarn::kSkarnVersion, getpid());
  if (const auto unused = config.NotYetInUse(); !unused.empty()) {
    skarn::Log(skarn::LogLevel::kWarning, "Accepted without effect yet: {}",
               fmt::join(unused, ", "));
  }
  auto server = skarn::Server::Create(std::move(launch), environment);
  if (!server) {
    skarn::Log(skarn::LogLevel::kWarning, "{}", server.error().text);
    return Fatal(server.error().text);
  }
  skarn::WritePidFile((*server)->config());
  const int exit_code = (*server)->Run();
  skarn::RemovePidFile((*server)->config());
  skarn::Log(skarn::LogLevel::kWarning, "Skarn is now ready to exit, bye bye...");
  return exit_code;
}

int ServerMain(int argc, char** argv) {
  const skarn::ServiceEnvironment environment = skarn::TakeServiceEnvironment();
  // A reload that is asked for before the server runs comes to it then.
  sigset_t reload;
  sigemptyset(&reload);
  sigaddset(&reload, SIGHUP);
  sigprocmask(SIG_BLOCK, &reload, nullptr);
  if (argc >= 2 && std::string_view(argv[1]) == "--reload") {
    if (argc != 3) return Fatal("Usage: skarn-server --reload PID");
    return skarn::RequestReload(argv[2]);
  }
  auto launch = skarn::ReadLaunch(std::vector<std::string>(argv + 1, argv + argc));
  if (!launch) return Fatal(launch.error().text);
  const int answered = Answer(*launch, environment);
  if (answered >= 0) return answered;
  skarn::InitProcessTitle(argc, argv);
  return Serve(std::move(*launch), environment);
}

// "/usr/bin/valkey-check-rdb" is "check-rdb"; names of neither world stay whole.
std::string_view ProgramName(std::string_view path) {
  std::string_view name = path.substr(path.find_last_of('/') + 1);
  for (const std::string_view world : {"skarn-", "valkey-", "redis-"}) {
    if (name.starts_with(world)) return name.substr(world.size());
  }
  return name;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = ProgramName(argc > 0 ? argv[0] : "");
  if (name == "check-rdb") {
    return skarn::CheckRdbMain(std::vector<std::string>(argv + 1, argv + argc));
  }
  for (const std::string_view missing : {"cli", "benchmark", "check-aof", "sentinel"}) {
    if (name == missing) {
      return Fatal(fmt::format(
          "Skarn has no {} of its own yet; the one of Valkey or Redis works with it.",
          name));
    }
  }
  return ServerMain(argc, argv);
}

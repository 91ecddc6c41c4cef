// SPDX-License-Identifier: BSD-3-Clause
//
// skarn-tune: shows what the machine is and what Skarn makes of it, and sets up the host.
#include <fcntl.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "server/config_launch.h"
#include "tools/tune/report.h"

extern char** environ;

namespace skarn {
namespace {

constexpr int kFine = 0;       // Done, nothing found.
constexpr int kFailed = 1;     // Could not do it; nothing was changed.
constexpr int kMisused = 2;    // The command line makes no sense.
constexpr int kLeftAlone = 3;  // Something was found, or left alone.

constexpr std::string_view kLastingState = "/var/lib/skarn-tune/state";
constexpr std::string_view kRuntimeState = "/run/skarn-tune/state";

constexpr std::string_view kUsage =
    R"(Usage: skarn-tune COMMAND [OPTION...]

  show     what this machine is, its profile, and what the server and the host get
  check    what holds this machine back
  plan     what apply would change, as a diff with reasons
  apply    change it, now and for every start (/etc/sysctl.d, a systemd unit)
  revert   take back what apply has changed, byte for byte

  --json           for machines
  --root DIR       look at (and change) the tree below DIR instead of this machine
  --profile NAME   auto, none, or the name of a profile; apply keeps it for every start
  --config FILE    show, check: with the configuration of the server
  --runtime        apply, revert: values of the running kernel only (skarn-tune.service)

Exit status: 0 done and nothing found; 1 failed, nothing changed; 2 wrong use; 3 something was
found or left alone, the output says why. plan: 0 whatever it would leave alone.
)";

struct Request {
  std::string command;
  std::string root = "/";
  MachineFiles files;  // Below it.
  Format format = Format::kText;
  PlanScope scope = PlanScope::kLasting;
  std::vector<std::string> config_arguments;
  std::optional<std::string> profile;  // As --profile gives it.

  std::string_view state_path() const {
    return scope == PlanScope::kLasting ? kLastingState : kRuntimeState;
  }
};

Result<Request> ReadRequest(const std::vector<std::string>& arguments) {
  Request request;
  std::vector<std::string> options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const bool takes_value =
        argument == "--root" || argument == "--profile" || argument == "--config";
    if (takes_value && (i + 1 == arguments.size() || arguments[i + 1].empty())) {
      return Fail(argument + " needs a value");
    }
    if (argument == "--json") {
      request.format = Format::kJson;
    } else if (argument == "--runtime") {
      request.scope = PlanScope::kRuntime;
    } else if (argument == "--root") {
      request.root = arguments[++i];
    } else if (argument == "--config") {
      request.config_arguments.push_back(arguments[++i]);
    } else if (argument == "--profile") {
      request.profile = arguments[++i];
      options = {"--machine-profile", *request.profile};
    } else if (argument.starts_with('-') || !request.command.empty()) {
      return Fail("what is '" + argument + "'?");
    } else {
      request.command = argument;
    }
  }
  request.config_arguments.insert(request.config_arguments.end(), options.begin(),
                                  options.end());
  return request;
}

int FailWith(std::string_view text, int status = kFailed) {
  fmt::print(stderr, "skarn-tune: {}\n", text);
  return status;
}

// `unsaid` is the exit status if the text cannot be written.
int Print(const std::string& text, int status, int unsaid = kFailed) {
  const bool is_written = std::fputs(text.c_str(), stdout) >= 0;
  if (std::fflush(stdout) == 0 && is_written) return status;
  return FailWith("the output cannot be written", unsaid);
}

// What was done is done: with nobody to read that, it is as if something was left alone.
int PrintOutcome(const Request& request, const Outcome& outcome, std::string_view verb) {
  return Print(OutcomeReport(outcome, verb, request.format),
               outcome.left_alone.empty() ? kFine : kLeftAlone,
               outcome.done.empty() ? kFailed : kLeftAlone);
}

// systemd looks at changed units only when told. Its answer changes nothing for us.
void ReloadUnits(const MachineFiles& files) {
  if (!files.is_live() || !files.Exists("/run/systemd/system")) return;
  char name[] = "systemctl", argument[] = "daemon-reload";
  char* const words[] = {name, argument, nullptr};
  pid_t child = 0;
  if (posix_spawnp(&child, name, nullptr, nullptr, words, environ) == 0) {
    waitpid(child, nullptr, 0);
  }
}

int Apply(const Request& request, const MachineChoice& choice) {
  const std::string path(request.state_path());
  auto state = State::Read(request.files, path);
  if (!state) return FailWith("nothing was changed: " + state.error().text);
  const PlanRequest wanted{.files = request.files,
                           .facts = choice.facts,
                           .host = choice.host,
                           .state = *state,
                           .scope = request.scope};
  if (request.command == "plan") {
    return Print(PlanReport(MakePlan(wanted), request.format), kFine);
  }
  std::optional<std::string> profile;
  if (request.profile && request.scope == PlanScope::kLasting) {
    const bool is_auto = EqualsIgnoreCase(*request.profile, "auto");
    profile = is_auto ? std::string() : choice.profile;
  }
  const auto outcome =
      ApplyInOrder(wanted, path, profile, [&] { return DetectMachine(request.files); });
  if (!outcome) return FailWith(outcome.error().text);
  if (request.scope == PlanScope::kLasting) ReloadUnits(request.files);
  return PrintOutcome(request, *outcome, "applied");
}

int Revert(const Request& request) {
  Outcome all;
  std::vector<std::string_view> paths = {kRuntimeState};
  if (request.scope == PlanScope::kLasting) paths.push_back(kLastingState);
  std::vector<State> states;  // All are read before anything is changed.
  for (const std::string_view path : paths) {
    auto state = State::Read(request.files, std::string(path));
    if (!state) return FailWith("nothing was changed: " + state.error().text);
    states.push_back(*std::move(state));
  }
  for (size_t i = 0; i < paths.size(); ++i) {
    if (states[i].is_empty()) continue;
    auto outcome = RevertAll(request.files, std::string(paths[i]), std::move(states[i]));
    if (!outcome) return FailWith(outcome.error().text);
    all.done.insert(all.done.end(), outcome->done.begin(), outcome->done.end());
    all.left_alone.insert(all.left_alone.end(), outcome->left_alone.begin(),
                          outcome->left_alone.end());
  }
  if (request.scope == PlanScope::kLasting) ReloadUnits(request.files);
  return PrintOutcome(request, all, "reverted");
}

// One at a time: each would write its record over that of another. Held until the end of
// the process; where it cannot be had, nothing can be written either.
void WaitForOthers(const Request& request) {
  if (request.command != "apply" && request.command != "revert") return;
  const std::string folder = request.files.PathOf("/etc");
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) (void)flock(fd, LOCK_EX);
}

// What was asked for at the last apply holds for plan and for the unit as well.
Result<> UseRecordedProfile(const Request& request, Config& config) {
  const std::string path(kLastingState);
  const bool has_use = request.command == "plan" || request.command == "apply";
  if (!has_use || config.IsGiven(ConfigKey::kMachineProfile)) return {};
  const auto state = State::Read(request.files, path);
  if (!state) return Fail("nothing was changed: " + state.error().text);
  if (state->profile().empty()) return {};
  if (!FindProfile(state->profile()) && state->profile() != "none") {
    return Fail("nothing was changed: " + path + ": no such profile: '" +
                state->profile() + "'; choose one by apply --profile");
  }
  return config.Set(ConfigKey::kMachineProfile, Bytes(state->profile()));
}

int Run(Request& request) {
  struct stat status;
  if (stat(request.root.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return FailWith("there is no folder " + request.root);
  }
  request.files = MachineFiles(request.root);
  WaitForOthers(request);
  umask(022);  // Folders that are made are for everybody to read, whoever makes them.
  if (request.command == "revert") return Revert(request);
  auto launch = ReadLaunch(request.config_arguments);
  if (!launch) return FailWith(launch.error().text);
  if (Result<> used = UseRecordedProfile(request, launch->config); !used) {
    return FailWith(used.error().text);
  }
  const auto choice = TuneToMachine(request.files, launch->config);
  if (!choice) return FailWith(choice.error().text);
  if (request.command == "show") {
    return Print(ShowReport(*choice, launch->config, request.format), kFine);
  }
  if (request.command == "check") {
    const CheckResult result = CheckHost(request.files, choice->facts, launch->config);
    return Print(CheckReport(result, request.format),
                 result.findings.empty() ? kFine : kLeftAlone);
  }
  return Apply(request, *choice);
}

int Main(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h")
      return Print(std::string(kUsage), kFine);
  }
  auto request = ReadRequest(arguments);
  if (!request) {
    fmt::print(stderr, "skarn-tune: {}\n{}", request.error().text, kUsage);
    return kMisused;
  }
  for (const auto known : {"show", "check", "plan", "apply", "revert"}) {
    if (request->command == known) return Run(*request);
  }
  fmt::print(stderr, "{}", kUsage);
  return kMisused;
}

}  // namespace
}  // namespace skarn

int main(int argc, char** argv) {
  return skarn::Main(std::vector<std::string>(argv + 1, argv + argc));
}

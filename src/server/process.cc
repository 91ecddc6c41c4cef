// SPDX-License-Identifier: BSD-3-Clause
#include "server/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include "base/log.h"

namespace skarn {

const std::string_view kSkarnVersion = SKARN_VERSION;

namespace {

// Descriptors for other things than clients: files, listening sockets, event loops.
constexpr uint64_t kReservedFiles = 16;
constexpr uint64_t kReservedFilesMin = 32;  // The reference's number.
constexpr uint64_t kFilesOfWorker = 4;
constexpr std::string_view kDefaultPidFile = "/var/run/skarn.pid";

std::string PidFileOf(const Config& config) {
  const std::string& path = config.String(ConfigKey::kPidfile);
  if (!path.empty()) return path;
  return config.Bool(ConfigKey::kDaemonize) ? std::string(kDefaultPidFile)
                                            : std::string();
}

}  // namespace

std::string VersionText() {
  return fmt::format("Skarn server v={} malloc=jemalloc bits={}\n", kSkarnVersion,
                     sizeof(void*) * 8);
}

std::string HelpText() {
  return "Usage: skarn-server [FILE | -] [--NAME VALUE...]...\n"
         "       skarn-server --check-config [FILE | -] [--NAME VALUE...]...\n"
         "       skarn-server --reload PID\n"
         "       skarn-server --version | --help | --check-system | --test-memory "
         "MEGABYTES\n"
         "\n"
         "FILE is a configuration file, as of Valkey or Redis; - reads one from "
         "standard\n"
         "input. An option --NAME VALUE overrides the directive NAME of the file.\n"
         "--check-config reads all of it and says whether it would be accepted.\n"
         "--reload has the server PID read it again (SIGHUP), and says whether it did.\n"
         "\n"
         "Examples:\n"
         "  skarn-server                              with built-in defaults, on port "
         "6379\n"
         "  skarn-server /etc/skarn/skarn.conf\n"
         "  skarn-server --port 7777 --maxmemory 2gb --save ''\n"
         "  echo 'maxmemory 128mb' | skarn-server - --port 7777\n";
}

std::string ExecutablePath() {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  return size > 0 ? std::string(path, static_cast<size_t>(size)) : std::string();
}

Result<> ApplyLogSettings(const Config& config) {
  LogOptions options;
  options.level = config.Enum<LogLevel>(ConfigKey::kLoglevel);
  // "json" has no form of its own here.
  options.format =
      config.Enum(ConfigKey::kLogFormat) == 0 ? LogFormat::kLegacy : LogFormat::kLogfmt;
  options.timestamp = config.Enum<LogTimestamp>(ConfigKey::kLogTimestampFormat);
  options.path = config.String(ConfigKey::kLogfile);
  options.to_syslog = config.Bool(ConfigKey::kSyslogEnabled);
  options.syslog_ident = config.String(ConfigKey::kSyslogIdent);
  constexpr int kFacilities[] = {LOG_USER,   LOG_LOCAL0, LOG_LOCAL1,
                                 LOG_LOCAL2, LOG_LOCAL3, LOG_LOCAL4,
                                 LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
  options.syslog_facility = kFacilities[config.Enum(ConfigKey::kSyslogFacility)];
  return ConfigureLog(options);
}

Result<> Daemonize() {
  fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) return FailErrno("Cannot daemonize", errno);
  if (child > 0) _exit(0);
  setsid();
  const int null_fd = open("/dev/null", O_RDWR);
  if (null_fd < 0) return FailErrno("open /dev/null", errno);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null_fd, fd);
  if (null_fd > STDERR_FILENO) close(null_fd);
  return {};
}

void WritePidFile(const Config& config) {
  const std::string path = PidFileOf(config);
  if (path.empty()) return;
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) {
    Log(LogLevel::kWarning, "Failed to write PID file: {}",
        std::generic_category().message(errno));
    return;
  }
  fmt::print(file, "{}\n", getpid());
  std::fclose(file);
}

void RemovePidFile(const Config& config) {
  const std::string path = PidFileOf(config);
  if (path.empty()) return;
  Log(LogLevel::kNotice, "Removing the pid file.");
  unlink(path.c_str());
}

uint64_t AdjustOpenFiles(uint64_t maxclients, uint64_t worker_count) {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return maxclients;
  const uint64_t reserved =
      std::max(kReservedFilesMin, kReservedFiles + kFilesOfWorker * worker_count);
  const uint64_t wanted = maxclients + reserved;
  if (limit.rlim_cur < wanted) {
    rlimit raised = limit;
    raised.rlim_cur = wanted;
    if (raised.rlim_max < wanted) raised.rlim_max = wanted;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return maxclients;
    // Only the hard limit stands in the way: take what it gives.
    raised.rlim_cur = raised.rlim_max = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  if (limit.rlim_cur >= wanted) return maxclients;
  return limit.rlim_cur > reserved ? limit.rlim_cur - reserved : 1;
}

}  // namespace skarn

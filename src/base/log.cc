// SPDX-License-Identifier: BSD-3-Clause
#include "base/log.h"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <memory>
#include <mutex>

#include "base/clock.h"

namespace skarn {
namespace {

// Server state. `level` is read without the mutex, relaxed: a line more or less at a
// change of the level does no harm. The mutex keeps the options whole and the lines
// apart. A std::mutex, not a ranked one: it is the last of all and nothing is taken under
// it.
struct LogState {
  std::atomic<LogLevel> level{LogLevel::kNotice};
  std::atomic<char> role{'M'};
  std::mutex mutex;
  LogOptions options;
  bool is_syslog_open = false;
  std::string syslog_ident;  // syslog keeps the pointer.
};

LogState& State() {
  // Never destroyed: threads may log while the process ends.
  static LogState* const state = new LogState;
  return *state;
}

constexpr char kLevelMarks[] = ".-*#";
constexpr Bytes kLevelNames[] = {"debug", "info", "notice", "warning"};
constexpr int kSyslogPriorities[] = {LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING};
constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

Bytes RoleName(char role) {
  switch (role) {
    case 'S':
      return "replica";
    case 'X':
      return "sentinel";
    case 'C':
      return "RDB/AOF";
    default:
      return "primary";
  }
}

std::string Timestamp(LogTimestamp kind) {
  const UnixMillis now_ms = NowMillis();
  if (kind == LogTimestamp::kMilliseconds) return fmt::format("{}", now_ms);
  const time_t seconds = now_ms / 1000;
  const int64_t ms = now_ms % 1000;
  tm local;
  localtime_r(&seconds, &local);
  if (kind == LogTimestamp::kLegacy) {
    return fmt::format("{:02} {} {} {:02}:{:02}:{:02}.{:03}", local.tm_mday,
                       kMonths[local.tm_mon], local.tm_year + 1900, local.tm_hour,
                       local.tm_min, local.tm_sec, ms);
  }
  const long offset_minutes = local.tm_gmtoff / 60;
  const long offset_size = offset_minutes < 0 ? -offset_minutes : offset_minutes;
  return fmt::format("{}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}{:02}:{:02}",
                     local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, local.tm_hour,
                     local.tm_min, local.tm_sec, ms, offset_minutes < 0 ? '-' : '+',
                     offset_size / 60, offset_size % 60);
}

// Escapes what would end a quoted logfmt value.
std::string Quoted(Bytes text) {
  std::string quoted;
  for (const char c : text) {
    switch (c) {
      case '"':
      case '\\':
        quoted += '\\';
        quoted += c;
        break;
      case '\n':
        quoted += "\\n";
        break;
      case '\r':
        quoted += "\\r";
        break;
      case '\t':
        quoted += "\\t";
        break;
      default:
        quoted += c;
    }
  }
  return quoted;
}

std::string FormatLine(const LogOptions& options, LogLevel level, Bytes text) {
  const auto index = static_cast<size_t>(level);
  const char role = State().role.load(std::memory_order_relaxed);
  const std::string time = Timestamp(options.timestamp);
  if (options.format == LogFormat::kLogfmt) {
    return fmt::format("pid={} role={} timestamp=\"{}\" level={} message=\"{}\"\n",
                       getpid(), RoleName(role), time, kLevelNames[index], Quoted(text));
  }
  return fmt::format("{}:{} {} {} {}\n", getpid(), role, time, kLevelMarks[index], text);
}

void WriteAll(int fd, Bytes line) {
  while (!line.empty()) {
    const ssize_t written = write(fd, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // A log that cannot be written has nobody to tell.
    line.remove_prefix(static_cast<size_t>(written));
  }
}

int OpenLogFile(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

}  // namespace

Result<> ConfigureLog(const LogOptions& options) {
  if (!options.path.empty()) {
    const int fd = OpenLogFile(options.path);
    if (fd < 0) return FailErrno("open log file " + options.path, errno);
    close(fd);
  }
  LogState& state = State();
  const std::lock_guard lock(state.mutex);
  state.options = options;
  if (state.is_syslog_open) closelog();
  state.is_syslog_open = options.to_syslog;
  if (options.to_syslog) {
    state.syslog_ident = options.syslog_ident;
    const int facility =
        options.syslog_facility == 0 ? LOG_LOCAL0 : options.syslog_facility;
    openlog(state.syslog_ident.c_str(), LOG_PID | LOG_NDELAY | LOG_NOWAIT, facility);
  }
  state.level.store(options.level, std::memory_order_relaxed);
  return {};
}

void SetLogRole(char role) {
  State().role.store(role, std::memory_order_relaxed);
}

bool IsLogged(LogLevel level) {
  return level < LogLevel::kNothing &&
         level >= State().level.load(std::memory_order_relaxed);
}

void LogLine(LogLevel level, Bytes text) {
  if (level >= LogLevel::kNothing) return;
  LogState& state = State();
  const std::lock_guard lock(state.mutex);
  const std::string line = FormatLine(state.options, level, text);
  if (state.options.path.empty()) {
    WriteAll(STDOUT_FILENO, line);
  } else {
    // Opened for each line, so that a rotated file needs no signal.
    const int fd = OpenLogFile(state.options.path);
    if (fd >= 0) {
      WriteAll(fd, line);
      close(fd);
    }
  }
  if (state.options.to_syslog) {
    syslog(kSyslogPriorities[static_cast<size_t>(level)], "%.*s",
           static_cast<int>(text.size()), text.data());
  }
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// The server's log: one line a message, in the form of the stock servers, to stdout, a
// file or syslog. Threads: any. Owner: the process; there is one log.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/result.h"

namespace skarn {

enum class LogLevel : uint8_t { kDebug, kVerbose, kNotice, kWarning, kNothing };
enum class LogFormat : uint8_t { kLegacy, kLogfmt };
enum class LogTimestamp : uint8_t { kLegacy, kIso8601, kMilliseconds };

struct LogOptions {
  LogLevel level = LogLevel::kNotice;
  LogFormat format = LogFormat::kLegacy;
  LogTimestamp timestamp = LogTimestamp::kLegacy;
  std::string path;  // Empty: stdout.
  bool to_syslog = false;
  std::string syslog_ident = "skarn";
  int syslog_facility = 0;  // A LOG_LOCAL value of syslog.h; 0 stands for LOG_LOCAL0.
};

// Puts `options` in force; may be called again at run time. Fails, changing nothing, if
// the file cannot be opened for appending.
Result<> ConfigureLog(const LogOptions& options);

// The letter behind the process id: 'M' primary, 'S' replica, 'X' sentinel, 'C' child.
void SetLogRole(char role);

// True if lines of this level are wanted; worth asking before costly formatting.
bool IsLogged(LogLevel level);

// Writes one line. Line breaks inside stay as they are, except in logfmt.
void LogLine(LogLevel level, Bytes text);

// Log(LogLevel::kNotice, "loaded {} keys", count);
template <class... Values>
void Log(LogLevel level, fmt::format_string<Values...> format, Values&&... values) {
  if (IsLogged(level))
    LogLine(level, fmt::format(format, std::forward<Values>(values)...));
}

}  // namespace skarn

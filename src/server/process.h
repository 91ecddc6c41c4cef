// SPDX-License-Identifier: BSD-3-Clause
//
// What the server asks of the process it runs in: the log, the background, the pid file,
// the working directory, open files. Threads: the starting thread; AdjustOpenFiles also
// with the gate closed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/config.h"

namespace skarn {

// This program's version; what clients are told is in command/version.h.
extern const std::string_view kSkarnVersion;

// For --version and --help, with a line end.
std::string VersionText();
std::string HelpText();

std::string ExecutablePath();

// Puts the log directives in force.
Result<> ApplyLogSettings(const Config& config);

// Leaves the terminal and the parent: goes on in a child, the parent exits with 0. Before
// any thread is made.
Result<> Daemonize();

// The file named by pidfile, when there is to be one. A file that cannot be written is
// logged.
void WritePidFile(const Config& config);
void RemovePidFile(const Config& config);

// Makes room for this many clients, and for what the server and its workers open, in the
// limit of open files. Returns how many clients it allows, at most `maxclients`.
uint64_t AdjustOpenFiles(uint64_t maxclients, uint64_t worker_count);

}  // namespace skarn

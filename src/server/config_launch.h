// SPDX-License-Identifier: BSD-3-Clause
//
// What the server was started with: the command line, and the configuration file or
// standard input which it names. Later values override earlier ones: the environment's
// defaults, then the file, standard input, options. Threads: the starting thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "server/config.h"

namespace skarn {

// Lines of a configuration file in the environment, for images that need another default
// (protected-mode no) which a file or option of the user still overrides.
inline constexpr char kDefaultsVariable[] = "SKARN_DEFAULTS";
inline constexpr size_t kConfigFileBytesMax = 16 << 20;
inline constexpr int kConfigIncludeDepthMax = 16;
inline constexpr size_t kConfigIncludedFilesMax = 1024;

enum class LaunchRequest : uint8_t {
  kServe,
  kVersion,
  kHelp,
  kCheckConfig,
  kCheckSystem,
  kTestMemory
};

// Where a directive stands: line `line` (from 1) of `file`, or option `line` of the
// command line if `file` is empty.
struct ConfigOrigin {
  std::string file;
  int line = 0;
  std::string text;
};

// A rename-command line. Whether the names fit is for the owner of the command table to
// say.
struct RenamedCommand {
  std::string from;
  std::string to;  // Empty: the command is taken away.
  ConfigOrigin origin;
};

// What ReadLaunch() was given, kept for reading it once more.
struct LaunchSource {
  std::vector<std::string> arguments;
  std::string directory;  // The working directory then: relative paths count from it.
  std::string standard_input;  // What came from there, if it was asked.
};

struct Launch {
  LaunchRequest request = LaunchRequest::kServe;
  int64_t test_memory_mb = 0;  // Of kTestMemory.
  Config config;
  std::string file;  // The absolute path of the configuration file; empty without one.
  std::vector<RenamedCommand> renamed_commands;
  LaunchSource source;
};

// Gives all of standard input, for "-".
using ReadStandardInput = std::function<Result<std::string>()>;
Result<std::string> ReadAllStandardInput();

// All of the file at `path`, of at most kConfigFileBytesMax.
Result<std::string> ReadConfigFileText(const std::string& path);

// Reads the arguments behind the program's name:
//   [FILE | -] [--name value...]... [-], or one of -v, -h, --check-system, --test-memory
//   MB. --check-config in front asks whether the rest would do.
// Fails with the whole text for standard error, upon which the caller exits with
// status 1.
Result<Launch> ReadLaunch(std::span<const std::string> arguments,
                          const ReadStandardInput& read_input = &ReadAllStandardInput);

// Reads the same file, options and standard input (as it was) once more, whatever the
// working directory is by now. Fails with one line that says where and why but quotes no
// value, since that may be a secret.
Result<Launch> ReadLaunchAgain(const LaunchSource& source);

// The text of a failure because of one directive, as ReadLaunch() gives it.
std::string ConfigErrorText(const ConfigOrigin& origin, Bytes reason);

}  // namespace skarn

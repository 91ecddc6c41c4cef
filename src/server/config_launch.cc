// SPDX-License-Identifier: BSD-3-Clause
#include "server/config_launch.h"

#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/numbers.h"
#include "server/config_line.h"
#include "server/config_values.h"

namespace skarn {
namespace {

constexpr Bytes kStandardInputName = "standard input";

Result<std::string> ReadAll(int fd) {
  std::string text;
  char buffer[16 * 1024];
  while (true) {
    const ssize_t size = read(fd, buffer, sizeof(buffer));
    if (size == 0) return text;
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Fail(std::strerror(errno), errno);
    if (text.size() + static_cast<size_t>(size) > kConfigFileBytesMax) {
      return Fail(fmt::format("larger than {} bytes", kConfigFileBytesMax));
    }
    text.append(buffer, static_cast<size_t>(size));
  }
}

constexpr size_t kShownNameBytesMax = 64;

// ConfigErrorText() in one line, and without the values of the line.
std::string ShortErrorText(const ConfigOrigin& origin, Bytes reason) {
  const Bytes name = Bytes(origin.text).substr(0, origin.text.find_first_of(" \t\"'"));
  return fmt::format(
      "{} {} of {}: {}: {}", origin.file.empty() ? "option" : "line", origin.line,
      origin.file.empty() ? "the command line" : ShownConfigText(origin.file),
      ShownConfigText(name.substr(0, kShownNameBytesMax)), reason);
}

// `path` as it is read from `directory`; an empty directory is the working directory.
std::string PathFrom(const std::string& directory, const std::string& path) {
  if (directory.empty() || path.empty() || path[0] == '/') return path;
  return directory + "/" + path;
}

bool HasWildcards(const std::string& pattern) {
  return pattern.find_first_of("*?[") != std::string::npos;
}

// `path` with what glob() takes for wildcards made plain.
std::string EscapeWildcards(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

// Reads lines into a Launch. One failure ends the reading.
class LineReader {
 public:
  // Relative paths count from `directory`. With one, this is a further reading, and
  // failures are short.
  LineReader(Launch& launch, const std::string& directory)
      : launch_(launch), directory_(directory) {}

  // Reads the file which the command line names.
  Result<> ReadFirstFile(const std::string& path);
  Result<> ReadText(Bytes text, Bytes file, int depth);
  Result<> ReadLine(const ConfigOrigin& origin, int depth);

 private:
  Result<> ReadConfigFile(const std::string& path, int depth);
  // Reads what is not a directive of the table: include and its kin.
  Result<> ReadOther(const std::vector<std::string>& words, const ConfigOrigin& origin,
                     int depth);
  Result<> Include(const std::string& pattern, const ConfigOrigin& origin, int depth);
  std::vector<std::string> FilesOf(const std::string& pattern) const;
  bool IsShort() const { return !directory_.empty(); }
  std::unexpected<Error> FailAt(const ConfigOrigin& origin, Bytes reason) const {
    return Fail(IsShort() ? ShortErrorText(origin, reason)
                          : ConfigErrorText(origin, reason));
  }

  Launch& launch_;
  const std::string directory_;
  size_t included_count_ = 0;
};

// The first reading resolves symbolic links for CONFIG REWRITE. A further one follows
// them anew: they may point to a newer file.
Result<> LineReader::ReadFirstFile(const std::string& path) {
  const std::string whole = PathFrom(directory_, path);
  launch_.file = AbsoluteConfigPath(whole);
  return ReadConfigFile(IsShort() ? whole : launch_.file, 0);
}

Result<> LineReader::ReadConfigFile(const std::string& path, int depth) {
  const auto text = ReadConfigFileText(path);
  if (!text) {
    const std::string why = fmt::format("can't open config file '{}': {}",
                                        ShownConfigText(path), text.error().text);
    return Fail(IsShort() ? why : "Fatal error, " + why + "\n");
  }
  return ReadText(*text, path, depth);
}

Result<> LineReader::ReadText(Bytes text, Bytes file, int depth) {
  ConfigOrigin origin = {.file = std::string(file), .line = 0, .text = {}};
  while (!text.empty()) {
    const size_t end = text.find('\n');
    ++origin.line;
    origin.text = TrimConfigLine(text.substr(0, end));
    if (Result<> read = ReadLine(origin, depth); !read) return read;
    text.remove_prefix(end == Bytes::npos ? text.size() : end + 1);
  }
  return {};
}

Result<> LineReader::ReadLine(const ConfigOrigin& origin, int depth) {
  if (origin.text.empty() || origin.text[0] == '#') return {};
  auto words = SplitConfigLine(origin.text);
  if (!words) return FailAt(origin, "Unbalanced quotes in configuration line");
  if (words->empty()) return {};
  const ConfigDirective* const row = FindDirective(words->front());
  if (row == nullptr) return ReadOther(*words, origin, depth);
  if (row->check == ConfigCheck::kDirectory && words->size() == 2) {
    words->back() = PathFrom(directory_, words->back());
  }
  const Result<> set =
      launch_.config.Set(row->key, std::span(*words).subspan(1), ConfigSource::kFile);
  if (!set) return FailAt(origin, set.error().text);
  if (origin.file.empty()) {
    launch_.config.NoteOrigin(row->key, ValueOrigin::kCommandLine);
  }
  return {};
}

Result<> LineReader::ReadOther(const std::vector<std::string>& words,
                               const ConfigOrigin& origin, int depth) {
  const std::string name = ToLower(Bytes(words[0]));
  if (name == "include" && words.size() == 2) return Include(words[1], origin, depth);
  if (name == "rename-command" && words.size() == 3) {
    launch_.renamed_commands.push_back(
        {.from = words[1], .to = words[2], .origin = origin});
    return {};
  }
  if (name == "loadmodule" && words.size() >= 2) {
    return FailAt(origin, "loading modules does not work yet");
  }
  if (name == "user" && words.size() >= 2) {
    return FailAt(origin, "users do not work yet; use requirepass instead");
  }
  if (name == "sentinel")
    return FailAt(origin, "sentinel directive while not in sentinel mode");
  if (IsIgnoredDirective(name)) return {};
  return FailAt(origin, "Bad directive or wrong number of arguments");
}

Result<> LineReader::Include(const std::string& pattern, const ConfigOrigin& origin,
                             int depth) {
  if (depth >= kConfigIncludeDepthMax) {
    return FailAt(
        origin, fmt::format("include goes deeper than {} files", kConfigIncludeDepthMax));
  }
  for (const std::string& path : FilesOf(pattern)) {
    if (++included_count_ > kConfigIncludedFilesMax) {
      return FailAt(origin,
                    fmt::format("more than {} included files", kConfigIncludedFilesMax));
    }
    if (IsShort() && access(path.c_str(), R_OK) != 0) {
      return FailAt(origin, fmt::format("can't open '{}': {}", ShownConfigText(path),
                                        strerror(errno)));
    }
    if (Result<> read = ReadConfigFile(path, depth + 1); !read) return read;
  }
  return {};
}

std::vector<std::string> LineReader::FilesOf(const std::string& pattern) const {
  if (!HasWildcards(pattern)) return {PathFrom(directory_, pattern)};
  std::vector<std::string> paths;
  glob_t found = {};
  const std::string whole = PathFrom(EscapeWildcards(directory_), pattern);
  if (glob(whole.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return paths;
}

// The options behind the file as lines of a configuration file: "--port", "0" is `port
// "0"`.
std::vector<std::string> OptionLines(std::span<const std::string> arguments) {
  std::vector<std::string> lines;
  bool takes_next =
      false;  // The word behind a name is its value even if it begins with "--".
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const bool is_option = argument.starts_with("--") && !takes_next;
    if (!is_option) {
      if (lines.empty()) lines.emplace_back();
      if (!lines.back().empty()) lines.back() += ' ';
      lines.back() += QuoteConfigWord(argument);
      takes_next = false;
      continue;
    }
    // The argument may hold the value too, as "--port 0"; then the next one is not the
    // value.
    std::string line = argument.substr(2);
    const auto words = SplitConfigLine(line);
    takes_next = words.has_value() && words->size() <= 1;
    const bool next_is_option =
        i + 1 == arguments.size() || arguments[i + 1].starts_with("--");
    if (EqualsIgnoreCase(TrimConfigLine(line), "save") && next_is_option) {
      line += " \"\"";
      takes_next = false;
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

Result<Launch> ReadTestMemory(std::span<const std::string> arguments, Launch launch) {
  launch.request = LaunchRequest::kTestMemory;
  if (arguments.size() != 2 || !ParseInt64(arguments[1], &launch.test_memory_mb) ||
      launch.test_memory_mb < 1) {
    return Fail(
        "Please specify the amount of memory to test in megabytes.\n"
        "Example: skarn-server --test-memory 4096\n");
  }
  return launch;
}

std::string WorkingDirectory() {
  char path[4096];
  return getcwd(path, sizeof(path)) != nullptr ? path : "/";
}

// Reads [FILE | -] [--name value...]... [-].
Result<> ReadSettings(LineReader& reader, std::span<const std::string> arguments,
                      const ReadStandardInput& read_input) {
  if (const char* defaults = std::getenv(kDefaultsVariable)) {
    if (Result<> read = reader.ReadText(defaults, kDefaultsVariable, 0); !read)
      return read;
  }
  bool reads_input = false;
  if (!arguments.empty() && !arguments[0].starts_with('-')) {
    if (Result<> read = reader.ReadFirstFile(arguments[0]); !read) return read;
    arguments = arguments.subspan(1);
  } else if (!arguments.empty() && arguments[0] == "-") {
    reads_input = true;
    arguments = arguments.subspan(1);
  }
  if (!arguments.empty() && arguments.back() == "-") {
    reads_input = true;
    arguments = arguments.first(arguments.size() - 1);
  }
  if (reads_input) {
    const auto text = read_input();
    if (!text) {
      return Fail(
          fmt::format("Fatal error, {}: {}\n", kStandardInputName, text.error().text));
    }
    if (Result<> read = reader.ReadText(*text, kStandardInputName, 0); !read) return read;
  }

  ConfigOrigin origin;
  for (const std::string& line : OptionLines(arguments)) {
    ++origin.line;
    origin.text = TrimConfigLine(line);
    if (Result<> read = reader.ReadLine(origin, 0); !read) return read;
  }
  return {};
}

}  // namespace

Result<std::string> ReadConfigFileText(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Fail(std::strerror(errno), errno);
  Result<std::string> text = ReadAll(fd);
  close(fd);
  return text;
}

Result<std::string> ReadAllStandardInput() {
  return ReadAll(STDIN_FILENO);
}

std::string ConfigErrorText(const ConfigOrigin& origin, Bytes reason) {
  const std::string place =
      origin.file.empty()
          ? fmt::format("Reading the command line, at option {}", origin.line)
          : fmt::format("Reading the configuration file, at line {} of {}", origin.line,
                        ShownConfigText(origin.file));
  return fmt::format("\n*** FATAL CONFIG FILE ERROR (Version {}) ***\n{}\n>>> '{}'\n{}\n",
                     SKARN_VERSION, place, ShownConfigText(origin.text), reason);
}

Result<Launch> ReadLaunch(std::span<const std::string> arguments,
                          const ReadStandardInput& read_input) {
  Launch launch;
  launch.source.arguments.assign(arguments.begin(), arguments.end());
  launch.source.directory = WorkingDirectory();
  if (!arguments.empty() && arguments[0] == "--check-config") {
    launch.request = LaunchRequest::kCheckConfig;
    arguments = arguments.subspan(1);
  }
  const Bytes first = arguments.empty() ? Bytes() : Bytes(arguments[0]);
  if (first == "-v" || first == "--version") {
    launch.request = LaunchRequest::kVersion;
    return launch;
  }
  if (first == "-h" || first == "--help") {
    launch.request = LaunchRequest::kHelp;
    return launch;
  }
  if (first == "--check-system") {
    launch.request = LaunchRequest::kCheckSystem;
    return launch;
  }
  if (first == "--test-memory") return ReadTestMemory(arguments, std::move(launch));
  for (const std::string& argument : arguments) {
    if (argument == "--sentinel") return Fail("This server has no sentinel mode.\n");
  }

  const auto read_once = [&]() -> Result<std::string> {
    auto text = read_input();
    if (text) launch.source.standard_input = *text;
    return text;
  };
  LineReader reader(launch, "");
  if (Result<> read = ReadSettings(reader, arguments, read_once); !read) {
    return std::unexpected(std::move(read).error());
  }
  return launch;
}

Result<Launch> ReadLaunchAgain(const LaunchSource& source) {
  Launch launch;
  launch.config = Config(source.directory);
  launch.source = source;
  LineReader reader(launch, source.directory);
  const auto read_input = [&]() -> Result<std::string> { return source.standard_input; };
  if (Result<> read = ReadSettings(reader, source.arguments, read_input); !read) {
    return std::unexpected(std::move(read).error());
  }
  return launch;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "machine/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace skarn {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

MachineFiles::MachineFiles(std::string root) : root_(std::move(root)) {
  while (root_.ends_with('/')) root_.pop_back();
}

bool MachineFiles::Exists(std::string_view path) const {
  return faccessat(AT_FDCWD, PathOf(path).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

std::optional<std::string> MachineFiles::Read(std::string_view path,
                                              size_t bytes_max) const {
  // Without O_NONBLOCK a pipe in the place of a file would hold us.
  const int fd = open(PathOf(path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  std::string text;
  char buffer[4096];
  while (text.size() < bytes_max) {
    const size_t wanted = std::min(sizeof(buffer), bytes_max - text.size());
    const ssize_t size = read(fd, buffer, wanted);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && text.empty()) {
      close(fd);
      return std::nullopt;
    }
    if (size <= 0) break;
    text.append(buffer, static_cast<size_t>(size));
  }
  close(fd);
  return text;
}

std::optional<std::string> MachineFiles::ReadLine(std::string_view path) const {
  constexpr size_t kLineBytesMax = 4096;
  const auto text = Read(path, kLineBytesMax);
  if (!text) return std::nullopt;
  const std::string_view line =
      TrimBlanks(std::string_view(*text).substr(0, text->find('\n')));
  if (line.empty() || !IsPrintable(line)) return std::nullopt;
  return std::string(line);
}

std::optional<int64_t> MachineFiles::ReadInteger(std::string_view path) const {
  const auto line = ReadLine(path);
  if (!line) return std::nullopt;
  return NumberOf(*line);
}

std::vector<std::string> MachineFiles::List(std::string_view path) const {
  std::vector<std::string> names;
  DIR* const directory = opendir(PathOf(path).c_str());
  if (directory == nullptr) return names;
  while (names.size() < kMachineDirectoryEntriesMax) {
    const dirent* const entry = readdir(directory);
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && IsPrintable(name)) names.emplace_back(name);
  }
  closedir(directory);
  std::ranges::sort(names);
  return names;
}

std::string MachineFiles::LinkName(std::string_view path) const {
  char target[4096];
  const ssize_t size = readlink(PathOf(path).c_str(), target, sizeof(target));
  if (size <= 0) return {};
  std::string_view name(target, static_cast<size_t>(size));
  name.remove_prefix(name.rfind('/') + 1);  // Nothing when there is no slash.
  return IsPrintable(name) ? std::string(name) : std::string();
}

std::string_view TrimBlanks(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::vector<std::string_view> SplitText(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return parts;
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  return SplitText(text, '\n');
}

std::optional<int64_t> NumberOf(std::string_view text) {
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::string ChosenWord(std::string_view text) {
  const size_t open = text.find('[');
  const size_t close = text.find(']', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || close == std::string_view::npos) {
    return std::string(text);
  }
  return std::string(text.substr(open + 1, close - open - 1));
}

}  // namespace skarn

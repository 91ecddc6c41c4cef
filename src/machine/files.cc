// SPDX-License-Identifier: BSD-3-Clause
#include "machine/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>

namespace skarn {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// Nothing, and the reason in `error`, for what cannot be opened or is no regular file. A
// failure on the way gives what came before it, and the reason.
std::optional<std::string> ReadRegular(const std::string& real, size_t bytes_max,
                                       int* error) {
  // Opening a device may do something, and opening a pipe may wait: first look, then
  // open.
  struct stat status;
  *error = stat(real.c_str(), &status) != 0 ? errno
           : S_ISREG(status.st_mode)        ? 0
           : S_ISDIR(status.st_mode)        ? EISDIR
                                            : EINVAL;
  if (*error != 0) return std::nullopt;
  const int fd = open(real.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) {
    *error = errno;
    return std::nullopt;
  }
  std::string text;
  char buffer[4096];
  while (text.size() < bytes_max) {
    const size_t wanted = std::min(sizeof(buffer), bytes_max - text.size());
    const ssize_t size = read(fd, buffer, wanted);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) *error = errno;
    if (size <= 0) break;
    text.append(buffer, static_cast<size_t>(size));
  }
  close(fd);
  if (*error != 0 && text.empty()) return std::nullopt;
  return text;
}

}  // namespace

MachineFiles::MachineFiles(std::string root) : root_(std::move(root)) {
  if (char* const real = realpath(root_.c_str(), nullptr); real != nullptr) {
    root_ = real;
    std::free(real);
  }
  while (root_.ends_with('/')) root_.pop_back();
}

std::string MachineFiles::Resolved(std::string_view path, bool follows_last) const {
  if (root_.empty()) return std::string(path);
  std::vector<std::string> left;  // The next part is the last one.
  const auto add = [&left](std::string_view text) {
    const auto parts = SplitText(text, '/');
    left.insert(left.end(), parts.rbegin(), parts.rend());
  };
  add(path);
  std::string real = root_;
  for (int links = 0; !left.empty();) {
    const std::string part = std::move(left.back());
    left.pop_back();
    if (part == ".") continue;
    if (part == "..") {
      if (real.size() > root_.size()) real.erase(real.rfind('/'));
      continue;
    }
    const std::string next = real + "/" + part;
    char target[4096];
    const bool follows = follows_last || !left.empty();
    const ssize_t size = follows ? readlink(next.c_str(), target, sizeof(target)) : -1;
    if (size <= 0) {
      real = next;
      continue;
    }
    constexpr int kLinksMax = 40;  // As the kernel has it.
    constexpr size_t kNameMax = 255;
    if (++links > kLinksMax) return root_ + "/" + std::string(kNameMax + 1, '_');
    if (target[0] == '/') real = root_;
    add({target, static_cast<size_t>(size)});
  }
  return real;
}

bool MachineFiles::Exists(std::string_view path) const {
  return faccessat(AT_FDCWD, PathOf(path).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

std::optional<std::string> MachineFiles::Read(std::string_view path,
                                              size_t bytes_max) const {
  int error = 0;
  return ReadRegular(Resolved(path, true), bytes_max, &error);
}

Result<std::optional<std::string>> MachineFiles::ReadWhole(std::string_view path,
                                                           size_t bytes_max) const {
  const std::string real = PathOf(path);
  struct stat status;
  if (lstat(real.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return FailErrno("read", errno);
  }
  if (!S_ISREG(status.st_mode)) return Fail("not a regular file");
  int error = 0;
  auto text = ReadRegular(real, bytes_max + 1, &error);
  if (!text || error != 0) return FailErrno("read", error);
  if (text->size() > bytes_max) return Fail("too large");
  return text;
}

std::optional<std::string> MachineFiles::ReadLine(std::string_view path) const {
  constexpr size_t kLineBytesMax = 4096;
  const auto text = Read(path, kLineBytesMax + 1);
  if (!text) return std::nullopt;
  const size_t end = std::min(text->find('\n'), text->size());
  if (end > kLineBytesMax) return std::nullopt;  // Half a line would be another one.
  const std::string_view line = TrimBlanks(std::string_view(*text).substr(0, end));
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
  DIR* const directory = opendir(Resolved(path, true).c_str());
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

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/tune/host_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

namespace skarn {
namespace {

// Closes the descriptor; returns 0 or the errno value of the first thing that failed.
int WriteAndClose(int fd, std::string_view text, bool syncs) {
  int error = 0;
  while (!text.empty() && error == 0) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      error = errno;
    } else {
      text.remove_prefix(static_cast<size_t>(size));
    }
  }
  if (error == 0 && syncs && fsync(fd) != 0) error = errno;
  if (close(fd) != 0 && error == 0) error = errno;
  return error;
}

}  // namespace

Result<> WriteInPlace(const std::string& path, std::string_view text) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  if (fd < 0) return FailErrno("open", errno);
  const int error = WriteAndClose(fd, text, false);
  if (error != 0) return FailErrno("write", error);
  // Values of the kernel have no length. What is left of a longer text in a file goes.
  struct stat status;
  const auto length = static_cast<off_t>(text.size());
  if (lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
      status.st_size > length) {
    (void)!truncate(path.c_str(), length);
  }
  return {};
}

void SyncFolderOf(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)!fsync(fd);
  close(fd);
}

Result<> ReplaceWholeFile(const std::string& path, std::string_view text, unsigned mode) {
  struct stat before = {};
  const bool is_there = lstat(path.c_str(), &before) == 0;
  if (is_there && !S_ISREG(before.st_mode)) return Fail("not a regular file");
  const std::string temporary = fmt::format("{}.{}.tmp", path, getpid());
  unlink(temporary.c_str());
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return FailErrno("create", errno);
  int error = fchmod(fd, is_there ? before.st_mode & 07777 : mode) == 0 ? 0 : errno;
  if (is_there && fchown(fd, before.st_uid, before.st_gid) != 0 && error == 0) {
    error = errno;
  }
  const int written = WriteAndClose(fd, text, true);
  if (error == 0) error = written;
  if (error == 0 && rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) {
    SyncFolderOf(path);
    return {};
  }
  unlink(temporary.c_str());
  return FailErrno("write", error);
}

Result<std::vector<std::string>> MakeFoldersFor(const std::string& path) {
  std::vector<std::string> made;
  for (size_t at = path.find('/', 1); at != std::string::npos;
       at = path.find('/', at + 1)) {
    const std::string folder = path.substr(0, at);
    if (mkdir(folder.c_str(), 0755) == 0) {
      made.push_back(folder);
    } else if (errno != EEXIST) {
      return FailErrno("create folder " + folder, errno);
    }
  }
  return made;
}

}  // namespace skarn

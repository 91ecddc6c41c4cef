// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/rdb_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace skarn {

FileRdbSource::FileRdbSource(int fd) : fd_(fd) {
  struct stat status {};
  const off_t at = lseek(fd, 0, SEEK_CUR);
  if (at >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
      status.st_size >= at) {
    size_bytes_ = static_cast<uint64_t>(status.st_size - at);
  }
}

Result<size_t> FileRdbSource::Read(uint8_t* to, size_t capacity_bytes) {
  while (true) {
    const ssize_t got = read(fd_, to, capacity_bytes);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) return FailErrno("read", errno);
  }
}

}  // namespace skarn

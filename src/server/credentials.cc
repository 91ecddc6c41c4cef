// SPDX-License-Identifier: BSD-3-Clause
#include "server/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

namespace skarn {
namespace {

// At most one byte more than a password may have, so that the caller sees that it is too
// much.
Result<std::string> ReadSome(int fd) {
  struct stat status = {};
  if (fstat(fd, &status) != 0) return FailErrno("stat", errno);
  if (!S_ISREG(status.st_mode)) return Fail("this is no regular file");
  std::string text(kPasswordBytesMax + 2, '\0');  // And a line end.
  size_t size_bytes = 0;
  while (size_bytes < text.size()) {
    const ssize_t got = read(fd, text.data() + size_bytes, text.size() - size_bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailErrno("read", errno);
    if (got == 0) break;
    size_bytes += static_cast<size_t>(got);
  }
  text.resize(size_bytes);
  return text;
}

Result<std::string> PasswordFrom(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return Fail("the file is empty");
  if (text.size() > kPasswordBytesMax) {
    return Fail(fmt::format("a password has at most {} bytes", kPasswordBytesMax));
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
  if (std::ranges::any_of(text, is_control)) {
    return Fail("a password is a single line without control characters");
  }
  return text;
}

}  // namespace

Result<> ApplyCredentials(const std::string& directory, Config& config) {
  if (directory.empty() || config.IsGiven(ConfigKey::kRequirepass)) return {};
  const std::string path = directory + "/" + kPasswordCredential;
  const auto failed = [&](std::string why) {
    return Fail(fmt::format("The credential {} ({}) gives no password: {}",
                            kPasswordCredential, path, why));
  };
  // Without waiting for the other end of a pipe, which is refused anyway.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT) return {};  // Other credentials than ours may be there.
  if (fd < 0) return failed(FailErrno("open", errno).error().text);
  auto text = ReadSome(fd);
  close(fd);
  if (!text) return failed(std::move(text.error().text));
  auto password = PasswordFrom(*std::move(text));
  if (!password) return failed(std::move(password.error().text));
  config.Resolve(ConfigKey::kRequirepass, *std::move(password));
  return {};
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Secrets that a service manager hands over as files ($CREDENTIALS_DIRECTORY,
// LoadCredential= of systemd), so that they stand in no configuration file. Threads: the
// main thread.
#pragma once

#include <string>

#include "base/result.h"
#include "server/config.h"

namespace skarn {

inline constexpr char kPasswordCredential[] = "skarn-password";
inline constexpr size_t kPasswordBytesMax = 4096;

// Gives requirepass the first and only line of skarn-password in `directory`, unless
// `config` was given a requirepass, or there is no such directory or file. It counts as
// resolved, so CONFIG REWRITE does not write it. Fails, quoting nothing of the content,
// if the file cannot be read or holds no password.
Result<> ApplyCredentials(const std::string& directory, Config& config);

}  // namespace skarn

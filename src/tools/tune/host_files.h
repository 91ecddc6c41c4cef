// SPDX-License-Identifier: BSD-3-Clause
//
// Changes files of the host so that each is either as before or as wanted, never half.
// Paths are real ones. Threads: one; functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skarn {

// One write to a file that is there: for values of the kernel.
Result<> WriteInPlace(const std::string& path, std::string_view text);

// Puts a file with this content in the place of `path`, with the mode and owner of the
// file that was there, or `mode`.
Result<> ReplaceWholeFile(const std::string& path, std::string_view text, unsigned mode);

// What was renamed or made in the folder of `path` survives a loss of power.
void SyncFolderOf(const std::string& path);

// Makes the folders that `path` lies in. Returns those it made, outermost first.
Result<std::vector<std::string>> MakeFoldersFor(const std::string& path);

}  // namespace skarn

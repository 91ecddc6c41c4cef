// SPDX-License-Identifier: BSD-3-Clause
//
// What the log shows when the process ends by a signal that it did not expect: the
// signal, and where the thread was. Threads: Install before any other thread; the report
// is written by whichever thread got the signal.
#pragma once

#include <string>

namespace skarn {

// `log_path` is empty for standard output.
void InstallCrashReport(const std::string& log_path);

}  // namespace skarn

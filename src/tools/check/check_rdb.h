// SPDX-License-Identifier: BSD-3-Clause
//
// skarn-check-rdb: reads a snapshot from end to end and says whether it is sound.
// Threads: one. Owner: main.
#pragma once

#include <span>
#include <string>

namespace skarn {

// Reads the arguments behind the program's name, checks the file they name and prints
// what it found to standard output. Returns the exit status: 0 for a sound file, else 1.
int CheckRdbMain(std::span<const std::string> arguments);

}  // namespace skarn

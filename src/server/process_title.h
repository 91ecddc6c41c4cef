// SPDX-License-Identifier: BSD-3-Clause
//
// The title of the process in ps: proc-title-template, written over the words of the
// command line. Threads: Init before any other thread; Set with the gate closed.
#pragma once

#include <string>

#include "server/config.h"

namespace skarn {

// Takes the memory of the command line and the environment over. Without it Set does
// nothing.
void InitProcessTitle(int argc, char** argv);

// The title that the configuration asks for.
std::string ProcessTitleFor(const Config& config, const std::string& config_file);

// Shows it, cut to the room there is, if set-proc-title is on.
void SetProcessTitle(const Config& config, const std::string& config_file);

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// The rows of every family of commands, and the list of the families. The rows of the
// commands about the whole server come from server/admin.h. Threads: any; constant data.
#pragma once

#include <span>

#include "command/spec.h"

namespace skarn {

std::span<const CommandSpec> StringCommands();
std::span<const CommandSpec> BitmapCommands();
std::span<const CommandSpec> HashCommands();
std::span<const CommandSpec> GenericCommands();
std::span<const CommandSpec> TransactionsCommands();
std::span<const CommandSpec> ConnectionCommands();
std::span<const CommandSpec> PubsubCommands();
std::span<const CommandSpec> CommandCommands();

// All of the above, for CommandTable::Add.
std::span<const std::span<const CommandSpec>> AllFamilies();

}  // namespace skarn

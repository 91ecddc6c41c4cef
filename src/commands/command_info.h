// SPDX-License-Identifier: BSD-3-Clause
//
// The description of one command as COMMAND and COMMAND INFO show it, and the words for
// its bits. Threads: any.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "command/table.h"
#include "resp/reply_writer.h"

namespace skarn {

// An array of 10: name, arity, flags, first key, last key, step, ACL categories, tips,
// key specs, subcommands.
void WriteCommandInfo(const Command& command, ReplyWriter& reply);

// A set of the words for the KeySpec::Flag bits that say how a key is used.
void WriteKeyFlags(uint32_t flags, ReplyWriter& reply);

// The Acl bit of a category ("string"), in any case; 0 when there is none of that name.
uint32_t AclCategoryOf(Bytes name);

}  // namespace skarn

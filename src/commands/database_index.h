// SPDX-License-Identifier: BSD-3-Clause
//
// The number of a database among the words of a command. Threads: any.
#pragma once

#include <limits>

#include "command/context.h"

namespace skarn::commands {

inline constexpr ErrorText kNotAnInt32 =
    "-ERR value is out of range, value must between -2147483648 and 2147483647";

// Reads word `index` as the number of a database that there is.
inline Parsed<unsigned> ReadDatabaseIndex(const CommandContext& context, const Args& args,
                                          size_t index) {
  const Parsed<int64_t> number = args.Integer(index);
  if (!number) return std::unexpected(number.error());
  if (*number < std::numeric_limits<int32_t>::min() ||
      *number > std::numeric_limits<int32_t>::max()) {
    return std::unexpected(ReplyError(kNotAnInt32));
  }
  if (*number < 0 || *number >= context.keyspace.keyspace().database_count()) {
    return std::unexpected(ReplyError(kDbIndexOutOfRange));
  }
  return static_cast<unsigned>(*number);
}

}  // namespace skarn::commands

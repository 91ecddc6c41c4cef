// SPDX-License-Identifier: BSD-3-Clause
//
// Bit offsets as SETBIT, GETBIT and BITFIELD take them.
// Threads: any; values only.
#pragma once

#include "command/context.h"
#include "resp/args.h"

namespace skarn::commands {

// A bit offset within the largest string allowed. Given the bits of a field, "#N" means
// the N-th field.
inline Parsed<uint64_t> ReadBitOffset(const CommandContext& context, Bytes word,
                                      unsigned field_bits = 0) {
  const bool is_field = field_bits != 0 && !word.empty() && word[0] == '#';
  if (is_field) word.remove_prefix(1);
  int64_t offset;
  if (!ParseInt64(word, &offset) || offset < 0 ||
      (is_field && __builtin_mul_overflow(offset, int64_t{field_bits}, &offset)) ||
      (offset >> 3) >= context.settings.proto_max_bulk_bytes) {
    return std::unexpected(ReplyError(kBitOffset));
  }
  return static_cast<uint64_t>(offset);
}

}  // namespace skarn::commands

// SPDX-License-Identifier: BSD-3-Clause
//
// The words of the commands about the expiry of fields: options, then "FIELDS numfields
// field ...". Threads: any; values only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "commands/string_options.h"
#include "keyspace/entry.h"
#include "resp/args.h"

namespace skarn::commands {

struct FieldOptions {
  bool if_key_absent = false, if_key_present = false;        // NX, XX
  bool if_fields_absent = false, if_fields_present = false;  // FNX, FXX
  bool keeps_expiry = false;                                 // KEEPTTL
  bool persists = false;                                     // PERSIST
  ExpiryUnit unit;
  size_t expiry_index = 0;  // Of the number behind EX and its kin; 0: none was given.
  size_t first_field = 0;   // The words from here on are fields (and values).
};

enum class FieldCommand : uint8_t { kGet, kSet };  // HGETEX, HSETEX

// Reads all words behind the key. The number of an expiry is not looked at yet.
Parsed<FieldOptions> ParseFieldOptions(const Args& args, FieldCommand command);

// Where FIELDS stands with a word behind it, at or after `from`; 0 when it does not.
size_t FindFieldsWord(const Args& args, size_t from);

// Checks "numfields field ..." at `index`, `words_per_field` words a field.
Parsed<size_t> ReadFieldCount(const Args& args, size_t index, size_t words_per_field = 1,
                              ErrorText mismatch = kFieldCountMismatch);

// The point in time that the number at `index` means; fails when it is no integer,
// negative or out of range. It may lie in the past.
Parsed<ExpiryMillis> ReadFieldExpiry(const CommandContext& context, const Args& args,
                                     size_t index, ExpiryUnit unit);

}  // namespace skarn::commands

// SPDX-License-Identifier: BSD-3-Clause
//
// The options of SET, GETEX and MSETEX, and the points in time they name.
// Threads: any; values only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "keyspace/entry.h"
#include "resp/args.h"

namespace skarn {
struct CommandContext;
}

namespace skarn::commands {

enum class SetCondition : uint8_t { kAlways, kIfAbsent, kIfPresent, kIfEqual };

// How an option spells an expiry: from now or absolute, in seconds or milliseconds.
struct ExpiryUnit {
  bool is_absolute = false;
  bool is_seconds = false;

  bool operator==(const ExpiryUnit&) const = default;
};

struct StringOptions {
  SetCondition condition = SetCondition::kAlways;
  bool gets = false;          // GET
  bool keeps_expiry = false;  // KEEPTTL
  bool persists = false;      // PERSIST
  ExpiryUnit unit;
  size_t expiry_index = 0;  // Of the number behind EX and its kin; 0: none was given.
  Bytes comparison;         // Of IFEQ.
};

// Which options a command knows besides EX, PX, EXAT and PXAT.
enum StringOptionBit : unsigned {
  kOptionCondition = 1,  // NX, XX
  kOptionIfEqual = 2,    // IFEQ
  kOptionGet = 4,
  kOptionKeepTtl = 8,
  kOptionPersist = 16,
};

// Reads the words from `first` on. Fails with a syntax error only: the number of an
// expiry is not looked at yet.
Parsed<StringOptions> ParseStringOptions(const Args& args, size_t first, unsigned known);

// The point in time that the number at `index` means; fails when it is no positive
// integer or out of range, with the name of the running command in the text. May lie in
// the past.
Parsed<ExpiryMillis> ReadExpiry(const CommandContext& context, const Args& args,
                                size_t index, ExpiryUnit unit);
// The same for the expiry among `options`; kNoExpiry when there is none.
Parsed<ExpiryMillis> ReadExpiry(const CommandContext& context, const Args& args,
                                const StringOptions& options);

}  // namespace skarn::commands

// SPDX-License-Identifier: BSD-3-Clause
//
// The words of SCAN and HSCAN. Threads: any; values only.
#pragma once

#include <cstdint>
#include <optional>

#include "base/glob.h"
#include "keyspace/entry.h"
#include "resp/args.h"

namespace skarn::commands {

struct ScanOptions {
  std::optional<Bytes> pattern;  // None: everything matches.
  uint64_t count = 10;           // At least 1.
  std::optional<ValueType> type;
  bool omits_values = false;

  bool Matches(Bytes name) const { return !pattern || GlobMatch(*pattern, name); }
};

enum class ScanKind : uint8_t { kKeys, kFields };

// The cursor as clients may spell it; blanks in front and a sign are let pass, as the
// reference does.
Parsed<uint64_t> ParseScanCursor(Bytes text);

// Reads MATCH, COUNT, TYPE (of keys) and NOVALUES (of fields) from word `first` on.
Parsed<ScanOptions> ParseScanOptions(const Args& args, size_t first, ScanKind kind);

}  // namespace skarn::commands

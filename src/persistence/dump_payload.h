// SPDX-License-Identifier: BSD-3-Clause
//
// A DUMP payload: type byte, value, u16 version, u64 checksum (reference: formats.md,
// section 13). Threads: any; nothing here keeps state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "persistence/rdb_format.h"

namespace skarn {

inline constexpr size_t kDumpFooterBytes = 10;

// Appends the footer to what `payload` holds, all of which it covers.
void AppendDumpFooter(std::string& payload, int version);

struct DumpPayload {
  uint8_t type = 0;
  Bytes value{};  // What follows the type, for an RdbReader of `dialect`.
  int version = 0;
  RdbDialect dialect = RdbDialect::kCommon;
};

// Takes a payload apart. None means "DUMP payload version or checksum are wrong". A
// payload of the footer alone is let pass with type 0 and no value, which then fails to
// be read. Strict accepts the versions 1 to 11 and 80.
std::optional<DumpPayload> OpenDumpPayload(Bytes payload, RdbVersionCheck check);

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Passes over values without building them: for checks, and to tell where an unsupported
// one ends.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "persistence/rdb_reader.h"

namespace skarn {

// Passes over a value of `type`, in the dialect of the reader; the bytes inside blobs are
// not looked at. Fails for types that have no end of their own (6, 32) or that nobody
// assigned.
Result<> SkipRdbValue(RdbReader& reader, uint8_t type);

// Passes over what follows the id of a module value or of module data.
void SkipRdbModuleItems(RdbReader& reader);

// "type 1 (list) is not supported by this version"
std::string UnsupportedRdbType(uint8_t type, RdbDialect dialect);

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Reads a hash out of any of the layouts that RDB has had for it.
// Threads: those of the reader and the sink.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "persistence/rdb_reader.h"
#include "types/listpack.h"

namespace skarn {

inline constexpr int64_t kRdbNoExpiry = -1;

// Takes the fields of one hash.
class RdbHashSink {
 public:
  virtual ~RdbHashSink() = default;

  // What the data claims the count of fields to be, before the first AddField: a hint,
  // which may be anything.
  virtual void ExpectFields(uint64_t /*field_count*/) {}
  // A field; `expires_at_ms` is unix time, may be in the past, or is kRdbNoExpiry. The
  // views end with the call. False means that the hash has this field already, which
  // fails the read.
  virtual bool AddField(Bytes field, Bytes value, int64_t expires_at_ms) = 0;
  // A whole hash, not empty, as a valid, minimal listpack of field, value, field, value.
  // True takes it; false asks for its fields one by one. Fields may occur twice: see
  // ListpackHasRepeats.
  virtual bool AddListpack(ListpackView /*pairs*/) { return false; }
};

// Reads a value of `type`, for which IsRdbHash holds, into `sink`. Returns how many
// fields it had; a hash of none is no failure here. The failure is that of the reader.
Result<size_t> ReadRdbHash(RdbReader& reader, uint8_t type, RdbHashSink& sink);

// True if two of the elements 0, stride, 2 * stride, ... are equal. Quadratic in their
// count up to 128 of them, sorts views above.
bool ListpackHasRepeats(ListpackView view, size_t stride);

}  // namespace skarn

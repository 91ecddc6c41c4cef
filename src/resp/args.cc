// SPDX-License-Identifier: BSD-3-Clause
#include "resp/args.h"

#include <cmath>

#include "base/clock.h"

namespace skarn {

Parsed<double> Args::Double(size_t index, ErrorText error) const {
  double value;
  if (!ParseDouble((*this)[index], &value)) return std::unexpected(ReplyError(error));
  return value;
}

Parsed<long double> Args::LongDouble(size_t index, ErrorText error) const {
  long double value;
  if (!ParseLongDouble((*this)[index], &value)) return std::unexpected(ReplyError(error));
  return value;
}

Parsed<int64_t> Args::BlockTimeoutMs(size_t index) const {
  long double seconds;
  if (!ParseLongDouble((*this)[index], &seconds)) {
    return std::unexpected(ReplyError(kTimeoutNotAFloat));
  }
  const long double ms = std::ceil(seconds * 1000);
  if (ms < 0) return std::unexpected(ReplyError(kTimeoutNegative));
  // The end of the wait must be a time too.
  if (ms >= 0x1p63L - static_cast<long double>(NowMillis())) {
    return std::unexpected(ReplyError(kTimeoutOutOfRange));
  }
  return static_cast<int64_t>(ms);
}

}  // namespace skarn

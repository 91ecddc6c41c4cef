// SPDX-License-Identifier: BSD-3-Clause
//
// CRC-64 as snapshots and DUMP payloads carry it. The kernel is ActiveKernels().crc64.
#pragma once

#include <cstdint>

#include "arch/kernels.h"
#include "base/bytes.h"

namespace skarn {

// The CRC of `bytes`, or of what `crc` covers followed by `bytes`.
inline uint64_t Crc64(Bytes bytes, uint64_t crc = 0) {
  return ActiveKernels().crc64(crc, AsUnsigned(bytes), bytes.size());
}

// The CRC of A followed by B, from the CRC of each and the size of B. Cost: below 5
// microseconds, whatever the size; so pieces of a file may be computed on several
// threads.
uint64_t Crc64Combine(uint64_t crc_a, uint64_t crc_b, uint64_t size_bytes_b);

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// The checksum of RDB files and DUMP payloads: CRC-64/Jones, reflected, starting at 0.
// Threads: any; nothing here keeps state.
#pragma once

#include <cstdint>

#include "arch/kernels.h"
#include "base/bytes.h"

namespace skarn {

// Carries `crc` over `bytes`: Crc64(Crc64(0, a), b) is the checksum of a and b in a row.
inline uint64_t Crc64(uint64_t crc, Bytes bytes) {
  return ActiveKernels().crc64(crc, AsUnsigned(bytes), bytes.size());
}

}  // namespace skarn

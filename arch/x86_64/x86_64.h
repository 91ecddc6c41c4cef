// SPDX-License-Identifier: BSD-3-Clause
//
// The rows for x86-64, and what they take from each other. All need AES and carry-less
// multiplication, which every server CPU since 2010 has; a guest that hides them runs
// generic.
#pragma once

#include "arch/kernels.h"

namespace skarn {

extern const Kernels kSse42Kernels;   // Westmere and newer.
extern const Kernels kAvx2Kernels;    // Haswell, Zen and newer.
extern const Kernels kAvx512Kernels;  // Ice Lake, Zen 4 and newer.

// Kernels that wider rows do not improve.
namespace sse42 {

uint16_t Crc16(const uint8_t* data, size_t size_bytes);
uint64_t Crc64(uint64_t crc, const uint8_t* data, size_t size_bytes);
uint64_t BitCount(const uint8_t* data, size_t size_bytes);
void BitOperate(BitOperation operation, const BitOperands& operands);
bool ParseInt64(Bytes text, int64_t* value);

}  // namespace sse42

namespace avx2 {

void BitOperate(BitOperation operation, const BitOperands& operands);

}  // namespace avx2
}  // namespace skarn

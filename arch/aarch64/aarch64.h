// SPDX-License-Identifier: BSD-3-Clause
//
// The rows for AArch64, and what they take from each other. NEON is part of the
// architecture; the cryptographic instructions are not, and small boards lack them.
#pragma once

#include "arch/kernels.h"

namespace skarn {

extern const Kernels kNeonKernels;
extern const Kernels kNeonAesKernels;  // With AES and PMULL: every server CPU.

namespace neon {

uint64_t BitCount(const uint8_t* data, size_t size_bytes);
void BitOperate(BitOperation operation, const BitOperands& operands);

}  // namespace neon
}  // namespace skarn

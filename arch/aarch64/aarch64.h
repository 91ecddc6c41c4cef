// SPDX-License-Identifier: BSD-3-Clause
//
// The rows for AArch64. NEON is part of the architecture; the cryptographic instructions
// are not, and small boards lack them.
#pragma once

#include "arch/kernels.h"

namespace skarn {

extern const Kernels kNeonKernels;
extern const Kernels kNeonAesKernels;  // With AES and PMULL: every server CPU.

}  // namespace skarn

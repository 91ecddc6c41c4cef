// SPDX-License-Identifier: BSD-3-Clause
#include <arm_neon.h>

#include "arch/aarch64/aarch64.h"
#include "arch/generic/generic.h"

namespace skarn {
namespace {

bool HasNeon() {
  return true;
}

}  // namespace

const Kernels kNeonKernels = {
    .name = "neon",
    .is_supported = &HasNeon,
    .hash_kind = HashKind::kSipHash13,
    .hash_keys = &generic::HashKeysSip,
};

}  // namespace skarn

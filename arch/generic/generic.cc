// SPDX-License-Identifier: BSD-3-Clause
#include "arch/generic/generic.h"

namespace skarn {
namespace {

bool Always() {
  return true;
}

}  // namespace

const Kernels kGenericKernels = {
    .name = "generic",
    .is_supported = &Always,
    .hash_kind = HashKind::kSipHash13,
    .hash_keys = &generic::HashKeysSip,
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// The generic row: what each kernel means, in plain C++. Other rows take from here what
// they do not improve. The contracts stand in arch/kernels.h.
#pragma once

#include "arch/kernels.h"

namespace skarn {

extern const Kernels kGenericKernels;

namespace generic {

void HashKeysSip(const HashSecret& secret, const Bytes* keys, size_t key_count,
                 uint64_t* hashes);

}  // namespace generic
}  // namespace skarn

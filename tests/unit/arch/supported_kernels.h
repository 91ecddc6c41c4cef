// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <vector>

#include "arch/generic/generic.h"
#include "arch/kernels.h"

namespace skarn {

inline constexpr uint64_t kSeed = 20260101;
inline constexpr size_t kVectorBytesMax = 64;

// The rows that this CPU can run.
inline std::vector<const Kernels*> SupportedKernels() {
  std::vector<const Kernels*> rows;
  for (const Kernels* row : CompiledKernels()) {
    if (row->is_supported()) rows.push_back(row);
  }
  return rows;
}

}  // namespace skarn

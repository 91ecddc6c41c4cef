// SPDX-License-Identifier: BSD-3-Clause
#include "arch/kernels.h"

#include <string>

#include "arch/generic/generic.h"
#if defined(__x86_64__)
#include "arch/x86_64/x86_64.h"
#elif defined(__aarch64__)
#include "arch/aarch64/aarch64.h"
#endif

namespace skarn {
namespace {

constexpr const Kernels* kRows[] = {
#if defined(__x86_64__)
    &kAvx512Kernels,
    &kAvx2Kernels,
    &kSse42Kernels,
#elif defined(__aarch64__)
    &kNeonAesKernels,
    &kNeonKernels,
#endif
    &kGenericKernels,
};

std::string SupportedNames() {
  std::string names = "auto";
  for (const Kernels* row : kRows) {
    if (row->is_supported()) names.append(", ").append(row->name);
  }
  return names;
}

}  // namespace

namespace internal {

constinit std::atomic<const Kernels*> active_kernels = nullptr;

const Kernels* SelectBestKernels() {
  const Kernels* best = &kGenericKernels;
  for (const Kernels* row : kRows) {
    if (!row->is_supported()) continue;
    best = row;
    break;
  }
  // Relaxed: rows are constant data, and each thread that races here stores the same row.
  active_kernels.store(best, std::memory_order_relaxed);
  return best;
}

}  // namespace internal

std::span<const Kernels* const> CompiledKernels() {
  return kRows;
}

Result<> SelectKernels(std::string_view name) {
  if (name == "auto") {
    internal::SelectBestKernels();
    return {};
  }
  for (const Kernels* row : kRows) {
    if (row->name != name) continue;
    if (!row->is_supported()) {
      return Fail("simd '" + std::string(name) +
                  "' is not supported by this CPU; choose from " + SupportedNames());
    }
    internal::active_kernels.store(row, std::memory_order_relaxed);
    return {};
  }
  return Fail("simd '" + std::string(name) + "' is unknown; choose from " +
              SupportedNames());
}

}  // namespace skarn

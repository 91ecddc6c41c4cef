// SPDX-License-Identifier: BSD-3-Clause
//
// Each kernel's benchmarks, once for every row this CPU can run:
// "hash_keys/avx2/size:16".
#pragma once

#include <string>

#include <benchmark/benchmark.h>

#include "arch/kernels.h"

namespace skarn {

void RegisterHashBenchmarks();
void RegisterTagMatchBenchmarks();

// Calls run(state, row) in a benchmark per supported row; returns nothing to configure,
// so that `configure` gets each of them.
template <class Configure>
void ForEachRow(const char* kernel, void (*run)(benchmark::State&, const Kernels&),
                Configure configure) {
  for (const Kernels* row : CompiledKernels()) {
    if (!row->is_supported()) continue;
    const std::string name = std::string(kernel) + "/" + std::string(row->name);
    configure(benchmark::RegisterBenchmark(name.c_str(), run, *row));
  }
}

}  // namespace skarn

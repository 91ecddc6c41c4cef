// SPDX-License-Identifier: BSD-3-Clause
//
// Each kernel's benchmarks, once for every row this CPU can run:
// "hash_keys/avx2/bytes:16/keys:1".
#pragma once

#include <random>
#include <string>

#include <benchmark/benchmark.h>

#include "arch/kernels.h"

namespace skarn {

void RegisterBitsBenchmarks();
void RegisterCrcBenchmarks();
void RegisterHashBenchmarks();
void RegisterParseInt64Benchmarks();
void RegisterTagMatchBenchmarks();

// Registers run(state, row) for each supported row, and lets `configure` add its
// arguments.
template <class Configure>
void ForEachRow(const char* kernel, void (*run)(benchmark::State&, const Kernels&),
                Configure configure) {
  for (const Kernels* row : CompiledKernels()) {
    if (!row->is_supported()) continue;
    const std::string name = std::string(kernel) + "/" + std::string(row->name);
    configure(benchmark::RegisterBenchmark(name.c_str(), run, *row));
  }
}

inline std::string RandomBytes(size_t size_bytes) {
  std::mt19937_64 random(1);
  std::string bytes(size_bytes, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/arch/rows.h"

namespace skarn {
namespace {

void RunBitCount(benchmark::State& state, const Kernels& row) {
  const std::string data = RandomBytes(static_cast<size_t>(state.range(0)));
  uint64_t count = 0;
  for (auto _ : state) {
    count += row.bit_count(AsUnsigned(data), data.size());
    benchmark::ClobberMemory();
  }
  benchmark::DoNotOptimize(count);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

// AND stands for all: the operations differ in one instruction.
void RunBitAnd(benchmark::State& state, const Kernels& row) {
  const std::string left = RandomBytes(static_cast<size_t>(state.range(0)));
  const std::string right = RandomBytes(left.size());
  std::string result(left.size(), '\0');
  for (auto _ : state) {
    row.bit_operation(BitOperation::kAnd,
                      {.result = reinterpret_cast<uint8_t*>(result.data()),
                       .left = AsUnsigned(left),
                       .right = AsUnsigned(right),
                       .size_bytes = left.size()});
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void Sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgName("bytes")->Arg(8)->Arg(20)->Arg(64)->Arg(100)->Arg(1000)->Arg(16384)->Arg(
      1 << 20);
}

}  // namespace

void RegisterBitsBenchmarks() {
  ForEachRow("bit_count", &RunBitCount, &Sizes);
  ForEachRow("bit_and", &RunBitAnd, &Sizes);
}

}  // namespace skarn

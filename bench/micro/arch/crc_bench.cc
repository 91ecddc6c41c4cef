// SPDX-License-Identifier: BSD-3-Clause
#include "arch/crc64.h"
#include "bench/micro/arch/rows.h"

namespace skarn {
namespace {

// One after the other, as a snapshot is written: each call waits for the CRC of the one
// before.
void RunCrc64(benchmark::State& state, const Kernels& row) {
  const std::string data = RandomBytes(static_cast<size_t>(state.range(0)));
  uint64_t crc = 0;
  for (auto _ : state) crc = row.crc64(crc, AsUnsigned(data), data.size());
  benchmark::DoNotOptimize(crc);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void RunCrc64Combine(benchmark::State& state) {
  uint64_t crc = 1;
  for (auto _ : state) crc = Crc64Combine(crc, 2, static_cast<uint64_t>(state.range(0)));
  benchmark::DoNotOptimize(crc);
}

// Keys of a batch do not wait for each other.
void RunCrc16(benchmark::State& state, const Kernels& row) {
  constexpr size_t kKeyCount = 512;
  const size_t size_bytes = static_cast<size_t>(state.range(0));
  const std::string data = RandomBytes(kKeyCount + size_bytes);
  size_t key = 0;
  uint32_t sum = 0;
  for (auto _ : state) {
    sum += row.crc16(AsUnsigned(data) + key, size_bytes);
    key = (key + 1) % kKeyCount;
  }
  benchmark::DoNotOptimize(sum);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

}  // namespace

void RegisterCrcBenchmarks() {
  ForEachRow("crc64", &RunCrc64, [](benchmark::internal::Benchmark* bench) {
    bench->ArgName("bytes")->Arg(16)->Arg(40)->Arg(100)->Arg(300)->Arg(1000)->Arg(16384);
    bench->Arg(1 << 20);
  });
  benchmark::RegisterBenchmark("crc64_combine", &RunCrc64Combine)
      ->Arg(1000)
      ->Arg(123456789);
  ForEachRow("crc16", &RunCrc16, [](benchmark::internal::Benchmark* bench) {
    bench->ArgName("bytes")->Arg(5)->Arg(8)->Arg(12)->Arg(16)->Arg(24)->Arg(32)->Arg(100);
  });
}

}  // namespace skarn

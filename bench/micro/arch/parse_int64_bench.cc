// SPDX-License-Identifier: BSD-3-Clause
//
// Argument: digits, or 0 for 1 to 19 of them in random order.
#include <vector>

#include "bench/micro/arch/rows.h"

namespace skarn {
namespace {

void RunParseInt64(benchmark::State& state, const Kernels& row) {
  constexpr size_t kNumberCount = 4096;
  std::mt19937_64 random(1);
  std::vector<std::string> numbers;
  for (size_t i = 0; i < kNumberCount; ++i) {
    const size_t digits =
        state.range(0) > 0 ? static_cast<size_t>(state.range(0)) : 1 + random() % 19;
    std::string number(1, static_cast<char>('1' + random() % 8));
    while (number.size() < digits)
      number.push_back(static_cast<char>('0' + random() % 10));
    numbers.push_back(number);
  }
  size_t next = 0;
  int64_t sum = 0;
  for (auto _ : state) {
    int64_t value = 0;
    if (!row.parse_int64(numbers[next], &value)) state.SkipWithError("not a number");
    sum ^= value;
    next = (next + 1) % kNumberCount;
  }
  benchmark::DoNotOptimize(sum);
}

}  // namespace

void RegisterParseInt64Benchmarks() {
  ForEachRow("parse_int64", &RunParseInt64, [](benchmark::internal::Benchmark* bench) {
    bench->ArgName("digits")->Arg(0)->Arg(1)->Arg(3)->Arg(7)->Arg(10)->Arg(16)->Arg(19);
  });
}

}  // namespace skarn

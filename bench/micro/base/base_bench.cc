// SPDX-License-Identifier: BSD-3-Clause
#include <string>

#include <benchmark/benchmark.h>

#include "base/clock.h"
#include "base/glob.h"
#include "base/numbers.h"
#include "base/random.h"

namespace skarn {
namespace {

void ParseInteger(benchmark::State& state) {
  const std::string text(static_cast<size_t>(state.range(0)), '7');
  Bytes bytes = text;
  for (auto _ : state) {
    benchmark::DoNotOptimize(bytes);
    int64_t value = 0;
    ParseInt64(bytes, &value);
    benchmark::DoNotOptimize(value);
  }
}
BENCHMARK(ParseInteger)->Arg(1)->Arg(5)->Arg(10)->Arg(18);

void FormatInteger(benchmark::State& state) {
  int64_t value = state.range(0);
  char text[kInt64TextMax];
  for (auto _ : state) {
    benchmark::DoNotOptimize(value);
    benchmark::DoNotOptimize(FormatInt64(text, value));
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(FormatInteger)->Arg(7)->Arg(12345)->Arg(1234567890)->Arg(-1234567890123456789);

void ParseFloat(benchmark::State& state) {
  for (auto _ : state) {
    double value = 0;
    ParseDouble("1234.5678", &value);
    benchmark::DoNotOptimize(value);
  }
}
BENCHMARK(ParseFloat);

void FormatFloat(benchmark::State& state) {
  double value = 1234.5678;
  char text[kDoubleTextMax];
  for (auto _ : state) {
    benchmark::DoNotOptimize(value);
    benchmark::DoNotOptimize(FormatDouble(text, value));
  }
}
BENCHMARK(FormatFloat);

void Glob(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(GlobMatch("user:*:name", "user:123456:name"));
}
BENCHMARK(Glob);

void RandomNext(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ThreadRandom().Next());
}
BENCHMARK(RandomNext);

void ReadClock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(NowMicros());
}
BENCHMARK(ReadClock);

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "bench/micro/arch/rows.h"

int main(int argc, char** argv) {
  skarn::RegisterHashBenchmarks();
  skarn::RegisterTagMatchBenchmarks();
  skarn::RegisterCrcBenchmarks();
  skarn::RegisterBitsBenchmarks();
  skarn::RegisterParseInt64Benchmarks();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

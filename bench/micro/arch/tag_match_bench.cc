// SPDX-License-Identifier: BSD-3-Clause
#include "arch/tag_match.h"

#include <vector>

#include "bench/micro/arch/rows.h"

namespace skarn {
namespace {

template <uint32_t (*match)(const void*, uint16_t)>
void TagMatch(benchmark::State& state) {
  std::vector<uint16_t> buckets(8 * 512);
  for (size_t i = 0; i < buckets.size(); ++i)
    buckets[i] = static_cast<uint16_t>(i * 40503);
  size_t bucket = 0;
  uint32_t found = 0;
  for (auto _ : state) {
    found += match(&buckets[8 * bucket], static_cast<uint16_t>(bucket));
    bucket = (bucket + 1) % 512;
  }
  benchmark::DoNotOptimize(found);
}

}  // namespace

void RegisterTagMatchBenchmarks() {
  benchmark::RegisterBenchmark("tag_match/generic", &TagMatch<MatchTagsGeneric>);
  benchmark::RegisterBenchmark("tag_match/vector", &TagMatch<MatchTags>);
}

}  // namespace skarn

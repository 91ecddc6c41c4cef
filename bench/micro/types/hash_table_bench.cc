// SPDX-License-Identifier: BSD-3-Clause
//
// Fields of big hashes: finding, setting, growing, walking; bytes per field beside them.

#include "types/hash_table.h"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/random.h"

namespace skarn {
namespace {

constexpr char kValue[] = "value-of-16-byte";

std::vector<std::string> Names(int64_t count) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < count; ++i) names.push_back("field:" + std::to_string(i));
  return names;
}

std::unique_ptr<HashTable> Filled(const std::vector<std::string>& names) {
  auto table = std::make_unique<HashTable>();
  for (const std::string& name : names) table->Set(name, kValue);
  return table;
}

void BM_Find(benchmark::State& state) {
  const auto names = Names(state.range(0));
  const auto table = Filled(names);
  Random random(1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(table->Find(names[random.Below(names.size())]));
  }
  state.counters["bytes_per_field"] =
      static_cast<double>(table->SizeBytes()) / static_cast<double>(table->size());
}

void BM_FindMissing(benchmark::State& state) {
  const auto names = Names(state.range(0));
  const auto table = Filled(names);
  uint64_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table->Find(Bytes(reinterpret_cast<char*>(&i), sizeof i)));
    ++i;
  }
}

void BM_SetInPlace(benchmark::State& state) {
  const auto names = Names(state.range(0));
  const auto table = Filled(names);
  Random random(1);
  for (auto _ : state) table->Set(names[random.Below(names.size())], kValue);
}

void BM_Fill(benchmark::State& state) {
  const auto names = Names(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(Filled(names));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// What the standard library does with the same load.
void BM_FillUnorderedMap(benchmark::State& state) {
  const auto names = Names(state.range(0));
  for (auto _ : state) {
    std::unordered_map<std::string, std::string> map;
    for (const std::string& name : names) map.emplace(name, kValue);
    benchmark::DoNotOptimize(map);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_EraseAndSet(benchmark::State& state) {
  const auto names = Names(state.range(0));
  const auto table = Filled(names);
  Random random(1);
  for (auto _ : state) {
    const std::string& name = names[random.Below(names.size())];
    table->Erase(name);
    table->Set(name, kValue);
  }
}

void BM_Walk(benchmark::State& state) {
  const auto table = Filled(Names(state.range(0)));
  size_t bytes = 0;
  for (auto _ : state) {
    table->ForEach([&](const Field& field) { bytes += field.value().size(); });
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_PickRandom(benchmark::State& state) {
  const auto table = Filled(Names(state.range(0)));
  Random random(1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(&table->PickRandom([&] { return random.Next(); }));
  }
}

// One due field among many that are not: what active expiry costs a big hash.
void BM_EraseOneExpired(benchmark::State& state) {
  const auto names = Names(state.range(0));
  HashTable table;
  for (const std::string& name : names) table.Set(name, kValue, int64_t{1} << 40);
  Random random(1);
  for (auto _ : state) {
    const std::string& name = names[random.Below(names.size())];
    table.Set(name, kValue, 1);
    uint64_t position = 0;
    benchmark::DoNotOptimize(table.EraseExpired(2, 100, &position, [](const Field&) {}));
    table.Set(name, kValue, int64_t{1} << 40);
  }
}

BENCHMARK(BM_Find)->Arg(1000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(BM_FindMissing)->Arg(1000)->Arg(1'000'000);
BENCHMARK(BM_SetInPlace)->Arg(1000)->Arg(1'000'000);
BENCHMARK(BM_Fill)->Arg(1000)->Arg(100'000);
BENCHMARK(BM_FillUnorderedMap)->Arg(1000)->Arg(100'000);
BENCHMARK(BM_EraseAndSet)->Arg(1000)->Arg(100'000);
BENCHMARK(BM_Walk)->Arg(1000)->Arg(100'000);
BENCHMARK(BM_PickRandom)->Arg(1000)->Arg(1'000'000);
BENCHMARK(BM_EraseOneExpired)->Arg(1000)->Arg(100'000);

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// The listpack work of HGET and HSET on a small hash, at a given count of fields.

#include "types/listpack.h"

#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace skarn {
namespace {

struct Hash {
  std::vector<std::string> fields;
  std::string bytes;
};

Hash MakeHash(size_t field_count, const std::string& prefix) {
  Hash hash;
  ListpackBuilder builder(hash.bytes);
  for (size_t i = 0; i < field_count; ++i) {
    hash.fields.push_back(prefix + std::to_string(1000 + i));
    builder.Append(Bytes(hash.fields.back()));
    builder.Append(Bytes("value" + std::to_string(i * 7919 % 1000)));
  }
  builder.Finish();
  return hash;
}

// Looks for every field in turn: on average half of the hash is walked.
void FindField(benchmark::State& state, const std::string& prefix) {
  const Hash hash = MakeHash(static_cast<size_t>(state.range(0)), prefix);
  const ListpackView view(hash.bytes);
  size_t next = 0;
  for (auto _ : state) {
    const ListpackItem item{Bytes(hash.fields[next])};
    benchmark::DoNotOptimize(view.Find(item, view.first(), 1));
    if (++next == hash.fields.size()) next = 0;
  }
}

void BM_FindField(benchmark::State& state) {
  FindField(state, "field:");
}
void BM_FindShortField(benchmark::State& state) {
  FindField(state, "f");
}
void BM_FindIntegerField(benchmark::State& state) {
  FindField(state, "");
}
BENCHMARK(BM_FindField)->Arg(1)->Arg(5)->Arg(10)->Arg(25)->Arg(64);
BENCHMARK(BM_FindShortField)->Arg(10);
BENCHMARK(BM_FindIntegerField)->Arg(10);

void BM_FindMissingField(benchmark::State& state) {
  const Hash hash = MakeHash(static_cast<size_t>(state.range(0)), "field:");
  const ListpackView view(hash.bytes);
  const std::string field = "field:none";
  for (auto _ : state) {
    const ListpackItem item{Bytes(field)};
    benchmark::DoNotOptimize(view.Find(item, view.first(), 1));
  }
}
BENCHMARK(BM_FindMissingField)->Arg(5)->Arg(10)->Arg(25)->Arg(64);

// HSET of an existing field to a value of another size each time.
void BM_ReplaceValue(benchmark::State& state) {
  Hash hash = MakeHash(static_cast<size_t>(state.range(0)), "field:");
  hash.bytes.resize(hash.bytes.size() + 64);
  ListpackEditor editor(reinterpret_cast<uint8_t*>(hash.bytes.data()), hash.bytes.size());
  const std::string values[] = {"a value", "another value", "17", "value 1234"};
  size_t next = 0;
  for (auto _ : state) {
    const ListpackItem field{Bytes(hash.fields[next % hash.fields.size()])};
    const ListpackItem value{Bytes(values[next % 4])};
    const size_t position = editor.view().FindValue(field);
    if (editor.view().SizeWithReplaced(position, value) <= hash.bytes.size()) {
      editor.Replace(position, value);
    }
    ++next;
  }
}
BENCHMARK(BM_ReplaceValue)->Arg(5)->Arg(10)->Arg(25);

void BM_Examine(benchmark::State& state) {
  const Hash hash = MakeHash(static_cast<size_t>(state.range(0)), "field:");
  for (auto _ : state) benchmark::DoNotOptimize(ExamineListpack(hash.bytes));
}
BENCHMARK(BM_Examine)->Arg(10);

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// LZF on text like that of small JSON documents, and on bytes that do not compress.

#include "types/lzf.h"

#include <memory>
#include <random>
#include <string>

#include <benchmark/benchmark.h>

namespace skarn {
namespace {

std::string Document(size_t size_bytes) {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < size_bytes) {
    text += "{\"id\":" + std::to_string(random() % 100000) + ",\"name\":\"user-" +
            std::to_string(random() % 1000) +
            "\",\"active\":true,\"score\":" + std::to_string(random() % 500) + "},";
  }
  return text.substr(0, size_bytes);
}

std::string Noise(size_t size_bytes) {
  std::mt19937 random(1);
  std::string text(size_bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

void Compress(benchmark::State& state, const std::string& text) {
  const auto compressor = std::make_unique<LzfCompressor>();
  std::string out(text.size(), '\0');
  size_t size_bytes = 0;
  for (auto _ : state) {
    size_bytes =
        compressor->Compress(text, reinterpret_cast<uint8_t*>(out.data()), out.size());
    benchmark::DoNotOptimize(size_bytes);
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
  state.counters["ratio"] =
      static_cast<double>(size_bytes) / static_cast<double>(text.size());
}

void BM_CompressText(benchmark::State& state) {
  Compress(state, Document(static_cast<size_t>(state.range(0))));
}
void BM_CompressNoise(benchmark::State& state) {
  Compress(state, Noise(static_cast<size_t>(state.range(0))));
}
BENCHMARK(BM_CompressText)->Arg(64)->Arg(1024)->Arg(65536);
BENCHMARK(BM_CompressNoise)->Arg(64)->Arg(1024)->Arg(65536);

void BM_DecompressText(benchmark::State& state) {
  const std::string text = Document(static_cast<size_t>(state.range(0)));
  const auto compressor = std::make_unique<LzfCompressor>();
  std::string stream(text.size(), '\0');
  stream.resize(compressor->Compress(text, reinterpret_cast<uint8_t*>(stream.data()),
                                     stream.size()));
  std::string out(text.size(), '\0');
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        LzfDecompress(stream, reinterpret_cast<uint8_t*>(out.data()), out.size()));
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
BENCHMARK(BM_DecompressText)->Arg(1024)->Arg(65536);

}  // namespace
}  // namespace skarn

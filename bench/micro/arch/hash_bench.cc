// SPDX-License-Identifier: BSD-3-Clause
//
// Arguments: key bytes (0 means mixed: 1 to 32), keys per call. Time is per call; items
// are keys.
#include <random>
#include <vector>

#include "arch/generic/hash.h"
#include "bench/micro/arch/rows.h"

namespace skarn {
namespace {

constexpr uint8_t kRandomKey[16] = {1, 2, 3, 4};

struct KeySet {
  std::string data;
  std::vector<Bytes> keys;
};

// Mixed sizes come in so many keys that the CPU cannot learn their order.
KeySet MakeKeys(size_t size_bytes) {
  const size_t key_count = size_bytes > 0 ? 4096 : 32768;
  KeySet set;
  set.data.assign(key_count * 36 + size_bytes, 'k');
  std::mt19937_64 random(1);
  for (char& c : set.data) c = static_cast<char>(random());
  for (size_t i = 0; i < key_count; ++i) {
    const size_t key_bytes = size_bytes > 0 ? size_bytes : 1 + random() % 32;
    set.keys.push_back(
        Bytes(set.data).substr(i * 36 % (set.data.size() - key_bytes), key_bytes));
  }
  return set;
}

void HashKeys(benchmark::State& state, const Kernels& row) {
  const HashSecret secret = MakeHashSecret(kRandomKey);
  const KeySet set = MakeKeys(static_cast<size_t>(state.range(0)));
  const size_t batch = static_cast<size_t>(state.range(1));
  std::vector<uint64_t> hashes(batch);
  size_t first = 0;
  for (auto _ : state) {
    row.hash_keys(secret, &set.keys[first], batch, hashes.data());
    benchmark::ClobberMemory();
    first = (first + batch) % (set.keys.size() - batch);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * batch));
}

}  // namespace

void RegisterHashBenchmarks() {
  ForEachRow("hash_keys", &HashKeys, [](benchmark::internal::Benchmark* bench) {
    bench->ArgNames({"bytes", "keys"});
    for (const int64_t size_bytes : {0, 7, 16, 24, 32, 100, 1000}) {
      for (const int64_t keys : {1, 16}) bench->Args({size_bytes, keys});
    }
  });
}

}  // namespace skarn

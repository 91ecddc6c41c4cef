// SPDX-License-Identifier: BSD-3-Clause
#include "arch/x86_64/hash.h"
#include "arch/x86_64/x86_64.h"

namespace skarn {
namespace {

bool HasAvx2() {
  return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt") &&
         __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") &&
         __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2");
}

#define SKARN_TARGET_ROW SKARN_TARGET("sse4.2,popcnt,aes,pclmul,avx2,bmi,bmi2")

SKARN_TARGET_ROW
void HashKeys(const HashSecret& secret, const Bytes* keys, size_t key_count,
              uint64_t* hashes) {
  x86_64::HashKeysInGroups(secret, keys, key_count, hashes);
}

}  // namespace

const Kernels kAvx2Kernels = {
    .name = "avx2",
    .is_supported = &HasAvx2,
    .hash_kind = HashKind::kAesRounds,
    .hash_keys = &HashKeys,
};

}  // namespace skarn

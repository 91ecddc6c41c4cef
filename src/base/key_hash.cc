// SPDX-License-Identifier: BSD-3-Clause
#include "base/key_hash.h"

namespace skarn {
namespace {

// Constant after InitKeyHash, which runs before the first key is hashed.
HashSecret key_secret, field_secret;

}  // namespace

void InitKeyHash(std::span<const uint8_t, 32> random) {
  key_secret = MakeHashSecret(random.first<16>());
  field_secret = MakeHashSecret(random.last<16>());
}

const HashSecret& KeyHashSecret() {
  return key_secret;
}

uint64_t HashKey(Bytes key) {
  return HashKey(key_secret, key);
}
uint64_t HashField(Bytes field) {
  return HashKey(field_secret, field);
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Key: the name of an entry together with its hash, computed once per command (in
// batches).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/key_hash.h"

namespace skarn {

inline constexpr unsigned kShardBits = 12;
inline constexpr size_t kShardCount = size_t{1} << kShardBits;

struct Key {
  Bytes bytes;
  uint64_t hash = 0;

  size_t ShardIndex() const { return hash >> (64 - kShardBits); }
};

inline Key MakeKey(Bytes key) {
  return {key, HashKey(key)};
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// The hashes of keys and of fields, keyed with secrets drawn at every start, so that
// nobody outside can aim at one bucket. Two secrets: the order of HSCAN tells nothing
// about the keyspace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "arch/kernels.h"
#include "base/bytes.h"

namespace skarn {

// Once, after SelectKernels and before the first key is hashed.
void InitKeyHash(std::span<const uint8_t, 32> random);

const HashSecret& KeyHashSecret();

uint64_t HashKey(Bytes key);
uint64_t HashField(Bytes field);

// For tables of the standard library whose keys are names from outside; finds by Bytes.
struct NameHash {
  using is_transparent = void;
  size_t operator()(Bytes name) const { return HashKey(name); }
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Kernels: small hot functions that each CPU has its own best way to do. A backend is one
// row of function pointers; one row is chosen at start and serves the whole process.
// Threads: any; rows are constant, and the choice is made before workers start.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "arch/hash_secret.h"
#include "base/bytes.h"
#include "base/result.h"

namespace skarn {

// Which function hash_keys computes. Rows of one kind give equal hashes; the two kinds
// differ.
enum class HashKind : uint8_t {
  kAesRounds,  // Keyed AES rounds: needs AES instructions to be fast. See generic/hash.h.
  kSipHash13,  // SipHash with 1 and 3 rounds: for CPUs (or guests) without them.
};

enum class BitOperation : uint8_t {
  kAnd,
  kOr,
  kXor,
  kAndNot,  // left AND NOT right.
  kNot,     // NOT left; right is not read, and may be null.
};

// `result` may be `left` or `right` itself, but not overlap them in another way.
struct BitOperands {
  uint8_t* result;
  const uint8_t* left;
  const uint8_t* right;
  size_t size_bytes;  // Of each.
};

// No pointer is ever null. No kernel reads or writes outside the ranges given, allocates
// or locks; none needs alignment.
struct Kernels {
  std::string_view name;   // "generic", "avx2", "neon"; shown by INFO, forced by --simd.
  bool (*is_supported)();  // May this CPU run the row?

  HashKind hash_kind;
  // Writes the hash of keys[i] to hashes[i]. All 64 bits are good: use any of them for
  // anything. Hashes are unpredictable without the secret. One call for many keys hides
  // latency.
  void (*hash_keys)(const HashSecret& secret, const Bytes* keys, size_t key_count,
                    uint64_t* hashes);

  // The checksum behind cluster slots: polynomial 0x1021, initial value 0, not reflected.
  uint16_t (*crc16)(const uint8_t* data, size_t size_bytes);
  // The CRC-64 (Jones) of what `crc` covers, followed by data; `crc` of nothing is 0.
  uint64_t (*crc64)(uint64_t crc, const uint8_t* data, size_t size_bytes);

  // The number of bits set in data[0, size_bytes).
  uint64_t (*bit_count)(const uint8_t* data, size_t size_bytes);
  void (*bit_operation)(BitOperation operation, const BitOperands& operands);

  // Reads a decimal integer as the protocol wants it: optional '-', then digits without
  // zeros in front, within the range of int64_t; no '+', no "-0", no space. Otherwise
  // returns false and leaves `value` alone.
  bool (*parse_int64)(Bytes text, int64_t* value);
};

// The rows of this build, best first, generic last.
std::span<const Kernels* const> CompiledKernels();

// Chooses the row that ActiveKernels() returns: by its name, or the best supported one
// for "auto". Fails, and changes nothing, when no row has that name or this CPU cannot
// run it. Call it before any hash is stored and before workers start; without it, "auto"
// is what runs.
Result<> SelectKernels(std::string_view name);

namespace internal {
// Server state: written before workers start. Atomic only because a first use may also
// set it.
extern std::atomic<const Kernels*> active_kernels;
const Kernels* SelectBestKernels();
}  // namespace internal

// The row in use. Cost: one load and a predicted branch.
inline const Kernels& ActiveKernels() {
  const Kernels* row = internal::active_kernels.load(std::memory_order_relaxed);
  if (row == nullptr) [[unlikely]]
    row = internal::SelectBestKernels();
  return *row;
}

// The hash of one key, the same as hash_keys gives.
inline uint64_t HashKey(const HashSecret& secret, Bytes key) {
  uint64_t hash;
  ActiveKernels().hash_keys(secret, &key, 1, &hash);
  return hash;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// LZF, the compression of strings in RDB files and DUMP payloads (reference:
// formats.md, 3.3): runs of literals and references at most 8192 bytes back, in one pass.
// Threads: a compressor belongs to one thread at a time; decompression has no state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace skarn {

inline constexpr size_t kLzfInputBytesMax = size_t{1} << 30;

// Compresses. 256 KB, so it lives on the heap of its owner and serves many strings:
// nothing is cleared between them, yet the output depends on the input alone.
class LzfCompressor {
 public:
  LzfCompressor() = default;
  LzfCompressor(const LzfCompressor&) = delete;
  LzfCompressor& operator=(const LzfCompressor&) = delete;

  // Compresses `input` into out[0, capacity_bytes); returns the bytes written, or 0 when
  // they do not fit or `input` is empty or above kLzfInputBytesMax. What is in `out` is
  // then undefined.
  size_t Compress(Bytes input, uint8_t* out, size_t capacity_bytes);

 private:
  // Large enough that most inputs of some kilobytes see no two triples share a slot, in
  // which case the output equals that of stock servers byte for byte.
  static constexpr int kTableBits = 16;

  uint32_t& SlotOf(uint32_t triple) {
    return table_[triple * 0x9E3779B1u >> (32 - kTableBits)];
  }

  // By hash of three bytes: base_ plus where they were last seen. Values below base_ are
  // left from earlier inputs.
  std::array<uint32_t, size_t{1} << kTableBits> table_{};
  uint32_t base_ = 1;
};

// Decompresses `input` into exactly out[0, size_bytes). Returns false if `input` is not a
// stream of that size; `out` is then undefined. Reads and writes nothing outside the two.
bool LzfDecompress(Bytes input, uint8_t* out, size_t size_bytes);

}  // namespace skarn

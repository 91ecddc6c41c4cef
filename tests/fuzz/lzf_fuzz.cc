// SPDX-License-Identifier: BSD-3-Clause
//
// Any bytes, decompressed to any size, stay inside their buffers; compressed, they come
// back.
#include <cstdint>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "types/lzf.h"

namespace skarn {
namespace {

void TryOne(Bytes bytes) {
  static LzfCompressor compressor;
  if (bytes.size() < 2) return;
  const size_t out_bytes = static_cast<uint8_t>(bytes[0]) << 4 | (bytes[1] & 15);
  bytes.remove_prefix(2);
  const auto out = std::make_unique<uint8_t[]>(out_bytes);
  LzfDecompress(bytes, out.get(), out_bytes);

  // Bounded: whatever fits comes back.
  const size_t size = compressor.Compress(bytes, out.get(), out_bytes);
  SKARN_CHECK(size <= out_bytes);
  if (size == 0) return;
  const auto back = std::make_unique<uint8_t[]>(bytes.size());
  const Bytes stream(reinterpret_cast<const char*>(out.get()), size);
  SKARN_CHECK(LzfDecompress(stream, back.get(), bytes.size()));
  SKARN_CHECK(std::memcmp(back.get(), bytes.data(), bytes.size()) == 0);
}

}  // namespace
}  // namespace skarn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  skarn::TryOne({reinterpret_cast<const char*>(data), size});
  return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
//
// Where an RdbReader gets its bytes from when they are not all in memory.
// Threads: one at a time. Owner: whoever loads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/result.h"

namespace skarn {

class RdbSource {
 public:
  virtual ~RdbSource() = default;
  // Reads 1 to `capacity_bytes` bytes to `to`, fewer only if no more are at hand; 0 at
  // the end.
  virtual Result<size_t> Read(uint8_t* to, size_t capacity_bytes) = 0;
  // How many bytes there are in all, if that is known: lengths beyond it are then refused
  // at once.
  virtual std::optional<uint64_t> size_bytes() const { return std::nullopt; }
};

// Reads a file from where its descriptor stands. The descriptor belongs to the caller.
class FileRdbSource final : public RdbSource {
 public:
  explicit FileRdbSource(int fd);
  Result<size_t> Read(uint8_t* to, size_t capacity_bytes) override;
  std::optional<uint64_t> size_bytes() const override { return size_bytes_; }

 private:
  int fd_;
  std::optional<uint64_t> size_bytes_;  // From where the descriptor stood.
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// GuardedBytes: random bytes that end where an unmapped page begins, and begin where one
// ends, if they fill whole pages. A kernel which touches a byte behind them crashes.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>

#include "base/bytes.h"

namespace skarn {

class GuardedBytes {
 public:
  // `lead_bytes` more are mapped (and random) in front, to move the start off its
  // alignment.
  GuardedBytes(size_t size_bytes, uint64_t seed, bool at_page_start = false)
      : size_bytes_(size_bytes) {
    const size_t page_bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t pages_bytes = (size_bytes + page_bytes - 1) / page_bytes * page_bytes;
    mapping_bytes_ = pages_bytes + 2 * page_bytes;
    void* mapping =
        mmap(nullptr, mapping_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) Die("mmap");
    mapping_ = static_cast<uint8_t*>(mapping);
    uint8_t* pages = mapping_ + page_bytes;
    if (pages_bytes > 0 && mprotect(pages, pages_bytes, PROT_READ | PROT_WRITE) != 0) {
      Die("mprotect");
    }
    data_ = at_page_start ? pages : pages + pages_bytes - size_bytes;
    std::mt19937_64 random(seed);
    for (size_t i = 0; i < size_bytes; ++i) data_[i] = static_cast<uint8_t>(random());
  }
  ~GuardedBytes() { munmap(mapping_, mapping_bytes_); }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_bytes_; }
  Bytes bytes() const { return Bytes(reinterpret_cast<const char*>(data_), size_bytes_); }

 private:
  [[noreturn]] static void Die(const char* what) {
    std::perror(what);
    std::abort();
  }

  uint8_t* mapping_;
  uint8_t* data_;
  size_t mapping_bytes_;
  size_t size_bytes_;
};

}  // namespace skarn

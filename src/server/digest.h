// SPDX-License-Identifier: BSD-3-Clause
//
// Digests of values and of the whole keyspace, for tests that compare contents: equal
// data gives equal digests whatever the order, the encoding and the server. Threads: with
// the gate closed.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "keyspace/keyspace.h"

namespace skarn {

class Digest {
 public:
  static constexpr size_t kSizeBytes = 20;

  // SHA-1 of the text.
  static Digest Of(Bytes text);

  // Order does not matter between digests added.
  void Add(const Digest& other) {
    for (size_t i = 0; i < kSizeBytes; ++i) bytes_[i] ^= other.bytes_[i];
  }
  Bytes bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), kSizeBytes};
  }
  std::string Hex() const;

 private:
  std::array<uint8_t, kSizeBytes> bytes_{};
};

// Of type, value and expiries; not of the key.
Digest DigestOfValue(const Entry& entry);
// Of all that has not expired at `now`.
Digest DigestOfKeyspace(const Keyspace& keyspace, ExpiryMillis now);

}  // namespace skarn

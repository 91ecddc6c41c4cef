// SPDX-License-Identifier: BSD-3-Clause
//
// What stock servers wrote, in data/, and what the persistence tests share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "persistence/rdb_hash.h"
#include "persistence/rdb_source.h"

namespace skarn {

// A line of data/dump_vectors.txt.
struct DumpVector {
  std::string kind;  // "string" or "hash"
  std::string name;
  size_t size = 0;
  uint64_t content_crc = 0;
  std::string payload;
};

std::vector<DumpVector> ReadDumpVectors();

// The bytes of file `name` in data/.
std::string ReadTestData(const std::string& name);

std::string FromHex(Bytes hex);
std::string ToHex(Bytes bytes);

// Gives its bytes out in pieces of at most `piece_bytes`.
class PieceSource final : public RdbSource {
 public:
  PieceSource(Bytes bytes, size_t piece_bytes, bool tells_size = true)
      : bytes_(bytes),
        all_bytes_(bytes.size()),
        piece_bytes_(piece_bytes),
        tells_size_(tells_size) {}
  Result<size_t> Read(uint8_t* to, size_t capacity_bytes) override;
  std::optional<uint64_t> size_bytes() const override {
    return tells_size_ ? std::optional<uint64_t>(all_bytes_) : std::nullopt;
  }

 private:
  Bytes bytes_;
  size_t all_bytes_;
  size_t piece_bytes_;
  bool tells_size_;
};

// Keeps a hash as "field NUL value NUL expiry LF" lines.
class HashLines final : public RdbHashSink {
 public:
  explicit HashLines(bool takes_listpacks = false) : takes_listpacks_(takes_listpacks) {}
  bool AddField(Bytes field, Bytes value, int64_t expires_at_ms) override;
  bool AddListpack(ListpackView pairs) override;

  // All lines, sorted.
  std::string text() const;
  bool took_listpack() const { return took_listpack_; }

 private:
  std::vector<std::string> fields_;
  std::vector<std::string> lines_;
  bool takes_listpacks_;
  bool took_listpack_ = false;
};

}  // namespace skarn

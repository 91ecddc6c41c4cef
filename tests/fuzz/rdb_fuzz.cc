// SPDX-License-Identifier: BSD-3-Clause
//
// Any bytes as an RDB file, from memory and in small pieces: the same records, the same
// end. The first byte chooses pieces and options; checksums are off, or nothing would get
// past them.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include <fmt/format.h>

#include "base/check.h"
#include "persistence/rdb_file.h"
#include "persistence/rdb_skip.h"

namespace skarn {
namespace {

class Pieces final : public RdbSource {
 public:
  Pieces(Bytes bytes, size_t piece_bytes) : bytes_(bytes), piece_bytes_(piece_bytes) {}
  Result<size_t> Read(uint8_t* to, size_t capacity_bytes) override {
    const size_t size = std::min({bytes_.size(), capacity_bytes, piece_bytes_});
    if (size > 0) std::memcpy(to, bytes_.data(), size);
    bytes_.remove_prefix(size);
    return size;
  }

 private:
  Bytes bytes_;
  size_t piece_bytes_;
};

class Fields final : public RdbHashSink {
 public:
  explicit Fields(std::string& out) : out_(out) {}
  bool AddField(Bytes field, Bytes value, int64_t expires_at_ms) override {
    out_ += fmt::format("{} {} {}\n", field.size(), value.size(), expires_at_ms);
    return ++count_ < 10000;
  }

 private:
  std::string& out_;
  int count_ = 0;
};

// The records and whether the end was right. Offsets and texts of failures may differ
// with the source, as one that knows its size sees a false length sooner.
std::string Outcome(RdbReader& reader, RdbFileOptions options) {
  RdbFileReader file(reader, options);
  if (!file.ReadHeader()) return "no header";
  std::string outcome;
  while (true) {
    const Result<RdbRecord> record = file.Next();
    if (!record) return outcome + "failed";
    outcome += fmt::format("{} at {}: {} {} {}\n", static_cast<int>(record->kind),
                           record->offset, record->key.size(), record->number,
                           record->expires_at_ms);
    if (record->kind == RdbRecord::Kind::kEnd) return outcome;
    if (record->kind != RdbRecord::Kind::kKey) continue;
    if (IsRdbHash(record->type, reader.dialect())) {
      Fields sink(outcome);
      if (!ReadRdbHash(reader, record->type, sink)) return outcome + "failed";
    } else if (record->type == kRdbString) {
      outcome += fmt::format("{}\n", reader.String().size());
    } else {
      (void)SkipRdbValue(reader, record->type);
    }
    if (outcome.size() > 1 << 20) return outcome;
  }
}

void TryOne(Bytes bytes) {
  if (bytes.empty()) return;
  const auto choice = static_cast<uint8_t>(bytes[0]);
  bytes.remove_prefix(1);
  const RdbFileOptions options{.version_check = choice & 128 ? RdbVersionCheck::kRelaxed
                                                             : RdbVersionCheck::kStrict,
                               .verifies_checksum = false};
  RdbReader whole(bytes);
  const std::string outcome = Outcome(whole, options);
  Pieces source(bytes, 1 + (choice & 15));
  RdbReader pieces(source, size_t{16} << (choice >> 4 & 7));
  SKARN_CHECK(Outcome(pieces, options) == outcome);
}

}  // namespace
}  // namespace skarn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  skarn::TryOne({reinterpret_cast<const char*>(data), size});
  return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
//
// Any bytes as the body of a DUMP payload, given a right footer: a value read from it and
// written anew reads back the same.
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/check.h"
#include "persistence/dump_payload.h"
#include "persistence/rdb_hash.h"
#include "persistence/rdb_reader.h"
#include "persistence/rdb_skip.h"
#include "persistence/rdb_writer.h"

namespace skarn {
namespace {

class Fields final : public RdbHashSink {
 public:
  bool AddField(Bytes field, Bytes value, int64_t expires_at_ms) override {
    return fields.emplace(field, std::pair(std::string(value), expires_at_ms)).second;
  }
  std::map<std::string, std::pair<std::string, int64_t>, std::less<>> fields;
};

// One for all runs, for the sake of its compressor.
RdbWriter& EmptyWriter() {
  static RdbWriter writer;
  writer.Clear();
  return writer;
}

void TryHash(const DumpPayload& payload) {
  RdbReader reader(payload.value, payload.dialect);
  Fields sink;
  if (!ReadRdbHash(reader, payload.type, sink)) return;
  RdbWriter& writer = EmptyWriter();
  writer.Length(sink.fields.size());
  for (const auto& [field, rest] : sink.fields) {
    writer.HashFieldWithExpiry(field, rest.first, rest.second);
  }
  RdbReader again(writer.bytes(), RdbDialect::kValkey);
  Fields same;
  SKARN_CHECK(ReadRdbHash(again, kRdbHash2, same).value() == sink.fields.size());
  SKARN_CHECK(same.fields == sink.fields && again.AtEnd());
}

void TryString(const DumpPayload& payload) {
  RdbReader reader(payload.value, payload.dialect);
  const std::string text(reader.String());
  if (!reader.ok()) return;
  RdbWriter& writer = EmptyWriter();
  writer.String(text);
  RdbReader again(writer.bytes());
  SKARN_CHECK(again.String() == text && again.AtEnd());
}

void TryOne(Bytes bytes) {
  (void)OpenDumpPayload(bytes, RdbVersionCheck::kRelaxed);
  if (bytes.empty()) return;
  static constexpr int kVersions[] = {11, 12, 80};
  std::string payload(bytes.substr(1));
  AppendDumpFooter(payload, kVersions[static_cast<uint8_t>(bytes[0]) % 3]);
  const auto opened = OpenDumpPayload(payload, RdbVersionCheck::kRelaxed);
  SKARN_CHECK(opened);
  if (IsRdbHash(opened->type, opened->dialect)) TryHash(*opened);
  if (opened->type == kRdbString) TryString(*opened);
  RdbReader skipped(opened->value, opened->dialect);
  (void)SkipRdbValue(skipped, opened->type);
}

}  // namespace
}  // namespace skarn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  skarn::TryOne({reinterpret_cast<const char*>(data), size});
  return 0;
}

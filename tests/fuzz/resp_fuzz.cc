// SPDX-License-Identifier: BSD-3-Clause
//
// Any bytes, whole and in pieces, must give the same requests and the same end, with no
// step outside the input. The first two bytes choose the limits and the size of the
// pieces.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "resp/parser.h"

namespace skarn {
namespace {

// The words of all requests, each ended by a mark, and how the stream ended.
std::string Outcome(Bytes stream, size_t piece_bytes, const RequestLimits& limits) {
  RequestParser parser;
  std::string outcome;
  std::string pending;
  while (!stream.empty()) {
    const Bytes piece = stream.substr(0, piece_bytes);
    stream.remove_prefix(piece.size());
    pending.append(piece);
    while (true) {
      // A block of its own, so that the address sanitizer sees its end.
      const auto block = std::make_unique<char[]>(pending.size());
      pending.copy(block.get(), pending.size());
      std::vector<Bytes> args;
      size_t consumed = 0;
      const ParseStatus status =
          parser.Parse({block.get(), pending.size()}, limits, &consumed, &args);
      SKARN_CHECK(consumed <= pending.size());
      SKARN_CHECK((status == ParseStatus::kRequest) <= !args.empty());
      for (const Bytes word : args) outcome.append(word).append("\x01");
      outcome.append("\x02");
      if (status == ParseStatus::kNeedMore) {
        SKARN_CHECK(consumed == 0 && args.empty());
        outcome.pop_back();
        break;
      }
      if (status == ParseStatus::kError) return outcome.append(parser.error());
      if (status == ParseStatus::kCrossProtocol) return outcome;
      SKARN_CHECK(consumed > 0);
      parser.ReleaseViews();
      pending.erase(0, consumed);
    }
  }
  return outcome;
}

}  // namespace
}  // namespace skarn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const skarn::Bytes stream(reinterpret_cast<const char*>(data) + 2, size - 2);
  const skarn::RequestLimits limits = {
      .bulk_bytes_max = int64_t{1} << (10 + data[0] % 20),
      .is_authenticated = data[0] % 2 == 0};
  const size_t piece_bytes = size_t{1} + data[1] % 64;
  SKARN_CHECK(skarn::Outcome(stream, stream.size(), limits) ==
              skarn::Outcome(stream, piece_bytes, limits));
  return 0;
}

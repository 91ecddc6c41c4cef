// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/dump_payload.h"

#include "persistence/crc64.h"
#include "types/byte_order.h"

namespace skarn {

namespace {

bool IsAccepted(int version, RdbVersionCheck check) {
  if (version < 1) return false;
  return check == RdbVersionCheck::kRelaxed || version <= kRdbVersionCommon ||
         version == kRdbVersionValkey;
}

}  // namespace

void AppendDumpFooter(std::string& payload, int version) {
  char footer[kDumpFooterBytes];
  StoreLittle<uint16_t>(footer, static_cast<uint16_t>(version));
  payload.append(footer, 2);
  StoreLittle<uint64_t>(footer, Crc64(0, payload));
  payload.append(footer, 8);
}

std::optional<DumpPayload> OpenDumpPayload(Bytes payload, RdbVersionCheck check) {
  if (payload.size() < kDumpFooterBytes) return std::nullopt;
  const Bytes body = payload.substr(0, payload.size() - kDumpFooterBytes);
  const char* const footer = payload.data() + body.size();
  DumpPayload opened{.version = LoadLittle<uint16_t>(footer)};
  if (!IsAccepted(opened.version, check)) return std::nullopt;
  // Unlike in a file, 0 does not mean "unchecked".
  const Bytes covered = payload.substr(0, body.size() + 2);
  if (LoadLittle<uint64_t>(footer + 2) != Crc64(0, covered)) return std::nullopt;
  opened.dialect = DialectOfVersion(opened.version);
  if (!body.empty()) {
    opened.type = static_cast<uint8_t>(body[0]);
    opened.value = body.substr(1);
  }
  return opened;
}

}  // namespace skarn

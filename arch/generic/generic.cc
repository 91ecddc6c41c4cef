// SPDX-License-Identifier: BSD-3-Clause
#include "arch/generic/generic.h"

namespace skarn {
namespace {

bool Always() {
  return true;
}

}  // namespace

const Kernels kGenericKernels = {
    .name = "generic",
    .is_supported = &Always,
    .hash_kind = HashKind::kSipHash13,
    .hash_keys = &generic::HashKeysSip,
    .crc16 = &generic::Crc16,
    .crc64 = &generic::Crc64,
    .bit_count = &generic::BitCount,
    .bit_operation = &generic::BitOperate,
    .parse_int64 = &generic::ParseInt64,
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include <arm_neon.h>

#include "arch/aarch64/aarch64.h"
#include "arch/generic/generic.h"

namespace skarn {
namespace {

bool HasNeon() {
  return true;
}

inline uint8x16_t Apply(BitOperation operation, uint8x16_t left, uint8x16_t right) {
  switch (operation) {
    case BitOperation::kAnd:
      return vandq_u8(left, right);
    case BitOperation::kOr:
      return vorrq_u8(left, right);
    case BitOperation::kXor:
      return veorq_u8(left, right);
    case BitOperation::kAndNot:
      return vbicq_u8(left, right);
    case BitOperation::kNot:
      return vmvnq_u8(left);
  }
  __builtin_unreachable();
}

template <BitOperation operation>
void OperateAs(const BitOperands& operands) {
  if (operands.size_bytes < 16) return generic::BitOperate(operation, operands);
  const uint8_t* right = operation == BitOperation::kNot ? operands.left : operands.right;
  // The last vector may overlap the one before it, so it is read before anything is
  // written.
  const size_t last = operands.size_bytes - 16;
  const uint8x16_t last_value =
      Apply(operation, vld1q_u8(operands.left + last), vld1q_u8(right + last));
  for (size_t i = 0; i < last; i += 16) {
    const uint8x16_t value =
        Apply(operation, vld1q_u8(operands.left + i), vld1q_u8(right + i));
    vst1q_u8(operands.result + i, value);
  }
  vst1q_u8(operands.result + last, last_value);
}

}  // namespace

namespace neon {

uint64_t BitCount(const uint8_t* data, size_t size_bytes) {
  uint64x2_t sums = vdupq_n_u64(0);
  for (; size_bytes >= 64; size_bytes -= 64, data += 64) {
    // At most 32 in a byte, so four vectors are added before they are widened.
    const uint8x16_t first =
        vaddq_u8(vcntq_u8(vld1q_u8(data)), vcntq_u8(vld1q_u8(data + 16)));
    const uint8x16_t second =
        vaddq_u8(vcntq_u8(vld1q_u8(data + 32)), vcntq_u8(vld1q_u8(data + 48)));
    sums = vpadalq_u32(sums, vpaddlq_u16(vpaddlq_u8(vaddq_u8(first, second))));
  }
  uint64_t count = vaddvq_u64(sums);
  for (; size_bytes >= 16; size_bytes -= 16, data += 16) {
    count += vaddlvq_u8(vcntq_u8(vld1q_u8(data)));
  }
  return count + generic::BitCount(data, size_bytes);
}

void BitOperate(BitOperation operation, const BitOperands& operands) {
  switch (operation) {
    case BitOperation::kAnd:
      return OperateAs<BitOperation::kAnd>(operands);
    case BitOperation::kOr:
      return OperateAs<BitOperation::kOr>(operands);
    case BitOperation::kXor:
      return OperateAs<BitOperation::kXor>(operands);
    case BitOperation::kAndNot:
      return OperateAs<BitOperation::kAndNot>(operands);
    case BitOperation::kNot:
      return OperateAs<BitOperation::kNot>(operands);
  }
}

}  // namespace neon

const Kernels kNeonKernels = {
    .name = "neon",
    .is_supported = &HasNeon,
    .hash_kind = HashKind::kSipHash13,
    .hash_keys = &generic::HashKeysSip,
    .crc16 = &generic::Crc16,
    .crc64 = &generic::Crc64,
    .bit_count = &neon::BitCount,
    .bit_operation = &neon::BitOperate,
    .parse_int64 = &generic::ParseInt64,
};

}  // namespace skarn

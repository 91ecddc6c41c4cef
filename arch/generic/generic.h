// SPDX-License-Identifier: BSD-3-Clause
//
// The generic row: what each kernel means, in plain C++. Other rows take from here what
// they do not improve. The contracts stand in arch/kernels.h.
#pragma once

#include "arch/kernels.h"

namespace skarn {

extern const Kernels kGenericKernels;

namespace generic {

void HashKeysSip(const HashSecret& secret, const Bytes* keys, size_t key_count,
                 uint64_t* hashes);
uint16_t Crc16(const uint8_t* data, size_t size_bytes);
uint64_t Crc64(uint64_t crc, const uint8_t* data, size_t size_bytes);
uint64_t BitCount(const uint8_t* data, size_t size_bytes);
void BitOperate(BitOperation operation, const BitOperands& operands);
bool ParseInt64(Bytes text, int64_t* value);

}  // namespace generic
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// SKARN_TARGET("avx2,popcnt") lets one function use instructions that the rest of the
// program must not: it is called only through a row whose is_supported() has looked for
// them.
#pragma once

#define SKARN_TARGET(features) __attribute__((target(features)))

// For a helper that is to become part of the functions which call it and have its
// features too.
#define SKARN_TARGET_INLINE(features) \
  __attribute__((target(features), always_inline)) inline

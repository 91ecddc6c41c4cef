// SPDX-License-Identifier: BSD-3-Clause
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace skarn {

void CheckFailed(const char* claim, const char* file, int line) {
  std::fprintf(stderr, "skarn: %s:%d: this should hold: %s\n", file, line, claim);
  std::abort();
}

}  // namespace skarn

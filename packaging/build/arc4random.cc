// SPDX-License-Identifier: BSD-3-Clause
//
// arc4random for a glibc that has none: it came with 2.36, and std::random_device in the
// C++ library of Debian 12 names it, among other sources. This one asks the kernel.
#include <sys/random.h>

#include <cstdint>
#include <cstdlib>

extern "C" [[gnu::visibility("hidden")]] uint32_t arc4random() noexcept {
  uint32_t value = 0;
  // Up to 256 bytes come at once or, early after the boot, after a wait.
  while (getrandom(&value, sizeof(value), 0) != sizeof(value)) {
  }
  return value;
}

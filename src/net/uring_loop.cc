// SPDX-License-Identifier: BSD-3-Clause
#include "net/event_loop.h"

namespace skarn {

Result<std::unique_ptr<EventLoop>> CreateUringLoop() {
  return Fail("io_uring is not available in this build");
}

}  // namespace skarn

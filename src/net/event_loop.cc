// SPDX-License-Identifier: BSD-3-Clause
#include "net/event_loop.h"

namespace skarn {

Result<std::unique_ptr<EventLoop>> EventLoop::Create(LoopKind kind) {
  if (kind == LoopKind::kUring) return CreateUringLoop();
  if (kind == LoopKind::kAuto) {
    if (auto loop = CreateUringLoop()) return loop;
  }
  return CreateEpollLoop();
}

}  // namespace skarn

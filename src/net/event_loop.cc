// SPDX-License-Identifier: BSD-3-Clause
#include "net/event_loop.h"

namespace skarn {

Result<std::unique_ptr<EventLoop>> EventLoop::Create(LoopKind kind, BlockPool& blocks) {
  if (kind == LoopKind::kUring) return CreateUringLoop(blocks);
  // kAuto is epoll: on the kernels measured so far io_uring ties without pipelines and
  // loses a quarter with fat ones, where its send copies the replies out of a colder
  // cache.
  return CreateEpollLoop();
}

}  // namespace skarn

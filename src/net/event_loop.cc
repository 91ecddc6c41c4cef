// SPDX-License-Identifier: BSD-3-Clause
#include "net/event_loop.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "base/system_call.h"

namespace skarn {
namespace {

// With io_uring a turn costs one system call where epoll makes one for each receive and
// each send, and one to wait. Its own bookkeeping costs as much as two or three cheap
// calls: at 1000 ns a call it took 6 to 30 % less of the CPU (GET and SET of 64 B and
// 1 KB, with and without pipeline), where calls are cheap it only ties.
constexpr uint64_t kDearCallNanoseconds = 400;

bool IsUringDeadly() {
  static const bool is_deadly = IsDeadly([] {
    syscall(SYS_io_uring_setup, 0, nullptr);
    syscall(SYS_io_uring_register, -1, 0, nullptr, 0);
    syscall(SYS_io_uring_enter, -1, 0, 0, 0, nullptr, 0);
  });
  return is_deadly;
}

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::Create(LoopKind kind, BlockPool& blocks) {
  if (kind == LoopKind::kUring) return CreateUringLoop(blocks);
  if (kind == LoopKind::kAuto && SystemCallNanoseconds() >= kDearCallNanoseconds &&
      !IsUringDeadly()) {
    if (auto loop = CreateUringLoop(blocks)) return loop;  // Else the kernel refuses it.
  }
  return CreateEpollLoop();
}

}  // namespace skarn

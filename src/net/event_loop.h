// SPDX-License-Identifier: BSD-3-Clause
//
// EventLoop: the seam between a worker and the kernel's ways of moving bytes. The worker
// waits, receives into connections, sends from them; epoll and io_uring differ behind
// these calls.
//
// Threads: the worker that owns it; Wake from any. Owner: the worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/block_pool.h"
#include "net/connection.h"

namespace skarn {

enum class LoopKind : uint8_t { kAuto, kEpoll, kUring };

enum class IoStatus : uint8_t {
  kDone,     // Bytes moved; for Send: everything is gone.
  kBlocked,  // Nothing (more) to be had now.
  kClosed,   // The peer is gone or the socket failed.
};

class EventLoop {
 public:
  // The loop asked for, after a probe of what the kernel allows; kAuto takes io_uring
  // where it is to be had, else epoll. A forced loop that the kernel refuses is a
  // failure. `blocks` outlives the loop.
  static Result<std::unique_ptr<EventLoop>> Create(LoopKind kind, BlockPool& blocks);

  virtual ~EventLoop() = default;
  virtual std::string_view name() const = 0;

  // Listening sockets are told apart from connections by a tag the caller chooses.
  virtual Result<> AddListener(int fd, uint32_t tag) = 0;
  virtual void RemoveListener(int fd) = 0;
  virtual Result<> Add(Connection& connection) = 0;
  // The connection is about to be closed; no event of it comes after this, and what is
  // not sent yet is dropped.
  virtual void Remove(Connection& connection) = 0;
  // While off, input stays in the kernel (the peer feels it).
  virtual void SetReading(Connection& connection, bool is_on) = 0;

  struct Ready {
    std::vector<Connection*> readable;  // Input waits, or the peer closed.
    std::vector<Connection*> writable;  // Was blocked, or was to be closed: all is sent.
    std::vector<uint32_t> listeners;    // Tags with connections to accept.

    bool IsEmpty() const {
      return readable.empty() && writable.empty() && listeners.empty();
    }
    void Clear() {
      readable.clear();
      writable.clear();
      listeners.clear();
    }
  };
  // Waits at most `timeout_ms` (-1: forever). Looks at no connection, so that it may be
  // called outside the gate.
  virtual void Wait(int timeout_ms) = 0;
  // Appends what the last Wait has found to be ready.
  virtual void Collect(Ready* ready) = 0;

  // Input that was reported and not received: the next Collect reports it once more.
  virtual void LookAgain(Connection&) {}

  // Moves received bytes to the tail of connection.input, at most what it has room for.
  virtual IoStatus Receive(Connection& connection) = 0;
  // Sends what connection.output holds, or takes it over to send it, which
  // connection.sending_bytes then shows; on kBlocked a later Wait says when to go on.
  virtual IoStatus Send(Connection& connection) = 0;
  // At each tick: gives back memory that was not needed since the last one.
  virtual void Trim() {}
  // What was taken over is in the hands of the kernel. Before the worker ends.
  virtual void Flush() {}

  // Makes a running or the next Wait return.
  virtual void Wake() = 0;
};

// The two ways, for Create and the tests.
Result<std::unique_ptr<EventLoop>> CreateEpollLoop();
Result<std::unique_ptr<EventLoop>> CreateUringLoop(BlockPool& blocks);

}  // namespace skarn

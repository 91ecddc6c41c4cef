// SPDX-License-Identifier: BSD-3-Clause
//
// Connection: a socket with its buffers.
//
// Buffers are borrowed from the worker while there is something in them, so that ten
// thousand idle connections hold no memory.
//
// Threads: the worker that owns it; others only while the gate is closed. Owner: the
// worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "resp/output_buffer.h"

namespace skarn {

class Worker;

// Received bytes not yet consumed: [begin, end) of a block. While a big bulk comes in,
// what is received goes into a sink of the handler's instead.
struct InputBuffer {
  std::unique_ptr<char[]> block;
  size_t capacity = 0;
  size_t begin = 0;
  size_t end = 0;
  char* sink = nullptr;  // Null: none.
  size_t sink_room = 0;  // What it still takes. The handler closes it when this is 0.

  Bytes bytes() const { return {block.get() + begin, end - begin}; }
  bool empty() const { return begin == end; }
  // Where the next received bytes go, how many fit, and that they are there.
  char* tail() const { return sink != nullptr ? sink : block.get() + end; }
  size_t room() const { return sink != nullptr ? sink_room : capacity - end; }
  void Added(size_t size_bytes) {
    if (sink == nullptr) [[likely]] {
      end += size_bytes;
    } else {
      sink += size_bytes;
      sink_room -= size_bytes;
    }
  }
  void CloseSink() {
    sink = nullptr;
    sink_room = 0;
  }
};

enum class Transport : uint8_t { kTcp, kUnix, kTls };

// What an event loop keeps with a connection; io_uring has operations under way.
class LoopState {
 public:
  virtual ~LoopState() = default;
};

class Connection {
 public:
  Connection(Worker& worker, int fd, uint64_t id) : worker_(worker), fd_(fd), id_(id) {}
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Worker& worker() { return worker_; }
  int fd() const { return fd_; }
  uint64_t id() const { return id_; }

  // Nothing more is read, and the connection ends when the output is sent.
  void CloseAfterReply() { closes_after_reply = true; }

  // What waits to be sent, here and in the loop's hands.
  size_t UnsentBytes() const { return output.pending_bytes() + sending_bytes; }

  InputBuffer input;
  OutputBuffer output;
  std::unique_ptr<char[]>
      output_block;          // The lent block that `output` began in; null: none.
  size_t sending_bytes = 0;  // Taken over by the loop and not sent yet.
  bool closes_after_reply = false;
  bool closes_now = false;  // Close at the end of the turn, output or not.
  bool is_read_paused =
      false;  // Commands wait (CLIENT PAUSE, a busy shard): nothing is read.
  bool wants_write = false;         // The socket was full: the loop tells when it is not.
  bool is_dirty = false;            // Listed for sending at the end of the turn.
  bool is_ready = false;            // Listed as having unread input.
  LoopState* loop_state = nullptr;  // The loop's; it may outlive the connection.
  Transport transport = Transport::kTcp;
  std::string peer_address;  // "ip:port", "[ip6]:port" or "/path:0".
  std::string local_address;
  bool is_loopback = false;  // The peer is on this machine.

 protected:
  Worker& worker_;
  int fd_;
  const uint64_t id_;
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Listening sockets: addresses of `bind`, ports, the unix socket, and what accept tells
// about a peer. Threads: Listen at start or with the gate closed; Accept on the worker
// whose loop has the socket. Owner: the server.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "net/worker.h"

namespace skarn {

class Listener {
 public:
  // One address of `bind` ("*", "-::1", "127.0.0.1"). A leading '-' makes an address that
  // this machine does not have a success without socket: then the result holds null.
  static Result<std::unique_ptr<Listener>> Tcp(const std::string& address, int port,
                                               int backlog);
  static Result<std::unique_ptr<Listener>> Unix(const std::string& path,
                                                unsigned permissions, int backlog);
  // Whether the system takes a path of this length.
  static Result<> CheckUnixPath(const std::string& path);
  // A socket which somebody else has opened and which listens already. Its unix path is
  // not removed at the end.
  static Result<std::unique_ptr<Listener>> Passed(int fd);
  ~Listener();

  // Where it listens: an IP address and its port, or a unix path and 0.
  struct Place {
    std::string address;
    int port = 0;
  };
  Place place() const;

  int fd() const { return fd_; }
  Transport transport() const { return transport_; }

  // The next waiting connection, or none. An error is worth a log line (no descriptors
  // left).
  Result<bool> Accept(Accepted* accepted);

 private:
  Listener(int fd, Transport transport, std::string path)
      : fd_(fd), transport_(transport), path_(std::move(path)) {}

  int fd_;
  Transport transport_;
  std::string path_;
  bool owns_path_ = true;
};

// TCP options of a client's socket.
void SetUpClientSocket(int fd, int keepalive_seconds);

}  // namespace skarn

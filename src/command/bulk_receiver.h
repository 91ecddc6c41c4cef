// SPDX-License-Identifier: BSD-3-Clause
//
// BulkReceiver: the big bulks of a client's half-received request. Their payloads go from
// the socket straight into blobs, past the input, so that an entry can take its value
// over as it is.
//
//   input:  *3 $3 SET $3 key $1000000 | CR LF ...
//   blob:                             ^ the payload, through the sink of the input
//
// It lives from the first such bulk until its request is done. While it does, no other
// request of the client is in the batch.
//
// Threads: the worker of the client; others only while the gate is closed. Owner: the
// client.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "keyspace/blob.h"
#include "net/connection.h"
#include "resp/parser.h"

namespace skarn {

class BulkReceiver {
 public:
  BulkReceiver() = default;
  ~BulkReceiver();
  BulkReceiver(const BulkReceiver&) = delete;
  BulkReceiver& operator=(const BulkReceiver&) = delete;

  // Cuts what there is of the payload of `bulk` out of `input`, which it ends, and lets
  // the sink take the rest, at least a byte. False, with nothing changed, when the
  // machine has no memory for it.
  bool Open(const RequestParser::PendingBulk& bulk, InputBuffer& input);
  // Once the sink is full: closes it and tells the parser where the payload is.
  void CloseIfFull(InputBuffer& input, RequestParser& parser);
  // Puts all payloads back to where they belong in `input`, which begins with the
  // request. The parser has to start again with it, and this object to go. False, with
  // nothing changed, when the machine has no memory for it.
  bool PutBack(InputBuffer& input) const;

  // References of this object. Entries that take a blob over have their own.
  std::span<Blob* const> blobs() const { return blobs_; }
  // Of all payloads, and what the open one lacks as of the last CloseIfFull.
  size_t received_bytes() const { return announced_bytes_ - missing_bytes_; }
  size_t missing_bytes() const { return missing_bytes_; }
  // What has come of the last one.
  size_t last_bytes() const {
    return blobs_.empty() ? 0 : blobs_.back()->size() - missing_bytes_;
  }
  // Where in the input the last payload belongs.
  size_t last_offset() const { return offsets_.empty() ? 0 : offsets_.back(); }

 private:
  std::vector<Blob*> blobs_;     // In the order of the request; the last may be open.
  std::vector<size_t> offsets_;  // Where they belong, in an input without payloads.
  size_t announced_bytes_ = 0;
  size_t missing_bytes_ = 0;
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// RequestParser: cuts a stream of bytes into requests. Arguments are views into the
// receive buffer; nothing is copied, and what was looked at is not looked at again when
// more bytes arrive. Threads: the worker which owns the connection. Owner: the
// connection, one parser each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace skarn {

inline constexpr size_t kProtocolLineBytesMax = 64 * 1024;  // Inline requests, headers.
inline constexpr int64_t kRequestArgsMax = INT32_MAX;
inline constexpr int64_t kUnauthenticatedArgsMax = 10;
inline constexpr int64_t kUnauthenticatedBulkBytesMax = 16384;

struct RequestLimits {
  int64_t bulk_bytes_max = int64_t{512}
                           << 20;  // proto-max-bulk-len; INT64_MAX for the primary.
  bool is_authenticated = true;    // Or needs no authentication.
};

enum class ParseStatus : uint8_t {
  kRequest,   // One request; its words were appended.
  kNeedMore,  // The request is not complete yet; nothing was consumed or appended.
  kEmpty,     // Something without a command was consumed ("*0", an empty line): no reply.
  kError,     // error() is to be sent, then the connection closed.
  kCrossProtocol,  // A web browser speaks ("POST", "Host:"): close without a reply, log a
                   // warning.
};

class RequestParser {
 public:
  RequestParser();
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;

  // Reads one request from the front of `input`. On kRequest and kEmpty `*consumed` is
  // its size; the next call starts behind it. On kNeedMore the next call gets the same
  // bytes, which may have moved in memory, and more behind them. The words are appended
  // to `args`. They stay valid as long as the input stays in place, for an inline request
  // until ReleaseViews().
  ParseStatus Parse(Bytes input, const RequestLimits& limits, size_t* consumed,
                    std::vector<Bytes>* args);

  // While a bulk is half received: bytes of it that are still to come, its line end
  // included. Otherwise 0.
  size_t pending_bulk_bytes() const;

  // What a half-received bulk is: its payload begins `offset` bytes into the input and
  // has `size_bytes`. False if no bulk is half received.
  struct PendingBulk {
    size_t offset;
    size_t size_bytes;
  };
  bool FindPendingBulk(PendingBulk* bulk) const;

  // Gives the payload of the half-received bulk, which the caller put elsewhere. The next
  // input has the bulk's line end at the payload's offset: whatever part of the payload
  // had been in the input is cut out of it. `payload` stays valid as long as the
  // request's words.
  void SupplyPendingBulk(Bytes payload);

  // Text of the last kError, for the client: "-ERR Protocol error: ...".
  Bytes error() const;

  // Frees what inline requests delivered so far stand in; their words end to be valid.
  void ReleaseViews() {
    if (inline_words_ != nullptr) inline_words_.reset();
  }

  // Forgets a half-read request and everything else.
  void Reset();

  // What a half-read request takes beside the input.
  size_t held_bytes() const {
    return partial_ == nullptr
               ? 0
               : sizeof(Partial) + partial_->words.capacity() * sizeof(Word);
  }

  bool is_inside_request() const { return partial_ != nullptr; }
  // Of a half-read request, the bytes of the words that are complete.
  size_t complete_bytes() const { return partial_ == nullptr ? 0 : partial_->next; }

 private:
  struct Word {
    size_t offset;
    size_t size_bytes;
    const char* elsewhere;  // Set by SupplyPendingBulk; then `offset` means nothing.
  };

  // A request of which only a part has arrived. Offsets count from its first byte.
  struct Partial {
    int64_t words_left = -1;  // -1: the array header has not arrived.
    size_t next = 0;  // Where the next header, or the payload of the open bulk, begins.
    int64_t bulk_bytes = -1;  // Size of the open bulk; -1: its header has not arrived.
    size_t scanned = 0;   // Everything before this was searched for a line end in vain.
    size_t received = 0;  // Size of the input at the last call.
    const char* supplied =
        nullptr;  // Payload of the open bulk, when it stands elsewhere.
    std::vector<Word> words;
  };

  // What the reading of one step of a partial request says.
  enum class Step : uint8_t { kDone, kNeedMore, kError };

  ParseStatus ParsePartial(Bytes input, const RequestLimits& limits, size_t* consumed,
                           std::vector<Bytes>* args);
  ParseStatus ParseInline(Bytes input, size_t* consumed, std::vector<Bytes>* args);
  ParseStatus Finish(Bytes input, size_t* consumed, std::vector<Bytes>* args);
  ParseStatus Stop(Bytes error);
  Step ReadArrayHeader(Bytes input, const RequestLimits& limits);
  Step ReadBulkHeader(Bytes input, const RequestLimits& limits);
  Step ReadBulk(Bytes input);
  Step FindLineEnd(Bytes input, Bytes too_big_error, Bytes* line);
  Partial& MakePartial();

  std::unique_ptr<Partial> partial_;
  std::unique_ptr<std::deque<std::string>> inline_words_;
  std::unique_ptr<std::string> error_;
};

}  // namespace skarn

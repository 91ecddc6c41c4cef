// SPDX-License-Identifier: BSD-3-Clause
//
// ReplyWriter: replies in RESP2 or RESP3, written straight into an output buffer.
// Threads: the one that executes the command. Owner: the stack; cheap to make per command
// or batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/numbers.h"
#include "resp/output_buffer.h"
#include "resp/reply_error.h"

namespace skarn {

class ReplyWriter {
 public:
  // Where the header of a reply with a count not yet known will stand. Valid until the
  // buffer is consumed; ends in the reverse order of begin.
  struct Deferred {
    size_t position;
    char type;
  };

  // `protocol` is 2 or 3. The buffer outlives the writer.
  ReplyWriter(OutputBuffer& buffer, int protocol)
      : buffer_(buffer), protocol_(static_cast<uint8_t>(protocol)) {}
  ReplyWriter(const ReplyWriter&) = delete;
  ReplyWriter& operator=(const ReplyWriter&) = delete;

  void Integer(int64_t value) {
    if (static_cast<uint64_t>(value) < 10) {
      char* out = buffer_.Reserve(4);
      const char text[4] = {':', static_cast<char>('0' + value), '\r', '\n'};
      std::memcpy(out, text, 4);
      return buffer_.Commit(out + 4);
    }
    char* out = buffer_.Reserve(kHeaderBytesMax);
    *out++ = ':';
    out += FormatInt64(out, value);
    buffer_.Commit(EndLine(out));
  }

  // A bulk string; a copy of `value`.
  void Bulk(Bytes value) {
    char* out = buffer_.Reserve(kHeaderBytesMax + value.size() + 2);
    out = PutHeader(out, '$', value.size());
    if (!value.empty()) std::memcpy(out, value.data(), value.size());
    buffer_.Commit(EndLine(out + value.size()));
  }

  // A bulk string sent from where it is; see OutputBuffer::AppendReference.
  void BulkReference(Bytes value, OutputBuffer::Release release, void* cookie);

  // The integer's decimal text as a bulk string.
  void BulkInteger(int64_t value) {
    char text[kInt64TextMax];
    Bulk({text, FormatInt64(text, value)});
  }

  void Ok() { Raw("+OK\r\n"); }
  void Queued() { Raw("+QUEUED\r\n"); }
  // Line breaks in `text` become blanks.
  void SimpleString(Bytes text);

  // "-CODE text". A text that does not begin with '-' gets the code ERR; line breaks
  // become blanks.
  void Error(Bytes text);
  void Error(const char* text) { Error(Bytes(text)); }
  void Error(ErrorText error) { Error(error.text()); }
  void Error(const ReplyError& error) { Error(error.text()); }
  // Like Error, but `text` is what follows the '-' whatever it begins with. For scripts.
  void RawError(Bytes text);

  void Null() { protocol_ == 2 ? Raw("$-1\r\n") : Raw("_\r\n"); }
  // The null of commands that otherwise answer an array.
  void NullArray() { protocol_ == 2 ? Raw("*-1\r\n") : Raw("_\r\n"); }
  void EmptyArray() { Raw("*0\r\n"); }

  // Headers: `count` elements (for maps and attributes: pairs) follow.
  void ArrayHeader(size_t count) { Header('*', count); }
  void MapHeader(size_t count) {
    protocol_ == 2 ? Header('*', count * 2) : Header('%', count);
  }
  void SetHeader(size_t count) { Header(protocol_ == 2 ? '*' : '~', count); }
  void PushHeader(size_t count) { Header(protocol_ == 2 ? '*' : '>', count); }
  // RESP2 has no attributes: returns false and writes nothing; then write no pairs
  // either.
  [[nodiscard]] bool AttributeHeader(size_t count) {
    if (protocol_ == 2) return false;
    Header('|', count);
    return true;
  }

  // The same for a count that is known only behind the elements. Each Begin has its End.
  Deferred BeginDeferredArray() { return BeginDeferred('*'); }
  Deferred BeginDeferredMap() { return BeginDeferred('%'); }
  Deferred BeginDeferredSet() { return BeginDeferred('~'); }
  Deferred BeginDeferredPush() { return BeginDeferred('>'); }
  void EndDeferred(Deferred deferred, size_t count);

  void Boolean(bool value) {
    protocol_ == 2 ? Raw(value ? ":1\r\n" : ":0\r\n") : Raw(value ? "#t\r\n" : "#f\r\n");
  }
  void Double(double value);
  // The text INCRBYFLOAT stores, always as a bulk string.
  void HumanLongDouble(long double value);
  void BigNumber(Bytes digits);
  // `format` has 3 bytes: "txt" or "mkd".
  void Verbatim(Bytes format, Bytes text);

  // Bytes already encoded.
  void Raw(Bytes encoded) { buffer_.Append(encoded); }

  int protocol() const { return protocol_; }
  void set_protocol(int protocol) { protocol_ = static_cast<uint8_t>(protocol); }
  OutputBuffer& buffer() { return buffer_; }

  // Errors written so far, and the code of the last one ("WRONGTYPE"), "" before the
  // first. Codes over 31 bytes are cut.
  uint32_t error_count() const { return error_count_; }
  Bytes last_error_code() const { return {error_code_, error_code_size_}; }

 private:
  static constexpr size_t kHeaderBytesMax = 1 + kUint64TextMax + 2;
  static constexpr size_t kErrorCodeBytesMax = 31;

  static char* EndLine(char* out) {
    std::memcpy(out, "\r\n", 2);
    return out + 2;
  }

  static char* PutHeader(char* out, char type, size_t count) {
    if (count < 10) {
      const char text[4] = {type, static_cast<char>('0' + count), '\r', '\n'};
      std::memcpy(out, text, 4);
      return out + 4;
    }
    *out++ = type;
    out += FormatUint64(out, count);
    return EndLine(out);
  }

  void Header(char type, size_t count) {
    char* out = buffer_.Reserve(kHeaderBytesMax);
    buffer_.Commit(PutHeader(out, type, count));
  }

  Deferred BeginDeferred(char type) {
    const Deferred deferred = {buffer_.position(), type};
    Raw("*0\r\n");  // Right for ten elements at most, so nothing moves for them.
    return deferred;
  }

  void Line(char type, Bytes text);
  void NoteError(Bytes text);

  OutputBuffer& buffer_;
  uint8_t protocol_;
  uint8_t error_code_size_ = 0;
  char error_code_[kErrorCodeBytesMax];
  uint32_t error_count_ = 0;
};

}  // namespace skarn

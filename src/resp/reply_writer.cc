// SPDX-License-Identifier: BSD-3-Clause
#include "resp/reply_writer.h"

#include <algorithm>

#include "base/check.h"

namespace skarn {

void ReplyWriter::BulkReference(Bytes value, OutputBuffer::Release release,
                                void* cookie) {
  Header('$', value.size());
  buffer_.AppendReference(value, release, cookie);
  Raw("\r\n");
}

// One line: `type`, then `text` with its line breaks made blanks.
void ReplyWriter::Line(char type, Bytes text) {
  char* out = buffer_.Reserve(text.size() + 3);
  *out++ = type;
  for (const char c : text) *out++ = c == '\r' || c == '\n' ? ' ' : c;
  buffer_.Commit(EndLine(out));
}

void ReplyWriter::SimpleString(Bytes text) {
  Line('+', text);
}

void ReplyWriter::NoteError(Bytes text) {
  ++error_count_;
  const Bytes code = text.substr(0, std::min(text.find(' '), kErrorCodeBytesMax));
  error_code_size_ = static_cast<uint8_t>(code.size());
  if (!code.empty()) std::memcpy(error_code_, code.data(), code.size());
}

void ReplyWriter::Error(Bytes text) {
  if (!text.empty() && text[0] == '-') return RawError(text.substr(1));
  NoteError("ERR");
  buffer_.Append("-ERR ");
  char* const start = buffer_.Reserve(text.size() + 2);
  char* out = start;
  for (const char c : text) *out++ = c == '\r' || c == '\n' ? ' ' : c;
  buffer_.Commit(EndLine(out));
}

void ReplyWriter::RawError(Bytes text) {
  NoteError(text);
  Line('-', text);
}

void ReplyWriter::EndDeferred(Deferred deferred, size_t count) {
  char type = deferred.type;
  if (protocol_ == 2) {
    if (type == '%') count *= 2;
    type = '*';
  }
  char header[kHeaderBytesMax];
  const size_t size = static_cast<size_t>(PutHeader(header, type, count) - header);
  buffer_.Replace(deferred.position, 4, {header, size});
}

void ReplyWriter::Double(double value) {
  char text[kDoubleTextMax];
  const size_t size = FormatDouble(text, value);
  if (protocol_ == 2) return Bulk({text, size});
  Line(',', {text, size});
}

void ReplyWriter::HumanLongDouble(long double value) {
  char text[kLongDoubleTextMax];
  Bulk({text, FormatLongDoubleHuman(text, value)});
}

void ReplyWriter::BigNumber(Bytes digits) {
  if (protocol_ == 2) return Bulk(digits);
  Line('(', digits);
}

void ReplyWriter::Verbatim(Bytes format, Bytes text) {
  if (protocol_ == 2) return Bulk(text);
  SKARN_DCHECK(format.size() == 3);
  Header('=', text.size() + 4);
  buffer_.Append(format.substr(0, 3));
  buffer_.Append(":");
  buffer_.Append(text);
  buffer_.Append("\r\n");
}

}  // namespace skarn

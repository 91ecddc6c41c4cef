// SPDX-License-Identifier: BSD-3-Clause
//
// Two readers share one grammar. The fast one takes a request that lies complete in the
// input, with short headers, in one pass and no state. Whatever it does not like it
// leaves to the careful one, which keeps its place in `Partial`, knows the limits and
// finds the error texts.
#include "resp/parser.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/numbers.h"
#include "resp/inline_words.h"
#include "resp/reply_errors.h"

namespace skarn {
namespace {

// The fast reader refuses more words, so an announced count alone allocates nothing big.
constexpr unsigned kFastWordsMax = 999;

uint32_t Load32(const char* p) {
  uint32_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

uint16_t Load16(const char* p) {
  uint16_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

constexpr uint32_t Pack(char a, char b, char c, char d) {
  return std::bit_cast<uint32_t>(std::array<char, 4>{a, b, c, d});
}

constexpr uint16_t kLineEnd = std::bit_cast<uint16_t>(std::array<char, 2>{'\r', '\n'});

// "7\r\n", and "42\r\n": what four bytes behind the type must hold besides the digits.
constexpr uint32_t kOneDigitMask = Pack('\0', '\xff', '\xff', '\0');
constexpr uint32_t kOneDigitLine = Pack('\0', '\r', '\n', '\0');
constexpr uint32_t kTwoDigitMask = Pack('\0', '\0', '\xff', '\xff');
constexpr uint32_t kTwoDigitLine = Pack('\0', '\0', '\r', '\n');

// "*7\r\n" with its digit masked out.
constexpr uint32_t kShortHeaderMask = Pack('\xff', '\0', '\xff', '\xff');
constexpr uint32_t kShortArrayHeader = Pack('*', '\0', '\r', '\n');

unsigned Digit(char c) {
  return static_cast<unsigned char>(c) - unsigned{'0'};
}

bool IsCrossProtocol(Bytes name) {
  if (name.size() == 4) return EqualsIgnoreCase(name, "post");
  if (name.size() == 5) return name[4] == ':' && EqualsIgnoreCase(name, "host:");
  return false;
}

// Reads the header of a bulk at `p` if it is short (up to 8 digits) and complete. Returns
// where the payload begins, or null.
inline const char* FastBulkHeader(const char* p, const char* end, size_t* size_bytes) {
  if (end - p < 6 || p[0] != '$')
    return nullptr;  // Even an empty bulk has so many bytes.
  const uint32_t head = Load32(p + 1);
  const unsigned first = Digit(p[1]);
  if ((head & kOneDigitMask) == kOneDigitLine) {
    if (first > 9) return nullptr;
    *size_bytes = first;
    return p + 4;
  }
  const unsigned second = Digit(p[2]);
  if (first - 1 > 8 || second > 9) return nullptr;
  size_t size = first * 10 + second;
  if ((head & kTwoDigitMask) == kTwoDigitLine) {
    *size_bytes = size;
    return p + 5;
  }
  p += 3;
  for (int digit_count = 2;; ++digit_count, ++p) {
    const unsigned digit = Digit(*p);
    if (end - p < 3 || digit_count == 8) return nullptr;
    if (digit > 9) break;
    size = size * 10 + digit;
  }
  if (Load16(p) != kLineEnd) return nullptr;
  *size_bytes = size;
  return p + 2;
}

// Reads one whole request; returns where it ends, or null if it is not one for this
// reader, with `args` as it was.
inline const char* FastParse(const char* p, const char* end, const RequestLimits& limits,
                             std::vector<Bytes>* args) {
  if (end - p < 10) return nullptr;  // "*1\r\n$0\r\n\r\n"
  unsigned count = Digit(p[1]);
  if ((Load32(p) & kShortHeaderMask) == kShortArrayHeader) [[likely]] {
    if (count - 1 > 8) return nullptr;
    p += 4;
  } else {
    const unsigned second = Digit(p[2]);
    if (p[0] != '*' || count - 1 > 8 || second > 9) return nullptr;
    count = count * 10 + second;
    p += 3;
    if (const unsigned third = Digit(*p); third <= 9) {
      count = count * 10 + third;
      ++p;
    }
    static_assert(kFastWordsMax == 999);
    if (Load16(p) != kLineEnd) return nullptr;
    p += 2;
  }
  const size_t args_before = args->size();
  const auto size_max = static_cast<size_t>(limits.bulk_bytes_max);
  for (; count > 0; --count) {
    size_t size_bytes;
    p = FastBulkHeader(p, end, &size_bytes);
    if (p == nullptr || static_cast<size_t>(end - p) < size_bytes + 2 ||
        size_bytes > size_max || Load16(p + size_bytes) != kLineEnd) [[unlikely]] {
      args->resize(args_before);
      return nullptr;
    }
    args->emplace_back(p, size_bytes);
    p += size_bytes + 2;
  }
  return p;
}

}  // namespace

RequestParser::RequestParser() = default;
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

ParseStatus RequestParser::Parse(Bytes input, const RequestLimits& limits,
                                 size_t* consumed, std::vector<Bytes>* args) {
  *consumed = 0;
  if (partial_ == nullptr && limits.is_authenticated) [[likely]] {
    const char* const begin = input.data();
    const size_t args_before = args->size();
    const char* const end = FastParse(begin, begin + input.size(), limits, args);
    if (end != nullptr) [[likely]] {
      *consumed = static_cast<size_t>(end - begin);
      const Bytes name = (*args)[args_before];
      if (IsCrossProtocol(name)) [[unlikely]]
        return ParseStatus::kCrossProtocol;
      return ParseStatus::kRequest;
    }
  }
  if (input.empty()) return ParseStatus::kNeedMore;
  if (input[0] != '*') return ParseInline(input, consumed, args);
  return ParsePartial(input, limits, consumed, args);
}

RequestParser::Partial& RequestParser::MakePartial() {
  if (partial_ == nullptr) partial_ = std::make_unique<Partial>();
  return *partial_;
}

ParseStatus RequestParser::Stop(Bytes error) {
  error_ = std::make_unique<std::string>(error);
  partial_.reset();
  return ParseStatus::kError;
}

ParseStatus RequestParser::ParsePartial(Bytes input, const RequestLimits& limits,
                                        size_t* consumed, std::vector<Bytes>* args) {
  Partial& partial = MakePartial();
  partial.received = input.size();
  Step step = Step::kDone;
  if (partial.words_left < 0) step = ReadArrayHeader(input, limits);
  while (step == Step::kDone && partial.words_left > 0) {
    step = Step::kDone;
    if (partial.bulk_bytes < 0) step = ReadBulkHeader(input, limits);
    if (step == Step::kDone) step = ReadBulk(input);
  }
  switch (step) {
    case Step::kNeedMore:
      return ParseStatus::kNeedMore;
    case Step::kError:
      partial_.reset();
      return ParseStatus::kError;
    case Step::kDone:
      break;
  }
  return Finish(input, consumed, args);
}

// Hands out the words of the complete request.
ParseStatus RequestParser::Finish(Bytes input, size_t* consumed,
                                  std::vector<Bytes>* args) {
  const std::unique_ptr<Partial> partial = std::move(partial_);
  *consumed = partial->next;
  if (partial->words.empty()) return ParseStatus::kEmpty;
  const size_t args_before = args->size();
  args->reserve(args_before + partial->words.size());
  for (const Word& word : partial->words) {
    const char* const data =
        word.elsewhere != nullptr ? word.elsewhere : input.data() + word.offset;
    args->emplace_back(data, word.size_bytes);
  }
  if (IsCrossProtocol((*args)[args_before])) return ParseStatus::kCrossProtocol;
  return ParseStatus::kRequest;
}

// Finds the header line that begins at `next`, to the byte behind its CR; `*line` lacks
// the CR.
RequestParser::Step RequestParser::FindLineEnd(Bytes input, Bytes too_big_error,
                                               Bytes* line) {
  Partial& partial = *partial_;
  const size_t from = std::max(partial.next, partial.scanned);
  const size_t line_end = from < input.size() ? input.find('\r', from) : Bytes::npos;
  if (line_end == Bytes::npos) {
    partial.scanned = input.size();
    if (input.size() > partial.next + kProtocolLineBytesMax) {
      Stop(too_big_error);
      return Step::kError;
    }
    return Step::kNeedMore;
  }
  partial.scanned = line_end;
  if (line_end + 1 >= input.size()) return Step::kNeedMore;
  *line = input.substr(partial.next, line_end - partial.next);
  return Step::kDone;
}

RequestParser::Step RequestParser::ReadArrayHeader(Bytes input,
                                                   const RequestLimits& limits) {
  Bytes line;
  const Step found = FindLineEnd(input, kTooBigArrayHeader, &line);
  if (found != Step::kDone) return found;
  Partial& partial = *partial_;
  int64_t count;
  Bytes error;
  if (input[line.size() + 1] != '\n') {
    error = kBadLineEnd;
  } else if (!ParseInt64(line.substr(1), &count) || count > kRequestArgsMax) {
    error = kBadArrayLength;
  } else if (!limits.is_authenticated && count > kUnauthenticatedArgsMax) {
    error = kUnauthenticatedArrayLength;
  }
  if (!error.empty()) {
    Stop(error);
    return Step::kError;
  }
  partial.words_left = std::max<int64_t>(count, 0);
  partial.next = line.size() + 2;
  return Step::kDone;
}

RequestParser::Step RequestParser::ReadBulkHeader(Bytes input,
                                                  const RequestLimits& limits) {
  Bytes line;
  const Step found = FindLineEnd(input, kTooBigBulkHeader, &line);
  if (found != Step::kDone) return found;
  Partial& partial = *partial_;
  // A line may be empty; its first byte is then the CR.
  const char first = input[partial.next];
  if (first != '$') {
    std::string text = "-ERR Protocol error: expected '$', got '";
    text.append(1, first).append("'");
    Stop(text);
    return Step::kError;
  }
  int64_t size_bytes;
  Bytes error;
  if (input[partial.next + line.size() + 1] != '\n') {
    error = kBadLineEnd;
  } else if (!ParseInt64(line.substr(1), &size_bytes) || size_bytes < 0 ||
             size_bytes > limits.bulk_bytes_max) {
    error = kBadBulkLength;
  } else if (!limits.is_authenticated && size_bytes > kUnauthenticatedBulkBytesMax) {
    error = kUnauthenticatedBulkLength;
  }
  if (!error.empty()) {
    Stop(error);
    return Step::kError;
  }
  partial.bulk_bytes = size_bytes;
  partial.next += line.size() + 2;
  return Step::kDone;
}

RequestParser::Step RequestParser::ReadBulk(Bytes input) {
  Partial& partial = *partial_;
  const auto size_bytes = static_cast<size_t>(partial.bulk_bytes);
  const bool is_elsewhere = partial.supplied != nullptr;
  const size_t inside = is_elsewhere ? 0 : size_bytes;
  if (input.size() - partial.next < inside + 2) return Step::kNeedMore;
  if (Load16(input.data() + partial.next + inside) != kLineEnd) {
    Stop(kBadLineEnd);
    return Step::kError;
  }
  partial.words.push_back({partial.next, size_bytes, partial.supplied});
  partial.next += inside + 2;
  partial.bulk_bytes = -1;
  partial.supplied = nullptr;
  --partial.words_left;
  return Step::kDone;
}

ParseStatus RequestParser::ParseInline(Bytes input, size_t* consumed,
                                       std::vector<Bytes>* args) {
  Partial& partial = MakePartial();
  partial.received = input.size();
  const size_t from = partial.scanned;
  const size_t line_end = input.find('\n', from);
  // A zero byte hides every line end behind it, as in the stock servers.
  const Bytes unseen =
      input.substr(from, line_end == Bytes::npos ? line_end : line_end - from);
  const size_t zero = unseen.find('\0');
  if (line_end == Bytes::npos || zero != Bytes::npos) {
    partial.scanned = zero == Bytes::npos ? input.size() : from + zero;
    if (input.size() > kProtocolLineBytesMax) return Stop(kTooBigInline);
    return ParseStatus::kNeedMore;
  }
  Bytes line = input.substr(0, line_end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (inline_words_ == nullptr) {
    inline_words_ = std::make_unique<std::deque<std::string>>();
  }
  const size_t words_before = inline_words_->size();
  if (!SplitInlineWords(line, inline_words_.get())) return Stop(kUnbalancedQuotes);
  partial_.reset();
  *consumed = line_end + 1;
  if (inline_words_->size() == words_before) return ParseStatus::kEmpty;
  const Bytes name = (*inline_words_)[words_before];
  for (size_t i = words_before; i < inline_words_->size(); ++i) {
    args->push_back((*inline_words_)[i]);
  }
  return IsCrossProtocol(name) ? ParseStatus::kCrossProtocol : ParseStatus::kRequest;
}

bool RequestParser::FindPendingBulk(PendingBulk* bulk) const {
  if (partial_ == nullptr || partial_->bulk_bytes < 0) return false;
  if (partial_->supplied != nullptr) return false;
  *bulk = {partial_->next, static_cast<size_t>(partial_->bulk_bytes)};
  return true;
}

size_t RequestParser::pending_bulk_bytes() const {
  if (partial_ == nullptr || partial_->bulk_bytes < 0) return 0;
  const Partial& partial = *partial_;
  const size_t inside =
      partial.supplied != nullptr ? 0 : static_cast<size_t>(partial.bulk_bytes);
  return partial.next + inside + 2 - partial.received;
}

void RequestParser::SupplyPendingBulk(Bytes payload) {
  SKARN_CHECK(partial_ != nullptr);
  Partial& partial = *partial_;
  SKARN_CHECK(static_cast<int64_t>(payload.size()) == partial.bulk_bytes);
  partial.supplied = payload.empty() ? "" : payload.data();
  partial.received = partial.next;
}

Bytes RequestParser::error() const {
  return error_ == nullptr ? Bytes() : Bytes(*error_);
}

void RequestParser::Reset() {
  partial_.reset();
  inline_words_.reset();
  error_.reset();
}

}  // namespace skarn

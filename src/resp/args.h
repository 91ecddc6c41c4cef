// SPDX-License-Identifier: BSD-3-Clause
//
// Args: the words of one request, the command's name first. Views into a receive buffer;
// nothing is copied. Threads: as the buffer. Owner: nobody; valid until the buffer of the
// request moves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

#include "base/bytes.h"
#include "base/check.h"
#include "base/numbers.h"
#include "resp/reply_error.h"
#include "resp/reply_errors.h"

namespace skarn {

template <class T>
using Parsed = std::expected<T, ReplyError>;

class Args {
 public:
  constexpr Args() = default;
  constexpr Args(const Bytes* words, size_t count) : words_(words), count_(count) {}
  constexpr Args(std::span<const Bytes> words) : Args(words.data(), words.size()) {}

  const Bytes& operator[](size_t index) const {
    SKARN_DCHECK(index < count_);
    return words_[index];
  }
  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  const Bytes& front() const { return (*this)[0]; }
  const Bytes& back() const { return (*this)[count_ - 1]; }
  const Bytes* begin() const { return words_; }
  const Bytes* end() const { return words_ + count_; }

  // The words from `first` on, at most `count` of them.
  Args Subspan(size_t first, size_t count = static_cast<size_t>(-1)) const {
    SKARN_DCHECK(first <= count_);
    return {words_ + first, count < count_ - first ? count : count_ - first};
  }

  // True if the word is there and equals `option` without regard to case.
  bool Is(size_t index, Bytes option) const {
    return index < count_ && EqualsIgnoreCase(words_[index], option);
  }

  // The word as a number; `error` says what to reply when it is none.
  Parsed<int64_t> Integer(size_t index, ErrorText error = kNotAnInteger) const {
    int64_t value;
    if (!ParseInt64((*this)[index], &value)) return std::unexpected(ReplyError(error));
    return value;
  }

  // An integer in [low, high]. Outside it the reply is `error` too.
  Parsed<int64_t> IntegerBetween(size_t index, int64_t low, int64_t high,
                                 ErrorText error = kNotAnInteger) const {
    int64_t value;
    if (!ParseInt64((*this)[index], &value) || value < low || value > high) {
      return std::unexpected(ReplyError(error));
    }
    return value;
  }

  // Infinities are values, NaN is not.
  Parsed<double> Double(size_t index, ErrorText error = kNotAFloat) const;
  Parsed<long double> LongDouble(size_t index, ErrorText error = kNotAFloat) const;

  // Seconds with fraction, as blocking commands take them, in milliseconds rounded up; 0
  // = forever.
  Parsed<int64_t> BlockTimeoutMs(size_t index) const;

 private:
  const Bytes* words_ = nullptr;
  size_t count_ = 0;
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// ReplyError: why a request cannot be met, as the client will read it.
// Threads: a plain value.
#pragma once

#include <string>
#include <utility>

#include "base/bytes.h"

namespace skarn {

// An error text known when compiling: "-CODE text", without the line end.
class ErrorText {
 public:
  consteval ErrorText(const char* text) : text_(text) {}
  constexpr Bytes text() const { return text_; }
  constexpr operator Bytes() const { return text_; }

 private:
  Bytes text_;
};

class ReplyError {
 public:
  constexpr ReplyError(ErrorText text) : fixed_(text.text()) {}

  // Owns `text`. Like any error text it may lack "-CODE "; the writer then adds "-ERR ".
  explicit ReplyError(std::string text) : owned_(std::move(text)) {}

  // Valid as long as this object.
  Bytes text() const { return owned_.empty() ? fixed_ : Bytes(owned_); }

 private:
  Bytes fixed_;
  std::string owned_;
};

}  // namespace skarn

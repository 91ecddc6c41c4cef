// SPDX-License-Identifier: BSD-3-Clause
//
// Result<T>: a value, or the reason why the world did not give one (disk full, torn file,
// lost peer). Errors gain context on the way up and are logged once, where they are
// handled.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace skarn {

struct Error {
  int code = 0;  // An errno value where the system gave one, otherwise 0.
  std::string text;

  // The same error with "context: " in front.
  Error In(std::string_view context) && {
    text.insert(0, ": ").insert(0, context);
    return std::move(*this);
  }
};

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> Fail(std::string text, int code = 0) {
  return std::unexpected<Error>(Error{.code = code, .text = std::move(text)});
}

// Fails with the text of errno value `code` behind "what: ".
std::unexpected<Error> FailErrno(std::string_view what, int code);

}  // namespace skarn

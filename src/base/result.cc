// SPDX-License-Identifier: BSD-3-Clause
#include "base/result.h"

#include <system_error>

namespace skarn {

std::unexpected<Error> FailErrno(std::string_view what, int code) {
  return Fail(std::string(what) + ": " + std::generic_category().message(code), code);
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// SKARN_CHECK stops the server with a line that says which claim of ours was false. It
// never looks at input: what a client or a file can cause is an error reply or a Result.
#pragma once

namespace skarn {

[[noreturn]] void CheckFailed(const char* claim, const char* file, int line);

}  // namespace skarn

#define SKARN_CHECK(claim)                                                          \
  (__builtin_expect(!(claim), 0) ? ::skarn::CheckFailed(#claim, __FILE__, __LINE__) \
                                 : (void)0)

#ifdef NDEBUG
#define SKARN_DCHECK(claim) ((void)0)
#else
#define SKARN_DCHECK(claim) SKARN_CHECK(claim)
#endif

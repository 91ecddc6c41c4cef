// SPDX-License-Identifier: BSD-3-Clause
//
// SKARN_RACY marks the few functions that look at shared data without its lock, to fetch
// it into the cache ahead of time. What they read decides nothing, so the thread
// sanitizer is told not to look. SKARN_RACY_PART is for what they call: it becomes part
// of its caller and is looked at, or not, as that one is.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define SKARN_RACY __attribute__((no_sanitize("thread"), noinline))
#define SKARN_RACY_PART __attribute__((always_inline))
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SKARN_RACY __attribute__((no_sanitize("thread"), noinline))
#define SKARN_RACY_PART __attribute__((always_inline))
#endif
#endif

#ifndef SKARN_RACY
#define SKARN_RACY
#define SKARN_RACY_PART
#endif

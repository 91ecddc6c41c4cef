// SPDX-License-Identifier: BSD-3-Clause
//
// SKARN_RACY marks the few functions that look at shared data without its lock, to fetch
// it into the cache ahead of time. What they read decides nothing, so the thread
// sanitizer is told not to look.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define SKARN_RACY __attribute__((no_sanitize("thread"), noinline))
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SKARN_RACY __attribute__((no_sanitize("thread"), noinline))
#else
#define SKARN_RACY
#endif
#else
#define SKARN_RACY
#endif

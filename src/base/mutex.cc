// SPDX-License-Identifier: BSD-3-Clause
#include "base/mutex.h"

#include "base/check.h"
#include "base/shared_store.h"

namespace skarn {

#ifndef NDEBUG
namespace {
// The highest rank this thread holds; a debugging aid, hence the exception to "no
// globals".
thread_local uint8_t held_rank = 0;
}  // namespace
#endif

void Mutex::Lock() SKARN_NO_THREAD_SAFETY_ANALYSIS {
#ifndef NDEBUG
  SKARN_CHECK(static_cast<uint8_t>(rank_) > held_rank);
#endif
  mutex_.lock();
  NoteSharedStore(SharedLine::kMutex, this);
#ifndef NDEBUG
  rank_before_ = held_rank;
  held_rank = static_cast<uint8_t>(rank_);
#endif
}

void Mutex::Unlock() SKARN_NO_THREAD_SAFETY_ANALYSIS {
#ifndef NDEBUG
  held_rank = rank_before_;
#endif
  mutex_.unlock();
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// WATCH: a token per watching client, listed in the shards of the keys it watches. A
// writer marks the tokens of the key it changes; EXEC, holding those shards, looks at its
// own.
//
// Threads: lists under the shard's lock; the token's flags are atomic. A token that its
// client has dropped stays listed until somebody passes by.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace skarn {

struct WatchToken {
  std::atomic<bool> is_dirty{false};  // A watched key changed. Set under a shard's lock.
  std::atomic<bool> is_dropped{false};  // Nobody looks at it any more.
};
// Shared by the client and the lists: neither knows when the other goes.
using WatchTokenPtr = std::shared_ptr<WatchToken>;

class WatchList {
 public:
  // `was_expired`: the key had run out already; its removal then is no change.
  void Add(Bytes key, const WatchTokenPtr& token, bool was_expired = false) {
    Purge();
    watches_.push_back({std::string(key), token, was_expired});
  }
  void Remove(const WatchTokenPtr& token) {
    std::erase_if(watches_, [&](const Watch& watch) { return watch.token == token; });
  }
  void MarkKey(Bytes key) {
    for (const Watch& watch : watches_) {
      if (watch.key == key) watch.token->is_dirty.store(true, std::memory_order_release);
    }
  }
  // An entry that ran out is removed.
  void MarkExpired(Bytes key) {
    for (const Watch& watch : watches_) {
      if (watch.key == key && !watch.was_expired) {
        watch.token->is_dirty.store(true, std::memory_order_release);
      }
    }
  }
  // FLUSHALL and SWAPDB put other content under the keys. Marks those for which
  // claim(key, &was_expired) holds; it also says anew whether the key had run out.
  template <class Claim>
  void MarkIf(Claim&& claim) {
    for (Watch& watch : watches_) {
      if (claim(Bytes(watch.key), &watch.was_expired))
        watch.token->is_dirty.store(true, std::memory_order_release);
    }
  }
  bool WasExpired(Bytes key, const WatchTokenPtr& token) const {
    for (const Watch& watch : watches_) {
      if (watch.token == token && watch.key == key) return watch.was_expired;
    }
    return false;
  }
  bool empty() const { return watches_.empty(); }
  size_t size() const { return watches_.size(); }

 private:
  struct Watch {
    std::string key;
    WatchTokenPtr token;
    bool was_expired;
  };
  void Purge() {
    std::erase_if(watches_, [](const Watch& watch) {
      return watch.token->is_dropped.load(std::memory_order_relaxed);
    });
  }
  std::vector<Watch> watches_;
};

}  // namespace skarn

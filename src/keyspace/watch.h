// SPDX-License-Identifier: BSD-3-Clause
//
// WATCH: a token per watching client, listed in the shards of the keys it watches. A
// writer marks the tokens of the key it changes; EXEC, holding those shards, looks at its
// own.
//
// Threads: lists under the shard's lock; the token's flags are atomic. A token that its
// client has dropped stays listed until somebody passes by.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "base/key_hash.h"

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
    if (watches_.size() >= purge_at_) Purge();
    watches_.emplace(std::string(key), Watch{token, was_expired});
  }
  void Remove(Bytes key, const WatchTokenPtr& token) {
    const auto [first, last] = watches_.equal_range(key);
    for (auto at = first; at != last;) {
      at = at->second.token == token ? watches_.erase(at) : std::next(at);
    }
  }
  bool Has(Bytes key, const WatchTokenPtr& token) const {
    return Find(key, token) != nullptr;
  }
  void MarkKey(Bytes key) {
    const auto [first, last] = watches_.equal_range(key);
    for (auto at = first; at != last; ++at) Mark(at->second);
  }
  // An entry that ran out is removed.
  void MarkExpired(Bytes key) {
    const auto [first, last] = watches_.equal_range(key);
    for (auto at = first; at != last; ++at) {
      if (!at->second.was_expired) Mark(at->second);
    }
  }
  // FLUSHALL and SWAPDB put other content under the keys. Marks those for which
  // claim(key, &was_expired) holds; it also says anew whether the key had run out.
  template <class Claim>
  void MarkIf(Claim&& claim) {
    for (auto& [key, watch] : watches_) {
      if (claim(Bytes(key), &watch.was_expired)) Mark(watch);
    }
  }
  bool WasExpired(Bytes key, const WatchTokenPtr& token) const {
    const Watch* watch = Find(key, token);
    return watch != nullptr && watch->was_expired;
  }
  bool empty() const { return watches_.empty(); }
  size_t size() const { return watches_.size(); }

 private:
  static constexpr size_t kPurgeMin = 16;

  struct Watch {
    WatchTokenPtr token;
    bool was_expired;
  };

  static void Mark(const Watch& watch) {
    watch.token->is_dirty.store(true, std::memory_order_release);
  }
  const Watch* Find(Bytes key, const WatchTokenPtr& token) const {
    const auto [first, last] = watches_.equal_range(key);
    for (auto at = first; at != last; ++at) {
      if (at->second.token == token) return &at->second;
    }
    return nullptr;
  }
  // Each time as many have come as were left by the last time.
  void Purge() {
    std::erase_if(watches_, [](const auto& item) {
      return item.second.token->is_dropped.load(std::memory_order_relaxed);
    });
    purge_at_ = std::max(kPurgeMin, 2 * watches_.size());
  }

  std::unordered_multimap<std::string, Watch, NameHash, std::equal_to<>> watches_;
  size_t purge_at_ = kPurgeMin;
};

}  // namespace skarn

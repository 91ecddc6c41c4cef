// SPDX-License-Identifier: BSD-3-Clause
//
// HashView: read access to a hash, whichever way it is stored.
// Threads: under the shard's lock, shared is enough. Owner: the stack; valid until the
// next change of the key.
#pragma once

#include <optional>

#include "command/context.h"
#include "types/hash_table.h"
#include "types/listpack.h"

namespace skarn {

class HashView {
 public:
  // A field that is there, with its expiry or kNoExpiry.
  struct Item {
    ListpackElement value;
    ExpiryMillis expiry = kNoExpiry;
  };

  // `entry` is a hash, or null for an absent key. Fields expired at `now` are treated as
  // missing.
  HashView(const Entry* entry, ExpiryMillis now) : entry_(entry), now_(now) {}

  bool is_absent() const { return entry_ == nullptr; }
  bool is_table() const {
    return entry_ != nullptr && entry_->encoding() == Encoding::kTable;
  }
  const HashTable& table() const { return *entry_->table(); }  // Only of a table.
  ListpackView listpack() const { return ListpackView(entry_->value()); }  // Otherwise.

  // Fields, counting those that have expired and are not erased yet.
  size_t size() const {
    if (entry_ == nullptr) return 0;
    return is_table() ? table().size() : listpack().count() / 2;
  }
  // True if a field may have expired and not be erased yet.
  bool may_have_expired() const { return is_table() && table().next_expiry() < now_; }

  std::optional<Item> Find(Bytes field) const;

  // visit(ListpackElement field, ListpackElement value) for every field.
  template <class Visit>
  void ForEach(Visit&& visit) const {
    if (entry_ == nullptr) return;
    if (is_table()) {
      table().ForEach([&](const Field& field) {
        if (field.IsExpired(now_)) return;
        visit(ListpackElement(field.name()), ListpackElement(field.value()));
      });
      return;
    }
    const ListpackView list = listpack();
    for (size_t at = list.first(); at != list.end();) {
      const size_t value = list.Next(at);
      visit(list.At(at), list.At(value));
      at = list.Next(value);
    }
  }

 private:
  const Entry* entry_;
  ExpiryMillis now_;
};

namespace commands {

// The hash at `key`; without a value after an error reply.
std::optional<HashView> ReadHash(CommandContext& context, const Key& key,
                                 ReplyWriter& reply);

// A bulk string.
inline void ReplyElement(ReplyWriter& reply, const ListpackElement& element) {
  element.is_integer() ? reply.BulkInteger(element.integer())
                       : reply.Bulk(element.text());
}

}  // namespace commands
}  // namespace skarn

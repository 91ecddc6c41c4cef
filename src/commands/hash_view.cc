// SPDX-License-Identifier: BSD-3-Clause
#include "commands/hash_view.h"

namespace skarn {

std::optional<HashView::Item> HashView::Find(Bytes field) const {
  if (entry_ == nullptr) return std::nullopt;
  if (is_table()) {
    const Field* found = table().Find(field);
    if (found == nullptr || found->IsExpired(now_)) return std::nullopt;
    return Item{ListpackElement(found->value()), found->expiry()};
  }
  const ListpackView list = listpack();
  const size_t value = list.FindValue(ListpackItem(field));
  if (value == list.end()) return std::nullopt;
  return Item{list.At(value)};
}

namespace commands {

std::optional<HashView> ReadHash(CommandContext& context, const Key& key,
                                 ReplyWriter& reply) {
  const Entry* entry = context.keyspace.Find(key);
  if (entry != nullptr && entry->type() != ValueType::kHash) [[unlikely]] {
    reply.Error(kWrongType);
    return std::nullopt;
  }
  return HashView(entry, context.now());
}

}  // namespace commands
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "commands/hash_editor.h"

#include <array>
#include <string>

namespace skarn {
namespace {

// What a new field adds to a listpack besides its texts, at most.
constexpr size_t kPairHeadBytesMax = 20;
// New hashes up to this size are put together on the stack.
constexpr size_t kStackBytes = 1024;

uint8_t* AsUnsigned(char* bytes) {
  return reinterpret_cast<uint8_t*>(bytes);
}

}  // namespace

void HashEditor::MakeTable(size_t extra) {
  auto* table = new HashTable;
  const HashView old = view();
  table->Reserve(old.size() + extra);
  old.ForEach([&](const ListpackElement& field, const ListpackElement& value) {
    IntegerText field_room, value_room;
    table->Set(field.ToText(field_room), value.ToText(value_room));
  });
  keyspace_.PutTable(key_, found_, table, found_ ? found_.entry->expiry() : kNoExpiry);
}

void HashEditor::ExpectPairs(const Args& pairs) {
  if (is_table()) return;
  bool fits = pairs.size() / 2 <= settings_.hash_max_listpack_entries;
  size_t total = found_ ? found_.entry->value().size() : kListpackEmptyBytes;
  for (const Bytes& text : pairs) {
    fits = fits && FitsListpack(text);
    total += text.size() + kPairHeadBytesMax;
  }
  if (!fits || total > kListpackBytesMax) MakeTable(pairs.size() / 2);
}

size_t HashEditor::SetPairs(const Args& pairs) {
  ExpectPairs(pairs);
  if (!found_) return CreateListpack(pairs);
  size_t added = 0;
  for (size_t i = 0; i < pairs.size(); i += 2) added += Set(pairs[i], pairs[i + 1]);
  return added;
}

// A new hash is put together first, and stored in one piece.
size_t HashEditor::CreateListpack(const Args& pairs) {
  size_t bytes_max = kListpackEmptyBytes;
  for (const Bytes& text : pairs) bytes_max += text.size() + kPairHeadBytesMax / 2;
  std::array<char, kStackBytes> stack;
  std::string heap;
  char* room = stack.data();
  if (bytes_max > stack.size()) {
    heap.resize(bytes_max);
    room = heap.data();
  }
  ListpackEditor editor(AsUnsigned(room), bytes_max);
  editor.Clear();
  size_t count = 0;
  for (size_t i = 0; i < pairs.size(); i += 2) {
    const ListpackItem field(pairs[i]), value(pairs[i + 1]);
    const ListpackView list = editor.view();
    const size_t position = i == 0 ? list.end() : list.FindValue(field);
    if (position != list.end()) {
      editor.Replace(position, value);
    } else {
      editor.AppendPair(field, value);
      ++count;
    }
  }
  keyspace_.PutBytes(key_, found_, editor.view().bytes(), kNoExpiry, ValueType::kHash);
  return count;
}

bool HashEditor::Set(Bytes field, Bytes value, ExpiryMillis expiry) {
  if (is_table()) return SetInTable(field, value, expiry);
  const bool sets_expiry = expiry != kNoExpiry && expiry != kKeepExpiry;
  const size_t old_bytes = found_ ? found_.entry->value().size() : 0;
  const size_t bytes_max = old_bytes + field.size() + value.size() + kPairHeadBytesMax;
  if (sets_expiry || !FitsListpack(field) || !FitsListpack(value) ||
      settings_.hash_max_listpack_entries == 0 || bytes_max > kListpackBytesMax) {
    MakeTable(1);
    return SetInTable(field, value, expiry);
  }
  if (!found_) {
    const Bytes pair[] = {field, value};
    return CreateListpack(Args(pair)) != 0;
  }
  const bool is_new = SetInListpack(field, value);
  if (listpack().count() / 2 > settings_.hash_max_listpack_entries) MakeTable(0);
  return is_new;
}

void HashEditor::Edit(size_t position, size_t erase_count,
                      std::span<const ListpackItem> items) {
  const ListpackView list = listpack();
  const size_t old_bytes = list.size_bytes();
  size_t new_bytes = old_bytes;
  if (erase_count != 0) new_bytes = list.SizeWithErased(position, erase_count);
  for (const ListpackItem& item : items) new_bytes += item.entry_bytes();

  const size_t room = std::max(old_bytes, new_bytes);
  char* data = keyspace_.EditBytes(key_, found_, room, Encoding::kBytes);
  SKARN_CHECK(data != nullptr);
  ListpackEditor(AsUnsigned(data), room).Splice(position, erase_count, items);
  if (new_bytes < room) {
    keyspace_.EditBytes(key_, found_, new_bytes, Encoding::kBytes);
  }
}

bool HashEditor::SetInListpack(Bytes field, Bytes value) {
  const ListpackItem field_item(field), value_item(value);
  const ListpackView list = listpack();
  const size_t position = list.FindValue(field_item);
  if (position != list.end()) {
    Edit(position, 1, {&value_item, 1});
    return false;
  }
  const ListpackItem items[] = {field_item, value_item};
  Edit(list.end(), 0, items);
  return true;
}

bool HashEditor::SetInTable(Bytes field, Bytes value, ExpiryMillis expiry) {
  keyspace_.PrepareTableChange(found_);
  HashTable& fields = table();
  const uint64_t hash = HashField(field);
  if (expiry == kKeepExpiry) {
    const Field* old = fields.Find(field, hash);
    expiry =
        old != nullptr && !old->IsExpired(keyspace_.now()) ? old->expiry() : kNoExpiry;
  }
  const bool had_expiry = fields.expiry_count() > 0;
  const HashTable::SetResult result = fields.Set(field, hash, value, expiry);
  const bool has_expiry = fields.expiry_count() > 0;
  if (had_expiry || has_expiry) keyspace_.NoteFieldExpiry(found_, had_expiry);
  if (result.old_expiry == kNoExpiry || result.old_expiry >= keyspace_.now()) {
    return result.is_new;
  }
  met_expired_ = true;
  ++keyspace_.stats().expired_fields;
  return true;
}

void HashEditor::SetExpiry(Bytes field, ExpiryMillis expiry) {
  if (!is_table()) {
    if (expiry == kNoExpiry) return;
    MakeTable(0);
  }
  keyspace_.PrepareTableChange(found_);
  const bool had_expiry = table().expiry_count() > 0;
  table().SetExpiry(field, HashField(field), expiry);
  keyspace_.NoteFieldExpiry(found_, had_expiry);
}

bool HashEditor::Erase(Bytes field) {
  if (!found_) return false;
  if (!is_table()) return EraseFromListpack(field);
  const uint64_t hash = HashField(field);
  const Field* old = table().Find(field, hash);
  if (old == nullptr || old->IsExpired(keyspace_.now())) return false;
  EraseFromTable(field, hash);
  return true;
}

bool HashEditor::EraseAny(Bytes field) {
  if (!found_) return false;
  if (!is_table()) return EraseFromListpack(field);
  const uint64_t hash = HashField(field);
  if (table().Find(field, hash) == nullptr) return false;
  EraseFromTable(field, hash);
  return true;
}

bool HashEditor::EraseFromListpack(Bytes field) {
  const ListpackView list = listpack();
  const size_t position = list.Find(ListpackItem(field), list.first(), 1);
  if (position == list.end()) return false;
  if (list.count() == 2) {
    EraseKey();
  } else {
    Edit(position, 2, {});
  }
  return true;
}

// The field is there.
void HashEditor::EraseFromTable(Bytes field, uint64_t hash) {
  if (table().size() == 1) return EraseKey();
  keyspace_.PrepareTableChange(found_);
  const bool had_expiry = table().expiry_count() > 0;
  table().Erase(field, hash);
  if (had_expiry) keyspace_.NoteFieldExpiry(found_, had_expiry);
}

void HashEditor::EraseKey() {
  keyspace_.Erase(key_, found_);
  was_emptied_ = true;
}

void HashEditor::Tell(Bytes event, uint64_t changes) {
  if (met_expired_) keyspace_.Notify(EventKind::kHash, "hexpired", key_);
  met_expired_ = false;
  keyspace_.Changed(key_, EventKind::kHash, event, changes);
}

void HashEditor::TellExpired(uint64_t fields, uint64_t changes) {
  keyspace_.stats().expired_fields += fields;
  keyspace_.Changed(key_, EventKind::kHash, "hexpired", changes);
}

namespace commands {

std::optional<HashEditor> EditHash(CommandContext& context, ReplyWriter& reply,
                                   bool counts_hits) {
  const Key& key = context.key();
  KeyspaceView& keyspace = context.keyspace;
  Found found = counts_hits ? keyspace.FindForUpdate(key) : keyspace.FindForWrite(key);
  if (found && found.entry->type() != ValueType::kHash) [[unlikely]] {
    reply.Error(kWrongType);
    return std::nullopt;
  }
  return HashEditor(context, key, found);
}

}  // namespace commands
}  // namespace skarn

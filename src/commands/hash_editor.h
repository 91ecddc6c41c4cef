// SPDX-License-Identifier: BSD-3-Clause
//
// HashEditor: changes of one hash by one command. It chooses the encoding, keeps the
// expiries of fields and the running snapshot right, and erases the key with its last
// field. The events are the handler's: Tell.
// Threads: under the shard's exclusive lock. Owner: the stack of a handler.
#pragma once

#include <optional>

#include "commands/hash_view.h"

namespace skarn {

class HashEditor {
 public:
  // For Set: the field keeps the expiry it has.
  static constexpr ExpiryMillis kKeepExpiry = -2;

  // `found` is the key's entry for changing: a hash, or absent.
  HashEditor(CommandContext& context, const Key& key, Found found)
      : keyspace_(context.keyspace),
        settings_(context.settings),
        key_(key),
        found_(found) {}

  bool is_absent() const { return !found_; }
  HashView view() const { return {found_.entry, keyspace_.now()}; }
  // As HashView::Find; valid until the next change.
  std::optional<HashView::Item> Find(Bytes field) const { return view().Find(field); }

  // Sets fields to values, `pairs` being "field value field value ...", without expiry.
  // Makes the hash when it is absent. Returns how many fields are new.
  size_t SetPairs(const Args& pairs);
  // Sets one field; true when it is new. `value` may lie in this hash only when its size
  // and expiry stay.
  bool Set(Bytes field, Bytes value, ExpiryMillis expiry = kNoExpiry);
  // Changes the expiry of a field that is there; kNoExpiry removes it.
  void SetExpiry(Bytes field, ExpiryMillis expiry);
  // Erases a field, and the key with the last one. False when there is no such field; one
  // that has expired counts as missing and stays for the active expiry.
  bool Erase(Bytes field);
  // The same, taking expired ones, too.
  bool EraseAny(Bytes field);
  // Says that the hash is about to take the fields of `pairs`, "field value ...": makes
  // it a table at once when they will not fit a listpack.
  void ExpectPairs(const Args& pairs);

  // Raises the event of a change of the hash, after that of fields found expired.
  void Tell(Bytes event, uint64_t changes);
  // Raises the event of a key that was not there.
  void TellNew() { keyspace_.Notify(EventKind::kNew, "new", key_); }
  // Raises "hexpired" for fields erased because their time had come.
  void TellExpired(uint64_t fields) { TellExpired(fields, fields); }
  void TellExpired(uint64_t fields, uint64_t changes);
  // Raises "del" if the hash went. Last.
  void Finish() { FinishAs(was_emptied_); }
  void FinishAs(bool is_gone) {
    if (is_gone) keyspace_.Notify(EventKind::kGeneric, "del", key_);
  }

 private:
  bool is_table() const { return found_ && found_.entry->encoding() == Encoding::kTable; }
  bool FitsListpack(Bytes text) const {
    return text.size() <= settings_.hash_max_listpack_value;
  }
  ListpackView listpack() const { return ListpackView(found_.entry->value()); }
  HashTable& table() { return *found_.entry->table(); }

  size_t CreateListpack(const Args& pairs);
  bool SetInListpack(Bytes field, Bytes value);
  bool SetInTable(Bytes field, Bytes value, ExpiryMillis expiry);
  // Splices `items` over `erase_count` elements at `position`.
  void Edit(size_t position, size_t erase_count, std::span<const ListpackItem> items);
  // Makes the hash a table with room for `extra` more fields.
  void MakeTable(size_t extra);
  bool EraseFromListpack(Bytes field);
  void EraseFromTable(Bytes field, uint64_t hash);
  void EraseKey();

  KeyspaceView& keyspace_;
  const Settings& settings_;
  const Key& key_;
  Found found_;
  bool met_expired_ = false;  // A field was set whose old value had expired.
  bool was_emptied_ = false;
};

namespace commands {

// The hash at the command's key for changing; without a value after an error reply.
// `counts_hits`: for commands that read, too.
std::optional<HashEditor> EditHash(CommandContext& context, ReplyWriter& reply,
                                   bool counts_hits = false);

}  // namespace commands
}  // namespace skarn

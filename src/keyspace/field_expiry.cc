// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/field_expiry.h"

#include "types/hash_table.h"

namespace skarn {

size_t ExpireDueFields(KeyspaceView& keyspace, const Key& key, Found& found, size_t limit,
                       uint64_t* position) {
  if (!found || found.entry->type() != ValueType::kHash ||
      found.entry->encoding() != Encoding::kTable) {
    return 0;
  }
  HashTable& table = *found.entry->table();
  if (table.expiry_count() == 0 || table.next_expiry() >= keyspace.now()) return 0;
  keyspace.PrepareTableChange(found);
  const size_t erased =
      table.EraseExpired(keyspace.now(), limit, position, [](const Field&) {});
  keyspace.NoteFieldExpiry(found, /*had_expiry=*/true);
  if (erased == 0) return 0;
  keyspace.stats().expired_fields += erased;
  // The reference files this event under the expired ones, and counts no change.
  keyspace.Changed(key, EventKind::kExpired, "hexpired", 0);
  if (table.size() == 0) {
    keyspace.Erase(key, found);
    keyspace.Notify(EventKind::kGeneric, "del", key);
  }
  return erased;
}

}  // namespace skarn

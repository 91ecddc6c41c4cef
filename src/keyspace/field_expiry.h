// SPDX-License-Identifier: BSD-3-Clause
//
// The active expiry of fields: erases from a hash those whose time has come.
// Threads: under the shard's exclusive lock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "keyspace/view.h"

namespace skarn {

// Erases the fields of a hash that have expired by the view's now, at most `limit`, with
// their event; a hash left empty is erased, with its. Returns how many went; when it is
// `limit`, more may be due, from `*position` on (see HashTable::EraseExpired). Any other
// entry is left alone.
size_t ExpireDueFields(KeyspaceView& keyspace, const Key& key, Found& found, size_t limit,
                       uint64_t* position);

}  // namespace skarn

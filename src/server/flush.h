// SPDX-License-Identifier: BSD-3-Clause
//
// Emptying databases. Threads: with the gate closed. Owner: none; functions.
#pragma once

#include <cstdint>

#include "keyspace/keyspace.h"

namespace skarn {

// Takes all entries out of the database and frees them, in the background when `lazily`.
// A running snapshot keeps to its end what it has yet to read. Watches of keys that were
// there see a change. Returns how many keys it had.
uint64_t FlushDatabase(Keyspace& keyspace, unsigned db, ExpiryMillis now, bool lazily);
uint64_t FlushAllDatabases(Keyspace& keyspace, ExpiryMillis now, bool lazily);

}  // namespace skarn

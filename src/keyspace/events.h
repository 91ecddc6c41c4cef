// SPDX-License-Identifier: BSD-3-Clause
//
// What the keyspace tells upwards: the kinds of keyspace events and who hears them.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace skarn {

// The classes of notify-keyspace-events, one bit each.
enum class EventKind : uint32_t {
  kNone = 0,
  kKeyspace = 1 << 0,  // K: to __keyspace@<db>__ channels.
  kKeyevent = 1 << 1,  // E: to __keyevent@<db>__ channels.
  kGeneric = 1 << 2,   // g
  kString = 1 << 3,    // $
  kList = 1 << 4,      // l
  kSet = 1 << 5,       // s
  kHash = 1 << 6,      // h
  kZset = 1 << 7,      // z
  kExpired = 1 << 8,   // x
  kEvicted = 1 << 9,   // e
  kStream = 1 << 10,   // t
  kKeyMiss = 1 << 11,  // m: not part of A.
  kModule = 1 << 12,   // d
  kNew = 1 << 13,      // n: not part of A.
};
constexpr uint32_t Bit(EventKind kind) {
  return static_cast<uint32_t>(kind);
}

// Hears of events that notify-keyspace-events asks for. Called on the worker that changes
// the key, under the shard's lock: it may only note or post, never take a shard.
struct Shard;
class KeyEventListener {
 public:
  virtual ~KeyEventListener() = default;
  virtual void OnKeyEvent(EventKind kind, Bytes event, unsigned db, Bytes key) = 0;
  // A shard was unlocked on which commands are parked. No lock is held.
  virtual void OnShardFree(Shard& shard) = 0;
};

}  // namespace skarn

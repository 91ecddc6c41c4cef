// SPDX-License-Identifier: BSD-3-Clause
//
// What the string and bitmap handlers share: values as replies, and looking up strings.
// Threads: as the handlers, under the locks of their command.
#pragma once

#include "command/context.h"

namespace skarn::commands {

inline void ReleaseBlob(void* blob) {
  static_cast<Blob*>(blob)->Release();
}

// Replies with the value of a string: small ones as a copy, big ones (those in a Blob) by
// reference, so that nothing big is copied under the lock.
inline void ReplyValue(ReplyWriter& reply, const Entry& entry) {
  if (entry.IsEmbedded()) [[likely]] {
    return reply.Bulk({entry.EmbeddedValue(), entry.EmbeddedSize()});
  }
  Blob* blob = entry.blob();
  blob->Reference();
  reply.BulkReference(blob->bytes(), &ReleaseBlob, blob);
}

inline bool IsString(const Entry& entry) {
  return entry.type() == ValueType::kString;
}

// The string under the command's first key for reading. False after an error reply; an
// absent key gives an empty value and a null `*entry`.
inline bool ReadString(CommandContext& context, const Key& key, ReplyWriter& reply,
                       const Entry** entry) {
  *entry = context.keyspace.Find(key);
  if (*entry == nullptr || IsString(**entry)) [[likely]]
    return true;
  reply.Error(kWrongType);
  return false;
}

// The same for changing.
inline bool FindStringForWrite(CommandContext& context, const Key& key,
                               ReplyWriter& reply, Found* found) {
  *found = context.keyspace.FindForWrite(key);
  if (!*found || IsString(*found->entry)) [[likely]]
    return true;
  reply.Error(kWrongType);
  return false;
}

}  // namespace skarn::commands

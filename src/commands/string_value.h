// SPDX-License-Identifier: BSD-3-Clause
//
// What the string and bitmap handlers share: values as replies, and looking up strings.
// Threads: as the handlers, under the locks of their command.
#pragma once

#include <algorithm>

#include "command/context.h"

namespace skarn::commands {

inline void ReleaseBlob(void* blob) {
  static_cast<Blob*>(blob)->Release();
}

// Replies with the value of a string: small ones as a copy, big ones (those in a Blob) by
// reference, so that nothing big is copied under the lock.
inline void ReplyValue(ReplyWriter& reply, const Entry& entry) {
  if (entry.IsEmbedded()) [[likely]] {
    return reply.Bulk(entry.embedded());
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

// Makes the string of `size` bytes changeable in place, like KeyspaceView::EditBytes; an
// absent key gets one of zeros. Null, with nothing changed, when the machine has no
// memory for it.
inline char* EditString(CommandContext& context, const Key& key, Found& found,
                        size_t size) {
  const bool is_new = !found;
  if (is_new) {
    context.keyspace.PutBytes(key, found, "", kNoExpiry, ValueType::kString,
                              Encoding::kRawBytes);
  }
  char* data = context.keyspace.EditBytes(key, found, size, Encoding::kRawBytes);
  if (data == nullptr && is_new) context.keyspace.Erase(key, found);
  return data;
}

// A range of positions as clients give it: both ends included, negative ones count from
// the end.
struct ResolvedRange {
  int64_t first = 0;
  int64_t count = 0;  // 0: empty; `first` is then where it would begin.
};
inline ResolvedRange ClampRange(int64_t start, int64_t end, int64_t size) {
  start = std::max<int64_t>(start < 0 ? start + size : start, 0);
  end = std::max<int64_t>(end < 0 ? end + size : end, 0);
  end = std::min(end, size - 1);
  return {start, start > end ? 0 : end - start + 1};
}
// The same, but two ends counted from the end that are the wrong way round are an empty
// range even where clamping would make both 0.
inline ResolvedRange ResolveRange(int64_t start, int64_t end, int64_t size) {
  if (start < 0 && end < 0 && start > end) return {};
  return ClampRange(start, end, size);
}

}  // namespace skarn::commands

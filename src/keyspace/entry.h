// SPDX-License-Identifier: BSD-3-Clause
//
// Entry: key, value and expiry in one block, owned by exactly one slot of a shard's
// table, hence movable. Layout, without padding:
//
//   0  u32  access clock (24 bits) | type (4) | encoding (4)
//   4  u8   flags: form of the value size, expiry, wide key size
//   5  u8   key size, when it is not wide
//   6  u8/u16/u32 value size, or 6 bytes of pointer to a Blob or a table
//      6 or 8 bytes of expiry (unix ms)     when there is one
//      u32  key size                        when it is wide
//      key, then the value when it is embedded
//
// A 16-byte key with a value of 64 bytes makes 87 bytes, in a block of 88.
//
// Threads: under the shard's lock. The access word is atomic because readers refresh it
// under the shared lock; everything else changes under the exclusive one only.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "arch/prefetch.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/memory.h"
#include "base/racy.h"
#include "base/shared_store.h"
#include "keyspace/blob.h"

namespace skarn {

class HashTable;  // types of a big hash: keyspace knows it only to free it

enum class ValueType : uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kZset = 3,
  kHash = 4,
  kStream = 6
};

// How the value is stored. kBytes: embedded or in a Blob (a string, or a listpack for
// aggregates). kRawBytes: the same, and OBJECT ENCODING says "raw" (strings that were
// changed in place). kTextBytes: the same, and OBJECT ENCODING never says "int" (what
// INCRBYFLOAT stores).
enum class Encoding : uint8_t { kBytes = 0, kRawBytes = 1, kTable = 2, kTextBytes = 3 };

using ExpiryMillis = int64_t;  // Unix time; kNoExpiry without one.
inline constexpr ExpiryMillis kNoExpiry = -1;

// Of an entry, how much is fetched ahead of its command.
inline constexpr size_t kPrefetchBytesMax = 2048;

// Values of more bytes live in a Blob.
inline constexpr size_t kEmbeddedValueMax = 15872;

class Entry {
 public:
  struct Shape {
    Bytes key;
    size_t value_size = 0;  // Of an embedded value.
    void* root = nullptr;   // A Blob or table instead of an embedded value.
    ExpiryMillis expiry = kNoExpiry;
    ValueType type = ValueType::kString;
    Encoding encoding = Encoding::kBytes;
    uint32_t access = 0;
  };

  // The bytes that an entry of this shape takes (not rounded to a block).
  static size_t SizeOf(const Shape& shape);
  // A new entry with its key in place; an embedded value is for the caller to fill.
  static Entry* Create(const Shape& shape);
  // Frees the block alone; the value behind a root is somebody else's by now.
  static void FreeBlock(Entry* entry) { memory::Free(entry, entry->SizeBytes()); }
  // The hash under which the keyspace files the entry (needs the key hash secret).
  static uint64_t HashOf(const void* entry);

  Bytes key() const {
    const Layout layout = LayoutOf(flags());
    const char* base = reinterpret_cast<const char*>(this);
    if ((flags() & kWideKey) == 0) [[likely]] {
      return {base + layout.key, static_cast<uint8_t>(base[5])};
    }
    uint32_t size;
    std::memcpy(&size, base + layout.key - 4, 4);
    return {base + layout.key, size};
  }
  bool KeyIs(Bytes other) const {
    const Bytes mine = key();
    return mine.size() == other.size() &&
           EqualShort(mine.data(), other.data(), mine.size());
  }

  ValueType type() const {
    return static_cast<ValueType>(access_.load(std::memory_order_relaxed) >> 24 & 15);
  }
  Encoding encoding() const {
    return static_cast<Encoding>(access_.load(std::memory_order_relaxed) >> 28);
  }
  void set_encoding(Encoding encoding) {
    const uint32_t word = access_.load(std::memory_order_relaxed);
    access_.store((word & 0x0fffffff) | uint32_t(encoding) << 28,
                  std::memory_order_relaxed);
    NoteSharedStore(SharedLine::kEntry, this);
  }
  bool IsEmbedded() const { return (flags() & kFormMask) != kFormRoot; }

  // The bytes of a value that is not a table, wherever they are.
  Bytes value() const {
    if (IsEmbedded()) [[likely]]
      return embedded();
    return blob()->bytes();
  }
  Bytes embedded() const {
    const Bytes k = key();
    return {k.data() + k.size(), EmbeddedSize()};
  }
  char* EmbeddedValue() {
    const Bytes k = key();
    return const_cast<char*>(k.data() + k.size());
  }
  const char* EmbeddedValue() const {
    const Bytes k = key();
    return k.data() + k.size();
  }
  size_t EmbeddedSize() const {
    // Little endian on every machine Skarn runs on: the low bytes are the number. The
    // least block has 8 bytes.
    const unsigned form = flags() & kFormMask;
    uint32_t word;
    if (form < 2) [[likely]] {
      std::memcpy(&word, At(4), sizeof word);
      return form == 0 ? word >> 16 & 0xff : word >> 16;
    }
    if (form == kFormRoot) return 0;
    std::memcpy(&word, At(6), sizeof word);
    return word;
  }
  void* root() const;
  void set_root(void* root);
  Blob* blob() const { return static_cast<Blob*>(root()); }
  HashTable* table() const { return static_cast<HashTable*>(root()); }

  bool HasExpiry() const { return (flags() & kHasExpiry) != 0; }
  ExpiryMillis expiry() const;
  bool IsExpired(ExpiryMillis now) const { return HasExpiry() && expiry() < now; }

  // The LRU clock or the LFU counter and its time, as the eviction policy reads them.
  uint32_t access() const { return access_.load(std::memory_order_relaxed) & 0xffffff; }
  // Stored only when it changes, so that a hot entry's line stays shared. May run under
  // the shared lock: type and encoding never change there.
  void set_access(uint32_t access) {
    SKARN_DCHECK(access <= 0xffffff);
    const uint32_t word = access_.load(std::memory_order_relaxed);
    if ((word & 0xffffff) != access) {
      access_.store((word & 0xff000000) | access, std::memory_order_relaxed);
      NoteSharedStore(SharedLine::kEntry, this);
    }
  }

  // Without the lock, when the first lines should be here: fetches the lines behind them.
  // The entry may be gone meanwhile; its memory stays mapped, and nothing is done with
  // what it says. (Not so in a sanitized build, where each block is malloc's.)
  SKARN_RACY void PrefetchRest() const {
#ifndef SKARN_SANITIZED
    const size_t size = std::min(SizeBytes(), kPrefetchBytesMax);
    for (size_t at = 128; at < size; at += 64) PrefetchRead(At(at));
#endif
  }

  // A string that OBJECT ENCODING calls "raw" because the reference would not keep key,
  // expiry and value in one block.
  bool IsRawInReference() const;

  size_t SizeBytes() const {
    const Bytes k = key();
    return static_cast<size_t>(k.data() - At(0)) + k.size() + EmbeddedSize();
  }
  size_t BlockBytes() const {
    return memory::BlockSize(SizeBytes());
  }
  // All memory of a value that is not a table.
  size_t TotalBytes() const {
    return BlockBytes() + (IsEmbedded() ? 0 : blob()->SizeBytes());
  }

  // The shape of this entry, to create a changed one from.
  Shape shape() const;
  // Sets the size of the embedded value in place. Only when the new shape takes the same
  // block and size form: CanResize.
  bool CanResize(size_t value_size) const;
  void Resize(size_t value_size);
  // Changes the expiry in place when the form allows (has one already, both narrow).
  bool TrySetExpiry(ExpiryMillis expiry);

 private:
  static constexpr uint8_t kFormMask = 3;  // 0: u8 size, 1: u16, 2: u32, 3: root pointer.
  static constexpr uint8_t kFormRoot = 3;
  static constexpr uint8_t kHasExpiry = 4;
  static constexpr uint8_t kWideExpiry = 8;
  static constexpr uint8_t kWideKey = 16;

  struct Layout {
    uint8_t expiry;
    uint8_t key;
  };
  static constexpr Layout LayoutOf(uint8_t flags) {
    constexpr uint8_t kSizeBytes[] = {1, 2, 4, 6};
    const uint8_t expiry = static_cast<uint8_t>(6 + kSizeBytes[flags & kFormMask]);
    uint8_t key = expiry;
    if ((flags & kHasExpiry) != 0) key += (flags & kWideExpiry) != 0 ? 8 : 6;
    if ((flags & kWideKey) != 0) key += 4;
    return {expiry, key};
  }
  static uint8_t FlagsFor(const Shape& shape);
  uint8_t flags() const {
    return flags_;
  }
  char* At(size_t offset) {
    return reinterpret_cast<char*>(this) + offset;
  }
  const char* At(size_t offset) const {
    return reinterpret_cast<const char*>(this) + offset;
  }

  std::atomic<uint32_t> access_;
  uint8_t flags_;
  uint8_t key_size_;
};

}  // namespace skarn

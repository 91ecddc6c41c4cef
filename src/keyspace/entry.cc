// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/entry.h"

#include <new>

#include "base/check.h"
#include "base/numbers.h"
#include "keyspace/key.h"

namespace skarn {
namespace {

constexpr ExpiryMillis kNarrowExpiryMax = (int64_t{1} << 47) - 1;

}  // namespace

uint8_t Entry::FlagsFor(const Shape& shape) {
  uint8_t flags = kFormRoot;
  if (shape.root == nullptr) {
    flags = shape.value_size <= 0xff ? 0 : shape.value_size <= 0xffff ? 1 : 2;
  }
  if (shape.expiry != kNoExpiry) {
    flags |= kHasExpiry;
    if (shape.expiry < 0 || shape.expiry > kNarrowExpiryMax) flags |= kWideExpiry;
  }
  if (shape.key.size() > 0xff) flags |= kWideKey;
  return flags;
}

size_t Entry::SizeOf(const Shape& shape) {
  return LayoutOf(FlagsFor(shape)).key + shape.key.size() +
         (shape.root == nullptr ? shape.value_size : 0);
}

// One block has two cache lines: 8 bytes of head, 8 of expiry, 1 byte and a zero for the
// key, 3 bytes and a zero for the value, and the key's own head. Without room for key and
// expiry, the expiry stays out.
bool Entry::IsRawInReference() const {
  constexpr size_t kBlock = 128;
  constexpr size_t kExpiry = 8;
  constexpr size_t kShortKeyMax = 31;
  if (type() != ValueType::kString) return false;
  if (encoding() == Encoding::kRawBytes) return true;
  // INCRBYFLOAT leaves a text, also when it could be an integer.
  if (encoding() == Encoding::kBytes && IsCanonicalInt64(value())) return false;
  const size_t key_size = key().size();
  const size_t key_head = key_size <= kShortKeyMax ? 1 : key_size <= 0xff ? 3 : 5;
  size_t taken = 8 + 1 + key_head + key_size + 1;
  if (HasExpiry() && taken + kExpiry <= kBlock) taken += kExpiry;
  return taken + 3 + value().size() + 1 > kBlock;
}

Entry* Entry::Create(const Shape& shape) {
  const uint8_t flags = FlagsFor(shape);
  const Layout layout = LayoutOf(flags);
  const size_t size =
      layout.key + shape.key.size() + (shape.root == nullptr ? shape.value_size : 0);
  Entry* entry = new (memory::Allocate(size)) Entry;
  entry->access_.store((shape.access & 0xffffff) | uint32_t(shape.type) << 24 |
                           uint32_t(shape.encoding) << 28,
                       std::memory_order_relaxed);
  NoteSharedStore(SharedLine::kEntry, entry);
  entry->flags_ = flags;
  entry->key_size_ = static_cast<uint8_t>(shape.key.size());
  if (shape.root != nullptr) {
    entry->set_root(shape.root);
  } else {
    // Little endian on every machine Skarn runs on: the low bytes are the number.
    const uint32_t value_size = static_cast<uint32_t>(shape.value_size);
    switch (flags & kFormMask) {
      case 0:
        *entry->At(6) = static_cast<char>(value_size);
        break;
      case 1:
        std::memcpy(entry->At(6), &value_size, 2);
        break;
      default:
        std::memcpy(entry->At(6), &value_size, 4);
        break;
    }
  }
  if (shape.expiry != kNoExpiry) {
    std::memcpy(entry->At(layout.expiry), &shape.expiry,
                (flags & kWideExpiry) != 0 ? 8 : 6);
  }
  if ((flags & kWideKey) != 0) {
    const uint32_t key_size = static_cast<uint32_t>(shape.key.size());
    std::memcpy(entry->At(layout.key - 4), &key_size, 4);
  }
  std::memcpy(entry->At(layout.key), shape.key.data(), shape.key.size());
  return entry;
}

uint64_t Entry::HashOf(const void* entry) {
  return HashKey(static_cast<const Entry*>(entry)->key());
}

void* Entry::root() const {
  SKARN_DCHECK(!IsEmbedded());
  uint64_t word = 0;
  std::memcpy(&word, At(6), 6);
  return reinterpret_cast<void*>(word);
}

void Entry::set_root(void* root) {
  NoteSharedStore(SharedLine::kEntry, this);
  const uint64_t word = reinterpret_cast<uint64_t>(root);
  std::memcpy(At(6), &word, 6);
}

ExpiryMillis Entry::expiry() const {
  if (!HasExpiry()) return kNoExpiry;
  ExpiryMillis expiry = 0;
  std::memcpy(&expiry, At(LayoutOf(flags()).expiry),
              (flags() & kWideExpiry) != 0 ? 8 : 6);
  return expiry;
}

Entry::Shape Entry::shape() const {
  return {.key = key(),
          .value_size = EmbeddedSize(),
          .root = IsEmbedded() ? nullptr : root(),
          .expiry = expiry(),
          .type = type(),
          .encoding = encoding(),
          .access = access()};
}

bool Entry::CanResize(size_t value_size) const {
  if (!IsEmbedded() || value_size > kEmbeddedValueMax) return false;
  const uint8_t form = value_size <= 0xff ? 0 : value_size <= 0xffff ? 1 : 2;
  if (form != (flags() & kFormMask)) return false;
  const size_t now = SizeBytes();
  return memory::BlockSize(now - EmbeddedSize() + value_size) == memory::BlockSize(now);
}

void Entry::Resize(size_t value_size) {
  SKARN_DCHECK(CanResize(value_size));
  NoteSharedStore(SharedLine::kEntry, this);
  const uint32_t size = static_cast<uint32_t>(value_size);
  switch (flags() & kFormMask) {
    case 0:
      *At(6) = static_cast<char>(size);
      break;
    case 1:
      std::memcpy(At(6), &size, 2);
      break;
    default:
      std::memcpy(At(6), &size, 4);
      break;
  }
}

bool Entry::TrySetExpiry(ExpiryMillis expiry) {
  if (!HasExpiry() || expiry < 0) return false;
  const bool is_wide = (flags() & kWideExpiry) != 0;
  if (!is_wide && expiry > kNarrowExpiryMax) return false;
  NoteSharedStore(SharedLine::kEntry, this);
  std::memcpy(At(LayoutOf(flags()).expiry), &expiry, is_wide ? 8 : 6);
  return true;
}

}  // namespace skarn

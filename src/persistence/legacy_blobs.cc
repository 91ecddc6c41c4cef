// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/legacy_blobs.h"

#include "types/byte_order.h"

namespace skarn {

namespace {

constexpr uint8_t kTerminator = 0xFF;
constexpr uint8_t kLongLength =
    0xFE;  // Four bytes follow; smaller bytes are lengths themselves.
constexpr size_t kZiplistHeaderBytes = 10;
constexpr uint16_t kZiplistCountUnknown = 65535;
constexpr uint8_t kZipmapCountMax = 253;

}  // namespace

// --- Ziplist: size u32, offset of the last entry u32, count u16, entries, FF ---

ZiplistCursor::ZiplistCursor(Bytes blob)
    : blob_(blob), at_(kZiplistHeaderBytes), entry_from_(kZiplistHeaderBytes) {
  is_valid_ = blob.size() > kZiplistHeaderBytes &&
              LoadLittle<uint32_t>(blob.data()) == blob.size() &&
              static_cast<uint8_t>(blob.back()) == kTerminator;
}

bool ZiplistCursor::EndIsValid() const {
  const auto count = LoadLittle<uint16_t>(blob_.data() + 8);
  return LoadLittle<uint32_t>(blob_.data() + 4) == entry_from_ &&
         (count == count_ || count == kZiplistCountUnknown);
}

std::optional<ListpackElement> ZiplistCursor::Next() {
  if (!is_valid_) return std::nullopt;
  if (left() == 0) {
    is_valid_ = EndIsValid();
    return std::nullopt;
  }
  const size_t entry_from = at_;
  std::optional<ListpackElement> element;
  if (SkipPreviousSize() && left() > 0) element = Element();
  is_valid_ = element.has_value();
  entry_from_ = entry_from;
  entry_bytes_ = at_ - entry_from;
  ++count_;
  return element;
}

bool ZiplistCursor::SkipPreviousSize() {
  const auto first = static_cast<uint8_t>(blob_[at_]);
  if (first < kLongLength) {
    at_ += 1;
    return first == entry_bytes_;
  }
  if (first != kLongLength || left() < 5) return false;
  const size_t previous = LoadLittle<uint32_t>(blob_.data() + at_ + 1);
  at_ += 5;
  return previous == entry_bytes_;
}

std::optional<ListpackElement> ZiplistCursor::Element() {
  const char* const from = blob_.data() + at_;
  const auto head = static_cast<uint8_t>(from[0]);
  size_t head_bytes = 1;
  size_t text_bytes = 0;
  if (head < 0x40) {
    text_bytes = head;
  } else if (head < 0x80) {
    head_bytes = 2;
    if (left() < head_bytes) return std::nullopt;
    text_bytes = size_t{head & 0x3Fu} << 8 | static_cast<uint8_t>(from[1]);
  } else if (head == 0x80) {
    head_bytes = 5;
    if (left() < head_bytes) return std::nullopt;
    text_bytes = LoadBig<uint32_t>(from + 1);
  } else {
    // Integers: 2, 4, 8, 3 bytes, 1 byte, or in the head itself.
    if (head >= 0xF1 && head <= 0xFD) {
      at_ += 1;
      return ListpackElement(int64_t{(head & 0x0F) - 1});
    }
    const size_t bytes = head == 0xC0   ? 2
                         : head == 0xD0 ? 4
                         : head == 0xE0 ? 8
                         : head == 0xF0 ? 3
                         : head == 0xFE ? 1
                                        : 0;
    if (bytes == 0 || left() < 1 + bytes) return std::nullopt;
    at_ += 1 + bytes;
    switch (bytes) {
      case 1:
        return ListpackElement(int64_t{static_cast<int8_t>(from[1])});
      case 2:
        return ListpackElement(int64_t{LoadLittle<int16_t>(from + 1)});
      case 3:
        return ListpackElement(int64_t{LoadLittle<int32_t>(from) >> 8});
      case 4:
        return ListpackElement(int64_t{LoadLittle<int32_t>(from + 1)});
      default:
        return ListpackElement(LoadLittle<int64_t>(from + 1));
    }
  }
  if (text_bytes > left() - head_bytes) return std::nullopt;
  at_ += head_bytes + text_bytes;
  return ListpackElement(Bytes(from + head_bytes, text_bytes));
}

// --- Zipmap: count u8, then (length field, length u8 free value, free unused bytes), FF
// ---

ZipmapCursor::ZipmapCursor(Bytes blob) : blob_(blob) {
  is_valid_ = blob.size() >= 2 && static_cast<uint8_t>(blob.back()) == kTerminator;
}

std::optional<size_t> ZipmapCursor::Length() {
  const std::optional<Bytes> first = Take(1);
  if (!first) return std::nullopt;
  const auto length = static_cast<uint8_t>(first->front());
  if (length < kLongLength) return length;
  if (length != kLongLength) return std::nullopt;
  const std::optional<Bytes> word = Take(4);
  if (!word) return std::nullopt;
  return LoadLittle<uint32_t>(word->data());
}

// The terminator is not part of anything.
std::optional<Bytes> ZipmapCursor::Take(size_t size_bytes) {
  if (size_bytes > blob_.size() - 1 - at_) return std::nullopt;
  const Bytes taken = blob_.substr(at_, size_bytes);
  at_ += size_bytes;
  return taken;
}

std::optional<ZipmapCursor::Pair> ZipmapCursor::Next() {
  if (!is_valid_) return std::nullopt;
  if (at_ == blob_.size() - 1) {
    const auto count = static_cast<uint8_t>(blob_[0]);
    is_valid_ = count > kZipmapCountMax || count == count_;
    return std::nullopt;
  }
  is_valid_ = false;
  const std::optional<size_t> field_bytes = Length();
  if (!field_bytes) return std::nullopt;
  const std::optional<Bytes> field = Take(*field_bytes);
  if (!field) return std::nullopt;
  const std::optional<size_t> value_bytes = Length();
  if (!value_bytes) return std::nullopt;
  const std::optional<Bytes> free_bytes = Take(1);
  if (!free_bytes) return std::nullopt;
  const std::optional<Bytes> value = Take(*value_bytes);
  if (!value || !Take(static_cast<uint8_t>(free_bytes->front()))) return std::nullopt;
  is_valid_ = true;
  ++count_;
  return Pair{.field = *field, .value = *value};
}

}  // namespace skarn

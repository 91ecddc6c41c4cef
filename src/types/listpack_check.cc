// SPDX-License-Identifier: BSD-3-Clause
//
// Examination of listpacks from outside: nothing here trusts a byte.

#include "types/listpack.h"

namespace skarn {

namespace {

// Bytes of head and data of the entry that starts `rest`, or 0 if it is not one or is cut
// off.
size_t EncodedBytes(std::span<const uint8_t> rest) {
  const uint8_t head = rest[0];
  size_t bytes = 0;
  if (head < 0x80) {
    bytes = 1;
  } else if (head < 0xC0) {
    bytes = 1 + (head & 0x3Fu);
  } else if (head < 0xE0) {
    bytes = 2;
  } else if (head < 0xF0) {
    if (rest.size() < 2) return 0;
    bytes = 2 + (size_t{head & 0x0Fu} << 8 | rest[1]);
  } else if (head == 0xF0) {
    if (rest.size() < 5) return 0;
    bytes = 5 + size_t{LoadLittle<uint32_t>(&rest[1])};
  } else if (head <= 0xF4) {
    constexpr uint8_t kBytes[] = {0, 3, 4, 5, 9};
    bytes = kBytes[head & 0x0F];
  }
  return bytes <= rest.size() ? bytes : 0;
}

// True if the bytes that follow the `encoded_bytes` of an entry in `rest` tell that size.
bool BacklenIsValid(std::span<const uint8_t> rest, size_t encoded_bytes, size_t width) {
  if (rest.size() < encoded_bytes + width) return false;
  size_t value = 0;
  for (size_t i = 0; i < width; ++i) {
    const uint8_t byte = rest[encoded_bytes + i];
    if ((byte >= 128) != (i > 0)) return false;
    value = value << 7 | (byte & 127u);
  }
  return value == encoded_bytes;
}

// True for most entries that are minimal: 7-bit integers, short texts that start like no
// integer.
bool IsMinimalAtAGlance(std::span<const uint8_t> entry) {
  if (entry[0] < 0x80) return true;
  if (entry[0] >= 0xC0) return false;
  return entry[0] == 0x80 || entry[1] > '9' || entry[1] < '-';
}

bool HeaderIsValid(Bytes bytes) {
  return bytes.size() >= kListpackEmptyBytes && bytes.size() <= kListpackBytesMax &&
         LoadLittle<uint32_t>(bytes.data()) == bytes.size() &&
         static_cast<uint8_t>(bytes.back()) == kListpackTerminator;
}

}  // namespace

ListpackHealth ExamineListpack(Bytes bytes) {
  if (!HeaderIsValid(bytes)) return ListpackHealth::kBroken;
  const ListpackView view(bytes);
  const std::span<const uint8_t> all(AsUnsigned(bytes), bytes.size());
  const size_t end = view.end();

  bool is_minimal = true;
  size_t count = 0;
  for (size_t position = view.first(); position < end; ++count) {
    const auto rest = all.subspan(position, end - position);
    const size_t encoded_bytes = EncodedBytes(rest);
    if (encoded_bytes == 0) return ListpackHealth::kBroken;
    const size_t entry_bytes = ListpackView::EntryBytes(rest.data());
    if (!BacklenIsValid(rest, encoded_bytes, entry_bytes - encoded_bytes)) {
      return ListpackHealth::kBroken;
    }
    if (is_minimal && !IsMinimalAtAGlance(rest)) {
      const ListpackElement element = view.At(position);
      const ListpackItem item = element.is_integer() ? ListpackItem(element.integer())
                                                     : ListpackItem(element.text());
      is_minimal = item.Matches(rest.data());
    }
    position += entry_bytes;
  }
  const size_t stored_count = LoadLittle<uint16_t>(all.data() + 4);
  if (stored_count != kListpackCountUnknown && stored_count != count) {
    return ListpackHealth::kBroken;
  }
  return is_minimal ? ListpackHealth::kMinimal : ListpackHealth::kNotMinimal;
}

bool ListpackIsValid(Bytes bytes, bool deep) {
  return deep ? ExamineListpack(bytes) != ListpackHealth::kBroken : HeaderIsValid(bytes);
}

}  // namespace skarn

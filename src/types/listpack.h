// SPDX-License-Identifier: BSD-3-Clause
//
// A listpack is a sequence of short elements in one run of bytes: the value of a small
// hash, and part of RDB files and DUMP payloads, so its bytes are those of the wire
// (reference: formats.md, section 5). The bytes belong to somebody else, mostly an entry
// of the keyspace.
//
//   size u32 | count u16 | entry ... | FF        entry: head, data, backlen
//
// An element is a text. The text of an integer is stored as the integer, in the smallest
// form; any other text in the smallest string form. We call a listpack where that holds
// for every element *minimal*: all we write are, and Find relies on it, since it compares
// stored forms. One that came from outside passes ExamineListpack first, and is rebuilt
// when it is valid but not minimal.
//
// A position is the offset of an entry from the start of the listpack; it is valid until
// the next edit at or before it. Threads: none of its own; whoever guards the bytes
// guards the listpack.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/numbers.h"
#include "types/byte_order.h"

namespace skarn {

inline constexpr size_t kListpackHeaderBytes = 6;
inline constexpr uint8_t kListpackTerminator = 0xFF;
inline constexpr size_t kListpackEmptyBytes = 7;
inline constexpr size_t kListpackBytesMax = size_t{1}
                                            << 30;      // Peers refuse to grow beyond.
inline constexpr size_t kListpackCountUnknown = 65535;  // In the header: scan to count.

// Room for the decimal text of any int64.
using IntegerText = std::array<char, kInt64TextMax>;

// What one entry holds: a view into the listpack, or an integer.
class ListpackElement {
 public:
  explicit ListpackElement(Bytes text) : text_(text.data()), number_(text.size()) {}
  explicit ListpackElement(int64_t integer) : number_(static_cast<uint64_t>(integer)) {}

  bool is_integer() const { return text_ == nullptr; }
  int64_t integer() const {
    return static_cast<int64_t>(number_);
  }                                                // Only of an integer.
  Bytes text() const { return {text_, number_}; }  // Only of a text.

  // The element as text; an integer is written into `room`, which must outlive the
  // result.
  Bytes ToText(IntegerText& room) const {
    if (!is_integer()) return text();
    return {room.data(), FormatInt64(room.data(), integer())};
  }
  // Bytes ToText would give.
  size_t TextBytes() const;
  // The element as a text of its own.
  std::string ToString() const;
  // The integer that the element is or that its text spells canonically.
  std::optional<int64_t> ToInteger() const {
    int64_t value = 0;
    if (is_integer()) return integer();
    return ParseInt64(text(), &value) ? std::optional(value) : std::nullopt;
  }
  friend bool operator==(const ListpackElement& element, Bytes text) {
    IntegerText room;
    return element.ToText(room) == text;
  }

 private:
  const char* text_ = nullptr;
  uint64_t number_;  // The integer, or the size of the text.
};

// An element on its way into a listpack, or looked for in one: the minimal form of a
// text. It keeps a view of the text. Making one costs about as much as looking for digits
// in the text.
class ListpackItem {
 public:
  ListpackItem(Bytes text);  // NOLINT: a text is an item.
  explicit ListpackItem(int64_t integer);

  // Bytes of the whole entry: head, data and backlen.
  size_t entry_bytes() const { return encoded_bytes_ + backlen_bytes_; }
  // Bytes of head and data.
  size_t encoded_bytes() const { return encoded_bytes_; }
  bool is_integer() const { return is_integer_; }

  // Writes the entry at `to`, which has room for entry_bytes(); returns where it ends.
  uint8_t* Write(uint8_t* to) const;
  // True if the entry at `entry` has this form.
  bool Matches(const uint8_t* entry) const;

 private:
  friend class ListpackView;
  void SetInteger(int64_t integer);
  // What follows the first byte of a form of up to 64 bytes.
  Bytes payload() const {
    const auto* form = reinterpret_cast<const char*>(head_.data());
    return is_integer_ ? Bytes(form + 1, encoded_bytes_ - 1) : text_;
  }

  Bytes text_;  // Empty for an integer.
  size_t encoded_bytes_ = 0;
  uint8_t backlen_bytes_ = 1;
  uint8_t head_bytes_ = 0;  // For an integer, the whole form.
  bool is_integer_ = false;
  std::array<uint8_t, 9> head_{};
};

// Read access to a listpack known to be valid.
class ListpackView {
 public:
  constexpr ListpackView() = default;
  constexpr explicit ListpackView(const uint8_t* data) : data_(data) {}
  explicit ListpackView(Bytes bytes) : data_(AsUnsigned(bytes)) {}

  // --- Reading.
  // -------------------------------------------------------------------------------

  size_t size_bytes() const { return LoadLittle<uint32_t>(data_); }
  // Elements. Costs a scan above 65534 of them.
  size_t count() const {
    const size_t stored = LoadLittle<uint16_t>(data_ + 4);
    return stored != kListpackCountUnknown ? stored : CountByScan();
  }
  bool empty() const { return size_bytes() == kListpackEmptyBytes; }
  const uint8_t* data() const { return data_; }
  Bytes bytes() const { return {reinterpret_cast<const char*>(data_), size_bytes()}; }

  // Positions run from first() while they are not end(). Both ways cost a few cycles a
  // step.
  size_t first() const { return kListpackHeaderBytes; }
  size_t end() const { return size_bytes() - 1; }
  size_t Next(size_t position) const { return position + EntryBytes(data_ + position); }
  // `position` may be end(), not first().
  size_t Previous(size_t position) const;
  // The position of element `index`, or end(); walks from the nearer side.
  size_t Seek(size_t index) const;

  // `position` is not end(). A text is a view into the listpack.
  ListpackElement At(size_t position) const;

  // True if the element at `position` is the text of `item`.
  bool Equals(size_t position, const ListpackItem& item) const {
    return item.Matches(data_ + position);
  }

  // The position of the first element equal to `item`, or end(). Looks at the elements at
  // `from` and then at each behind `skip` more: skip = 1 finds a field among field,
  // value, field, value.
  size_t Find(const ListpackItem& item, size_t from = kListpackHeaderBytes,
              size_t skip = 0) const;
  // The position of the value of hash field `field`, or end().
  size_t FindValue(const ListpackItem& field) const {
    const size_t position = Find(field, kListpackHeaderBytes, 1);
    return position == end() ? position : Next(position);
  }

  // Calls `visit(ListpackElement)` for every element, in order.
  template <class Visitor>
  void ForEach(Visitor visit) const {
    for (size_t p = first(), stop = end(); p != stop; p = Next(p)) visit(At(p));
  }

  // --- Sizes after an edit, for ListpackEditor.
  // -------------------------------------------------

  size_t SizeWithReplaced(size_t position, const ListpackItem& item) const {
    return size_bytes() - EntryBytes(data_ + position) + item.entry_bytes();
  }
  size_t SizeWithInserted(const ListpackItem& item) const {
    return size_bytes() + item.entry_bytes();
  }
  size_t SizeWithErased(size_t position, size_t element_count) const;

  // Bytes of the entry at `entry`: head, data, backlen.
  static size_t EntryBytes(const uint8_t* entry) {
    const uint8_t head = *entry;
    if (head < 0x80) return 2;                  // 7-bit integer.
    if (head < 0xC0) return (head & 0x3F) + 2;  // Text of up to 63 bytes.
    return LongEntryBytes(entry);
  }

 private:
  static size_t LongEntryBytes(const uint8_t* entry);
  size_t CountByScan() const;
  template <class Match>
  size_t Scan(uint8_t head, size_t from, size_t skip, Match match) const;
  template <class Word>
  size_t FindShort(const ListpackItem& item, Bytes payload, size_t from,
                   size_t skip) const;

  const uint8_t* data_ = nullptr;
};

// Edits a valid listpack in place, inside `capacity_bytes` that the caller has made sure
// of with the sizes above. Positions before the edit stay valid.
class ListpackEditor {
 public:
  ListpackEditor(uint8_t* data, size_t capacity_bytes)
      : data_(data), capacity_bytes_(capacity_bytes) {}

  // Makes the bytes an empty listpack.
  void Clear();
  void Append(const ListpackItem& item) { Splice(view().end(), 0, {&item, 1}); }
  // Appends field and value of a hash.
  void AppendPair(const ListpackItem& first, const ListpackItem& second);
  // Puts `item` in front of the element at `position`, which may be end().
  void Insert(size_t position, const ListpackItem& item) {
    Splice(position, 0, {&item, 1});
  }
  void Replace(size_t position, const ListpackItem& item) {
    Splice(position, 1, {&item, 1});
  }
  void Erase(size_t position, size_t element_count = 1) {
    Splice(position, element_count, {});
  }

  // Replaces `erase_count` elements from `position` on by `items`. The texts of the items
  // must not lie in this listpack.
  void Splice(size_t position, size_t erase_count, std::span<const ListpackItem> items);

  ListpackView view() const { return ListpackView(data_); }

 private:
  uint8_t* data_;
  size_t capacity_bytes_;
};

// Builds a listpack at the end of a string.
class ListpackBuilder {
 public:
  // `out` must outlive the builder; what it holds already stays in front.
  explicit ListpackBuilder(std::string& out);

  void Append(const ListpackItem& item);
  // Completes the header; returns the listpack, a view valid until `out` changes.
  Bytes Finish();

  size_t count() const { return count_; }
  // Bytes the listpack has after Finish.
  size_t size_bytes() const { return out_.size() - start_ + 1; }

 private:
  std::string& out_;
  size_t start_;
  size_t count_ = 0;
};

enum class ListpackHealth : uint8_t {
  kBroken,      // Not a listpack.
  kNotMinimal,  // Readable; to be rebuilt before Find or an edit.
  kMinimal,     // As we would have written it.
};

// Examines bytes from outside, entry by entry.
ListpackHealth ExamineListpack(Bytes bytes);

// True if `bytes` are one listpack. Not `deep`: looks at the header and the last byte
// only, for bytes that are already under a checksum of our own.
bool ListpackIsValid(Bytes bytes, bool deep = true);

}  // namespace skarn

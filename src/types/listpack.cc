// SPDX-License-Identifier: BSD-3-Clause

#include "types/listpack.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace skarn {

namespace {

constexpr size_t kBacklenBytesMax = 5;

// The width of a backlen follows from the size it tells. Two and more bytes begin one
// below what seven bits a byte could hold; every reader derives the width from these
// bounds.
constexpr uint8_t BacklenBytes(size_t encoded_bytes) {
  if (encoded_bytes <= 127) return 1;
  if (encoded_bytes < 16383) return 2;
  if (encoded_bytes < 2097151) return 3;
  if (encoded_bytes < 268435455) return 4;
  return kBacklenBytesMax;
}

// Seven bits a byte, the highest first; all bytes but the first have the top bit, so that
// a reader walking backwards knows where to stop.
uint8_t* WriteBacklen(uint8_t* to, size_t encoded_bytes, size_t width) {
  if (width == 1) {
    *to = static_cast<uint8_t>(encoded_bytes);
    return to + 1;
  }
  for (size_t i = width; i-- > 0;) {
    to[i] = static_cast<uint8_t>((encoded_bytes & 127) | (i > 0 ? 128 : 0));
    encoded_bytes >>= 7;
  }
  return to + width;
}

void StoreHeader(uint8_t* data, size_t size_bytes, size_t count) {
  StoreLittle<uint32_t>(data, static_cast<uint32_t>(size_bytes));
  StoreLittle<uint16_t>(data + 4,
                        static_cast<uint16_t>(std::min(count, kListpackCountUnknown)));
}

template <class Word>
Word LoadWord(const void* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

}  // namespace

// --- Elements --------------------------------------------------------------------------

size_t ListpackElement::TextBytes() const {
  IntegerText room;
  return ToText(room).size();
}

std::string ListpackElement::ToString() const {
  IntegerText room;
  return std::string(ToText(room));
}

// --- Items.
// ---------------------------------------------------------------------------------------

ListpackItem::ListpackItem(Bytes text) {
  if (int64_t integer = 0; ParseInt64(text, &integer)) {
    SetInteger(integer);
    return;
  }
  text_ = text;
  if (text.size() > kListpackBytesMax) {
    // No entry holds it: a head that none has. It can be looked for, but never written.
    head_[0] = 0xF5;
    head_bytes_ = 1;
  } else if (text.size() < 64) {
    head_[0] = static_cast<uint8_t>(0x80 | text.size());
    head_bytes_ = 1;
  } else if (text.size() < 4096) {
    head_[0] = static_cast<uint8_t>(0xE0 | text.size() >> 8);
    head_[1] = static_cast<uint8_t>(text.size());
    head_bytes_ = 2;
  } else {
    head_[0] = 0xF0;
    StoreLittle<uint32_t>(&head_[1], static_cast<uint32_t>(text.size()));
    head_bytes_ = 5;
  }
  encoded_bytes_ = head_bytes_ + text.size();
  backlen_bytes_ = BacklenBytes(encoded_bytes_);
}

ListpackItem::ListpackItem(int64_t integer) {
  SetInteger(integer);
}

void ListpackItem::SetInteger(int64_t integer) {
  const auto fits = [integer](int bits) {
    return integer >= -(int64_t{1} << (bits - 1)) && integer < int64_t{1} << (bits - 1);
  };
  is_integer_ = true;
  if (integer >= 0 && integer < 128) {
    head_[0] = static_cast<uint8_t>(integer);
    head_bytes_ = 1;
  } else if (fits(13)) {
    head_[0] = static_cast<uint8_t>(0xC0 | (integer >> 8 & 0x1F));
    head_[1] = static_cast<uint8_t>(integer);
    head_bytes_ = 2;
  } else {
    StoreLittle<int64_t>(&head_[1], integer);
    head_[0] = fits(16) ? 0xF1 : fits(24) ? 0xF2 : fits(32) ? 0xF3 : 0xF4;
    head_bytes_ = fits(16) ? 3 : fits(24) ? 4 : fits(32) ? 5 : 9;
  }
  encoded_bytes_ = head_bytes_;
}

uint8_t* ListpackItem::Write(uint8_t* to) const {
  std::memcpy(to, head_.data(), head_bytes_);
  to += head_bytes_;
  if (!text_.empty()) std::memcpy(to, text_.data(), text_.size());
  return WriteBacklen(to + text_.size(), encoded_bytes_, backlen_bytes_);
}

bool ListpackItem::Matches(const uint8_t* entry) const {
  if (entry[0] != head_[0]) return false;
  return std::memcmp(entry, head_.data(), head_bytes_) == 0 &&
         (text_.empty() ||
          std::memcmp(entry + head_bytes_, text_.data(), text_.size()) == 0);
}

// --- Reading.
// -------------------------------------------------------------------------------------

size_t ListpackView::LongEntryBytes(const uint8_t* entry) {
  const uint8_t head = *entry;
  if (head < 0xE0) return 3;  // 13-bit integer.
  size_t encoded_bytes = 0;
  if (head < 0xF0) {
    encoded_bytes = 2 + (size_t{head & 0x0Fu} << 8 | entry[1]);
  } else if (head == 0xF0) {
    encoded_bytes = 5 + size_t{LoadLittle<uint32_t>(entry + 1)};
  } else {
    constexpr uint8_t kEntryBytes[16] = {0, 4, 5, 6, 10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    return kEntryBytes[head & 0x0F];
  }
  return encoded_bytes + BacklenBytes(encoded_bytes);
}

size_t ListpackView::CountByScan() const {
  size_t count = 0;
  for (size_t p = first(), stop = end(); p != stop; p = Next(p)) ++count;
  return count;
}

size_t ListpackView::Previous(size_t position) const {
  SKARN_DCHECK(position > first());
  size_t encoded_bytes = 0;
  for (int shift = 0;; shift += 7) {
    const uint8_t byte = data_[--position];
    encoded_bytes |= size_t{byte & 127u} << shift;
    if (byte < 128) break;
  }
  return position - encoded_bytes;
}

size_t ListpackView::Seek(size_t index) const {
  const size_t count = LoadLittle<uint16_t>(data_ + 4);
  const size_t stop = end();
  if (count != kListpackCountUnknown) {
    if (index >= count) return stop;
    if (index > count / 2) {
      size_t position = stop;
      for (size_t i = count; i > index; --i) position = Previous(position);
      return position;
    }
  }
  size_t position = first();
  while (index-- > 0 && position != stop) position = Next(position);
  return position;
}

ListpackElement ListpackView::At(size_t position) const {
  const uint8_t* entry = data_ + position;
  const uint8_t head = *entry;
  const auto text = [entry](size_t head_bytes, size_t text_bytes) {
    return ListpackElement(
        Bytes(reinterpret_cast<const char*>(entry) + head_bytes, text_bytes));
  };
  if (head < 0x80) return ListpackElement(int64_t{head});
  if (head < 0xC0) return text(1, head & 0x3F);
  if (head < 0xE0) {  // 13 bits, the sign on top.
    const int32_t bits = (head & 0x1F) << 8 | entry[1];
    return ListpackElement(int64_t{bits - (bits >> 12 << 13)});
  }
  if (head < 0xF0) return text(2, size_t{head & 0x0Fu} << 8 | entry[1]);
  switch (head) {
    case 0xF0:
      return text(5, LoadLittle<uint32_t>(entry + 1));
    case 0xF1:
      return ListpackElement(int64_t{LoadLittle<int16_t>(entry + 1)});
    case 0xF2:  // The head is the lowest byte of the word; shift it out, keeping the
                // sign.
      return ListpackElement(int64_t{LoadLittle<int32_t>(entry) >> 8});
    case 0xF3:
      return ListpackElement(int64_t{LoadLittle<int32_t>(entry + 1)});
    default:
      SKARN_DCHECK(head == 0xF4);
      return ListpackElement(LoadLittle<int64_t>(entry + 1));
  }
}

// --- Finding.
// -------------------------------------------------------------------------------------

// The step to the next entry is the critical path, one dependent load each; the
// comparison runs beside it and mostly ends at the head, which holds the length of a
// short text.
template <class Match>
inline size_t ListpackView::Scan(uint8_t head, size_t from, size_t skip,
                                 Match match) const {
  const uint8_t* entry = data_ + from;
  const uint8_t* const stop = data_ + end();
  while (entry < stop) {
    if (*entry == head && match(entry)) return static_cast<size_t>(entry - data_);
    entry += EntryBytes(entry);
    for (size_t i = skip; i > 0 && entry < stop; --i) entry += EntryBytes(entry);
  }
  return static_cast<size_t>(stop - data_);
}

// An item whose head is one byte and which has at least a Word of payload behind it:
// equal if the last Word, the first Word and what may lie between are equal. The last
// comes first as fields tend to differ there.
template <class Word>
size_t ListpackView::FindShort(const ListpackItem& item, Bytes payload, size_t from,
                               size_t skip) const {
  const Word first_word = LoadWord<Word>(payload.data());
  const size_t last_from = payload.size() - sizeof(Word);
  const Word last_word = LoadWord<Word>(payload.data() + last_from);
  const auto ends_match = [=](const uint8_t* entry) {
    return LoadWord<Word>(entry + 1 + last_from) == last_word &&
           LoadWord<Word>(entry + 1) == first_word;
  };
  if (last_from <= sizeof(Word)) {
    if (skip == 1) return Scan(item.head_[0], from, 1, ends_match);
    return Scan(item.head_[0], from, skip, ends_match);
  }
  const auto matches = [&](const uint8_t* entry) {
    return ends_match(entry) && item.Matches(entry);
  };
  if (skip == 1) return Scan(item.head_[0], from, 1, matches);
  return Scan(item.head_[0], from, skip, matches);
}

size_t ListpackView::Find(const ListpackItem& item, size_t from, size_t skip) const {
  if (item.encoded_bytes_ > 64) {
    return Scan(item.head_[0], from, skip,
                [&](const uint8_t* entry) { return item.Matches(entry); });
  }
  const Bytes payload = item.payload();
  if (payload.size() >= 8) return FindShort<uint64_t>(item, payload, from, skip);
  if (payload.size() >= 4) return FindShort<uint32_t>(item, payload, from, skip);
  if (payload.size() >= 2) return FindShort<uint16_t>(item, payload, from, skip);
  if (payload.size() == 1) return FindShort<uint8_t>(item, payload, from, skip);
  return Scan(item.head_[0], from, skip, [](const uint8_t*) { return true; });
}

// --- Editing.
// -------------------------------------------------------------------------------------

size_t ListpackView::SizeWithErased(size_t position, size_t element_count) const {
  size_t after = position;
  for (size_t i = 0; i < element_count; ++i) after = Next(after);
  return size_bytes() - (after - position);
}

void ListpackEditor::Clear() {
  SKARN_CHECK(capacity_bytes_ >= kListpackEmptyBytes);
  StoreHeader(data_, kListpackEmptyBytes, 0);
  data_[kListpackHeaderBytes] = kListpackTerminator;
}

void ListpackEditor::AppendPair(const ListpackItem& first, const ListpackItem& second) {
  const ListpackItem items[] = {first, second};
  Splice(view().end(), 0, items);
}

void ListpackEditor::Splice(size_t position, size_t erase_count,
                            std::span<const ListpackItem> items) {
  const ListpackView old = view();
  const size_t old_bytes = old.size_bytes();
  SKARN_DCHECK(position >= kListpackHeaderBytes && position < old_bytes);

  size_t erase_bytes = 0;
  for (size_t i = 0; i < erase_count; ++i) {
    SKARN_DCHECK(position + erase_bytes < old_bytes - 1);
    erase_bytes += ListpackView::EntryBytes(data_ + position + erase_bytes);
  }
  size_t insert_bytes = 0;
  for (const ListpackItem& item : items) insert_bytes += item.entry_bytes();
  const size_t new_bytes = old_bytes - erase_bytes + insert_bytes;
  SKARN_CHECK(new_bytes <= capacity_bytes_ && new_bytes <= kListpackBytesMax);

  uint8_t* const tail = data_ + position + erase_bytes;
  if (insert_bytes != erase_bytes) {
    std::memmove(data_ + position + insert_bytes, tail,
                 old_bytes - position - erase_bytes);
  }
  uint8_t* to = data_ + position;
  for (const ListpackItem& item : items) to = item.Write(to);

  // An unknown count stays unknown; counting here could cost more than the edit.
  const size_t old_count = LoadLittle<uint16_t>(data_ + 4);
  const bool is_known = old_count != kListpackCountUnknown;
  StoreHeader(data_, new_bytes,
              is_known ? old_count - erase_count + items.size() : old_count);
}

// --- Building.
// ------------------------------------------------------------------------------------

ListpackBuilder::ListpackBuilder(std::string& out) : out_(out), start_(out.size()) {
  out_.append(kListpackHeaderBytes, '\0');
}

void ListpackBuilder::Append(const ListpackItem& item) {
  const size_t position = out_.size();
  out_.resize(position + item.entry_bytes());
  item.Write(reinterpret_cast<uint8_t*>(out_.data()) + position);
  ++count_;
}

Bytes ListpackBuilder::Finish() {
  out_.push_back(static_cast<char>(kListpackTerminator));
  const size_t size_bytes = out_.size() - start_;
  SKARN_CHECK(size_bytes <= kListpackBytesMax);
  StoreHeader(reinterpret_cast<uint8_t*>(out_.data()) + start_, size_bytes, count_);
  return Bytes(out_).substr(start_);
}

}  // namespace skarn

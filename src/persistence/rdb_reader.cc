// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/rdb_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "base/check.h"
#include "persistence/crc64.h"
#include "types/lzf.h"

namespace skarn {

namespace {

// Three bytes of LZF tell 264 at most.
constexpr uint64_t kLzfExpansionMax = 264 / 3;

constexpr std::string_view kEndsEarly = "the data ends in the middle of a record";

}  // namespace

RdbReader::RdbReader(Bytes all, RdbDialect dialect)
    : buffer_(AsUnsigned(all)),
      at_(buffer_),
      end_(buffer_ + all.size()),
      dialect_(dialect) {}

RdbReader::RdbReader(RdbSource& source, size_t chunk_bytes)
    : source_(&source),
      storage_(std::make_unique_for_overwrite<uint8_t[]>(chunk_bytes)),
      storage_bytes_(chunk_bytes) {
  buffer_ = at_ = end_ = storage_.get();
}

// --- State ---

Result<> RdbReader::status() const {
  if (is_ok_) return {};
  return Fail(error_);
}

void RdbReader::SetFailed(std::string_view reason) {
  SetFailedAt(offset(), reason);
}

void RdbReader::SetFailedAt(uint64_t offset, std::string_view reason) {
  if (!is_ok_) return;
  is_ok_ = false;
  error_ = fmt::format("offset {}: {}", offset, reason);
  // Nothing is left to read: the quick paths need not look at is_ok_.
  FoldChecksum();
  end_ = at_;
}

bool RdbReader::AtEnd() {
  if (at_ != end_ || !is_ok_) return at_ == end_;
  if (source_ == nullptr) return true;
  FoldChecksum();
  buffer_offset_ = offset();
  buffer_ = at_ = end_ = storage_.get();
  const Result<size_t> got = source_->Read(storage_.get(), storage_bytes_);
  if (!got) {
    SetFailed(got.error().text);
    return true;
  }
  end_ = at_ + *got;
  return *got == 0;
}

uint64_t RdbReader::Checksum() {
  FoldChecksum();
  return checksum_;
}

void RdbReader::FoldChecksum() {
  const uint64_t now = offset();
  if (is_checksum_on_ && checksum_offset_ < now) {
    const auto* from =
        reinterpret_cast<const char*>(buffer_) + (checksum_offset_ - buffer_offset_);
    checksum_ = Crc64(checksum_, Bytes(from, now - checksum_offset_));
  }
  checksum_offset_ = now;
}

// Makes `size_bytes` bytes readable at at_. The buffer grows by what really arrives, so
// that a false length cannot make us reserve what it says.
bool RdbReader::Fill(size_t size_bytes) {
  if (!is_ok_) return false;
  if (source_ == nullptr || !MayHold(size_bytes)) {
    SetFailed(kEndsEarly);
    return false;
  }
  FoldChecksum();
  size_t held = static_cast<size_t>(end_ - at_);
  buffer_offset_ = offset();
  std::memmove(storage_.get(), at_, held);
  while (held < size_bytes) {
    if (held == storage_bytes_) {
      const size_t grown = std::min(std::bit_ceil(size_bytes), storage_bytes_ * 2);
      auto storage = std::make_unique_for_overwrite<uint8_t[]>(grown);
      std::memcpy(storage.get(), storage_.get(), held);
      storage_ = std::move(storage);
      storage_bytes_ = grown;
    }
    const Result<size_t> got =
        source_->Read(storage_.get() + held, storage_bytes_ - held);
    buffer_ = at_ = storage_.get();
    end_ = at_ + held + (got ? *got : 0);
    if (!got || *got == 0) {
      SetFailedAt(buffer_offset_ + held, got ? kEndsEarly : got.error().text);
      return false;
    }
    held += *got;
  }
  return true;
}

// False if we know that fewer bytes are left.
bool RdbReader::MayHold(uint64_t size_bytes) {
  const auto held = static_cast<uint64_t>(end_ - at_);
  if (source_ == nullptr) return size_bytes <= held;
  const std::optional<uint64_t> all = source_->size_bytes();
  return !all || (offset() <= *all && size_bytes <= *all - offset());
}

// --- Parts ---

double RdbReader::Double() {
  return std::bit_cast<double>(Little<uint64_t>());
}

uint64_t RdbReader::Length() {
  const uint64_t from = offset();
  const uint8_t first = Byte();
  if (first >= kRdbStringInt8) {
    SetFailedAt(from, "a string where a length belongs");
    return 0;
  }
  return LengthBehind(first);
}

uint64_t RdbReader::LengthBehind(uint8_t first) {
  if (first < 0x40) return first;
  if (first < 0x80) return uint64_t{first & 0x3Fu} << 8 | Byte();
  if (first != kRdbLength32 && first != kRdbLength64) {
    SetFailedAt(offset() - (is_ok_ ? 1 : 0), "not a length");
    return 0;
  }
  const size_t size_bytes = first == kRdbLength32 ? 4 : 8;
  if (!Ensure(size_bytes)) return 0;
  const uint64_t length =
      first == kRdbLength32 ? LoadBig<uint32_t>(at_) : LoadBig<uint64_t>(at_);
  at_ += size_bytes;
  return length;
}

Bytes RdbReader::Raw(size_t size_bytes) {
  if (!Ensure(size_bytes)) return {};
  const auto* from = reinterpret_cast<const char*>(at_);
  at_ += size_bytes;
  return {from, size_bytes};
}

void RdbReader::Skip(uint64_t size_bytes) {
  while (size_bytes > 0 && Ensure(1)) {
    const uint64_t step = std::min(size_bytes, static_cast<uint64_t>(end_ - at_));
    at_ += step;
    size_bytes -= step;
  }
}

// Copies what the buffer holds and reads the rest past it, so that a huge value is copied
// once.
void RdbReader::ReadInto(uint8_t* to, size_t size_bytes) {
  const size_t held = std::min(size_bytes, static_cast<size_t>(end_ - at_));
  if (held > 0) std::memcpy(to, at_, held);
  at_ += held;
  size_bytes -= held;
  to += held;
  if (size_bytes <= storage_bytes_ || source_ == nullptr) {
    const Bytes rest = Raw(size_bytes);
    if (!rest.empty()) std::memcpy(to, rest.data(), rest.size());
    return;
  }
  FoldChecksum();
  buffer_offset_ = offset();
  buffer_ = at_ = end_ = storage_.get();
  while (size_bytes > 0) {
    const Result<size_t> got = source_->Read(to, size_bytes);
    if (!got || *got == 0) return SetFailed(got ? kEndsEarly : got.error().text);
    if (is_checksum_on_) {
      checksum_ = Crc64(checksum_, Bytes(reinterpret_cast<char*>(to), *got));
    }
    buffer_offset_ += *got;
    checksum_offset_ = buffer_offset_;
    to += *got;
    size_bytes -= *got;
  }
}

// --- Strings ---

size_t RdbReader::BeginString() {
  const uint64_t from = offset();
  const uint8_t first = Byte();
  form_ = Form::kPlain;
  string_bytes_ = 0;
  if (!is_ok_) return 0;
  if (first < kRdbStringInt8) {
    const uint64_t length = LengthBehind(first);
    if (!is_ok_) return 0;
    if (length > kRdbStringBytesMax || !MayHold(length)) {
      SetFailedAt(from, fmt::format("a string of {} bytes, more than there are", length));
      return 0;
    }
    string_bytes_ = length;
  } else if (first == kRdbStringInt8) {
    BeginInteger(Little<int8_t>());
  } else if (first == kRdbStringInt16) {
    BeginInteger(Little<int16_t>());
  } else if (first == kRdbStringInt32) {
    BeginInteger(Little<int32_t>());
  } else if (first == kRdbStringLzf) {
    BeginLzf();
  } else {
    SetFailedAt(from, fmt::format("unknown string encoding {}", first & 0x3F));
  }
  if (!is_ok_) string_bytes_ = 0;
  return string_bytes_;
}

void RdbReader::BeginInteger(int64_t integer) {
  form_ = Form::kInteger;
  string_bytes_ = FormatInt64(integer_text_, integer);
}

void RdbReader::BeginLzf() {
  const uint64_t from = offset();
  form_ = Form::kLzf;
  const uint64_t compressed_bytes = Length();
  const uint64_t string_bytes = Length();
  if (!is_ok_) return;
  if (!MayHold(compressed_bytes) || compressed_bytes > kRdbStringBytesMax ||
      string_bytes > kRdbStringBytesMax ||
      string_bytes / kLzfExpansionMax > compressed_bytes) {
    return SetFailedAt(
        from, fmt::format("a compressed string of {} bytes in {} cannot be", string_bytes,
                          compressed_bytes));
  }
  compressed_bytes_ = compressed_bytes;
  string_bytes_ = string_bytes;
}

void RdbReader::EndString(void* to) {
  auto* const bytes = static_cast<uint8_t*>(to);
  if (!is_ok_) return;
  if (form_ == Form::kPlain) return ReadInto(bytes, string_bytes_);
  if (form_ == Form::kInteger) {
    std::memcpy(bytes, integer_text_, string_bytes_);
    return;
  }
  const uint64_t from = offset();
  const Bytes compressed = Raw(compressed_bytes_);
  if (is_ok_ && !LzfDecompress(compressed, bytes, string_bytes_)) {
    SetFailedAt(from, "a compressed string is broken");
  }
}

Bytes RdbReader::String() {
  const size_t size_bytes = BeginString();
  if (!is_ok_) return {};
  if (form_ == Form::kInteger) return {integer_text_, size_bytes};
  if (form_ == Form::kPlain && (source_ == nullptr || size_bytes <= storage_bytes_)) {
    return Raw(size_bytes);
  }
  if (source_ != nullptr && !source_->size_bytes() && form_ == Form::kPlain) {
    return Raw(size_bytes);  // Of unknown size: grow by what arrives.
  }
  // A room that a giant left behind is given back.
  if (string_room_.capacity() > 4 * kRdbReadChunkBytes) std::string().swap(string_room_);
  string_room_.resize(size_bytes);
  EndString(string_room_.data());
  return is_ok_ ? Bytes(string_room_) : Bytes();
}

void RdbReader::SkipString() {
  const size_t size_bytes = BeginString();
  if (!is_ok_ || form_ == Form::kInteger) return;
  Skip(form_ == Form::kPlain ? size_bytes : compressed_bytes_);
}

}  // namespace skarn

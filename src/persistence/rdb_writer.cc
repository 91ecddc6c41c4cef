// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/rdb_writer.h"

#include <bit>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/numbers.h"
#include "persistence/crc64.h"
#include "types/byte_order.h"

namespace skarn {

namespace {

// The longest text of an integer of 32 bits: "-2147483648".
constexpr size_t kInt32TextMax = 11;
// Texts up to here are not worth compressing, and so many bytes it must save.
constexpr size_t kPlainTextBytesMax = 20;
constexpr size_t kCompressGainMin = 4;

template <class T>
void AppendLittle(std::string& out, T value) {
  char bytes[sizeof(T)];
  StoreLittle<T>(bytes, value);
  out.append(bytes, sizeof bytes);
}

template <class T>
void AppendBig(std::string& out, T value) {
  char bytes[sizeof(T)];
  StoreBig<T>(bytes, value);
  out.append(bytes, sizeof bytes);
}

template <class T>
bool Fits(int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

}  // namespace

// --- Files ---

void RdbWriter::Header(int version) {
  const bool is_valkey = version >= kRdbVersionValkey;
  out_ += is_valkey ? fmt::format("VALKEY{:03}", version)
                    : fmt::format("REDIS{:04}", version);
}

void RdbWriter::Aux(Bytes name, Bytes value) {
  Opcode(kRdbAux);
  String(name);
  String(value);
}

void RdbWriter::Aux(Bytes name, int64_t value) {
  Opcode(kRdbAux);
  String(name);
  StringOfInteger(value);
}

void RdbWriter::SelectDb(uint64_t db) {
  Opcode(kRdbSelectDb);
  Length(db);
}

void RdbWriter::ResizeDb(uint64_t key_count, uint64_t expiry_count) {
  Opcode(kRdbResizeDb);
  Length(key_count);
  Length(expiry_count);
}

void RdbWriter::ExpiryMs(int64_t expires_at_ms) {
  Opcode(kRdbExpiryMs);
  Int64(expires_at_ms);
}

void RdbWriter::IdleSeconds(uint64_t idle_seconds) {
  Opcode(kRdbIdle);
  Length(idle_seconds);
}

void RdbWriter::Frequency(uint8_t frequency) {
  Opcode(kRdbFreq);
  Byte(frequency);
}

void RdbWriter::Key(uint8_t type, Bytes key) {
  Byte(type);
  String(key);
}

void RdbWriter::End() {
  Opcode(kRdbEnd);
  const uint64_t crc = options_.checksums ? Crc64(crc_, out_) : 0;
  AppendLittle<uint64_t>(out_, crc);
}

// --- Parts of values ---

void RdbWriter::Length(uint64_t length) {
  if (length < 64) {
    Byte(static_cast<uint8_t>(length));
  } else if (length < 16384) {
    AppendBig<uint16_t>(out_, static_cast<uint16_t>(0x4000 | length));
  } else if (length <= std::numeric_limits<uint32_t>::max()) {
    Byte(kRdbLength32);
    AppendBig<uint32_t>(out_, static_cast<uint32_t>(length));
  } else {
    Byte(kRdbLength64);
    AppendBig<uint64_t>(out_, length);
  }
}

void RdbWriter::String(Bytes text) {
  int64_t integer = 0;
  if (text.size() <= kInt32TextMax && ParseInt64(text, &integer) &&
      Fits<int32_t>(integer)) {
    return StringOfInteger(integer);
  }
  if (options_.compresses && text.size() > kPlainTextBytesMax &&
      text.size() <= kRdbCompressBytesMax && CompressedString(text)) {
    return;
  }
  Length(text.size());
  out_.append(text);
}

void RdbWriter::StringOfInteger(int64_t integer) {
  if (Fits<int8_t>(integer)) {
    Byte(kRdbStringInt8);
    Byte(static_cast<uint8_t>(integer));
  } else if (Fits<int16_t>(integer)) {
    Byte(kRdbStringInt16);
    AppendLittle(out_, static_cast<int16_t>(integer));
  } else if (Fits<int32_t>(integer)) {
    Byte(kRdbStringInt32);
    AppendLittle(out_, static_cast<int32_t>(integer));
  } else {
    char text[kInt64TextMax];
    const size_t size = FormatInt64(text, integer);
    Length(size);
    out_.append(text, size);
  }
}

bool RdbWriter::CompressedString(Bytes text) {
  const size_t capacity_bytes = text.size() - kCompressGainMin;
  if (scratch_bytes_ < capacity_bytes) {
    scratch_bytes_ = std::bit_ceil(capacity_bytes);
    scratch_ = std::make_unique_for_overwrite<uint8_t[]>(scratch_bytes_);
  }
  if (compressor_ == nullptr) compressor_ = std::make_unique<LzfCompressor>();
  const size_t size_bytes = compressor_->Compress(text, scratch_.get(), capacity_bytes);
  if (size_bytes == 0) return false;
  Byte(kRdbStringLzf);
  Length(size_bytes);
  Length(text.size());
  out_.append(reinterpret_cast<const char*>(scratch_.get()), size_bytes);
  return true;
}

void RdbWriter::Int64(int64_t value) {
  AppendLittle(out_, value);
}

void RdbWriter::Double(double value) {
  AppendLittle(out_, std::bit_cast<uint64_t>(value));
}

// --- The buffer ---

void RdbWriter::Clear() {
  CountPassedBy(out_);
  out_.clear();
}

void RdbWriter::CountPassedBy(Bytes bytes) {
  if (options_.checksums) crc_ = Crc64(crc_, bytes);
  cleared_bytes_ += bytes.size();
}

std::string RdbWriter::Take() {
  crc_ = 0;
  cleared_bytes_ = 0;
  return std::exchange(out_, {});
}

size_t RdbWriter::memory_bytes() const {
  return sizeof *this + out_.capacity() + scratch_bytes_ +
         (compressor_ == nullptr ? 0 : sizeof(LzfCompressor));
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "resp/output_buffer.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace skarn {
namespace {

constexpr size_t kFirstBlockBytes = 1024;

}  // namespace

OutputBuffer::~OutputBuffer() {
  Clear();
  FreeBlock();
}

OutputBuffer& OutputBuffer::operator=(OutputBuffer&& other) noexcept {
  if (this == &other) return *this;
  Clear();
  FreeBlock();
  block_ = std::exchange(other.block_, nullptr);
  begin_ = std::exchange(other.begin_, 0);
  end_ = std::exchange(other.end_, 0);
  capacity_ = std::exchange(other.capacity_, 0);
  is_block_owned_ = std::exchange(other.is_block_owned_, false);
  reference_begin_ = std::exchange(other.reference_begin_, 0);
  referenced_bytes_ = std::exchange(other.referenced_bytes_, 0);
  references_ = std::exchange(other.references_, {});
  return *this;
}

// Moves what is pending to the start of the block, or of a bigger one.
void OutputBuffer::Grow(size_t size_bytes) {
  const size_t pending = end_ - begin_;
  const size_t needed = pending + size_bytes;
  // Moving down pays only if it frees at least as much as it moves.
  if (needed <= capacity_ && begin_ >= pending) {
    std::memmove(block_, block_ + begin_, pending);
  } else {
    const size_t capacity = std::max({needed, capacity_ * 2, kFirstBlockBytes});
    char* const block = static_cast<char*>(std::malloc(capacity));
    SKARN_CHECK(block != nullptr);
    if (pending > 0) std::memcpy(block, block_ + begin_, pending);
    FreeBlock();
    block_ = block;
    capacity_ = capacity;
    is_block_owned_ = true;
  }
  for (size_t i = reference_begin_; i < references_.size(); ++i) {
    references_[i].offset -= begin_;
  }
  begin_ = 0;
  end_ = pending;
}

void OutputBuffer::FreeBlock() {
  if (is_block_owned_) std::free(block_);
  is_block_owned_ = false;
  block_ = nullptr;
  capacity_ = 0;
}

void OutputBuffer::AppendReference(Bytes bytes, Release release, void* cookie) {
  if (bytes.empty()) return release(cookie);
  references_.push_back({end_, bytes, release, cookie});
  referenced_bytes_ += bytes.size();
}

size_t OutputBuffer::FillIovecs(iovec* out, size_t count) const {
  size_t used = 0;
  size_t at = begin_;
  const auto add = [&](const char* data, size_t size_bytes) {
    if (size_bytes == 0 || used == count) return;
    out[used++] = {const_cast<char*>(data), size_bytes};
  };
  for (size_t i = reference_begin_; i < references_.size() && used < count; ++i) {
    const Reference& reference = references_[i];
    add(block_ + at, reference.offset - at);
    add(reference.bytes.data(), reference.bytes.size());
    at = reference.offset;
  }
  add(block_ + at, end_ - at);
  return used;
}

void OutputBuffer::PopReference() {
  const Reference reference = references_[reference_begin_];
  referenced_bytes_ -= reference.bytes.size();
  if (++reference_begin_ == references_.size()) {
    references_.clear();
    reference_begin_ = 0;
  }
  reference.release(reference.cookie);
}

void OutputBuffer::Consume(size_t size_bytes) {
  SKARN_DCHECK(size_bytes <= pending_bytes());
  while (!references_.empty()) {
    Reference& next = references_[reference_begin_];
    const size_t before = std::min(next.offset - begin_, size_bytes);
    begin_ += before;
    size_bytes -= before;
    if (size_bytes < next.bytes.size()) {
      next.bytes.remove_prefix(size_bytes);
      referenced_bytes_ -= size_bytes;
      return;
    }
    size_bytes -= next.bytes.size();
    PopReference();
  }
  begin_ += size_bytes;
  if (begin_ == end_) begin_ = end_ = 0;
}

void OutputBuffer::Clear() {
  while (!references_.empty()) PopReference();
  begin_ = end_ = 0;
}

void OutputBuffer::ShrinkIfEmpty(size_t keep_bytes) {
  if (!empty()) return;
  references_ = {};
  if (is_block_owned_ && capacity_ > keep_bytes) FreeBlock();
}

void OutputBuffer::Replace(size_t position, size_t old_bytes, Bytes bytes) {
  SKARN_DCHECK(begin_ + position + old_bytes <= end_);
  if (bytes.size() > old_bytes) Reserve(bytes.size() - old_bytes);
  char* const at = block_ + begin_ + position;
  const size_t tail_offset = begin_ + position + old_bytes;
  const size_t growth = bytes.size() - old_bytes;  // Wraps around when it shrinks.
  if (growth != 0) {
    std::memmove(at + bytes.size(), at + old_bytes, end_ - tail_offset);
    end_ += growth;
    for (size_t i = reference_begin_; i < references_.size(); ++i) {
      if (references_[i].offset >= tail_offset) references_[i].offset += growth;
    }
  }
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
}

void OutputBuffer::Truncate(size_t position) {
  SKARN_DCHECK(begin_ + position <= end_);
  end_ = begin_ + position;
  while (references_.size() > reference_begin_ && references_.back().offset > end_) {
    const Reference reference = references_.back();
    references_.pop_back();
    referenced_bytes_ -= reference.bytes.size();
    reference.release(reference.cookie);
  }
  if (references_.size() == reference_begin_) {
    references_.clear();
    reference_begin_ = 0;
  }
}

}  // namespace skarn

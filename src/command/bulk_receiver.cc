// SPDX-License-Identifier: BSD-3-Clause
#include "command/bulk_receiver.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "base/check.h"
#include "net/block_pool.h"

namespace skarn {

BulkReceiver::~BulkReceiver() {
  for (Blob* blob : blobs_) blob->Release();
}

bool BulkReceiver::Open(const RequestParser::PendingBulk& bulk, InputBuffer& input) {
  SKARN_DCHECK(missing_bytes_ == 0 && input.sink == nullptr);
  const Bytes head = input.bytes().substr(bulk.offset);
  SKARN_CHECK(head.size() < bulk.size_bytes);
  Blob* blob = Blob::TryCreate(bulk.size_bytes, bulk.size_bytes);
  if (blob == nullptr) return false;
  std::memcpy(blob->data(), head.data(), head.size());
  input.end -= head.size();
  input.sink = blob->data() + head.size();
  input.sink_room = bulk.size_bytes - head.size();
  blobs_.push_back(blob);
  offsets_.push_back(bulk.offset);
  announced_bytes_ += bulk.size_bytes;
  missing_bytes_ = input.sink_room;
  return true;
}

void BulkReceiver::CloseIfFull(InputBuffer& input, RequestParser& parser) {
  SKARN_DCHECK(input.sink != nullptr);
  missing_bytes_ = input.sink_room;
  if (missing_bytes_ > 0) return;
  input.CloseSink();
  parser.SupplyPendingBulk(blobs_.back()->bytes());
}

bool BulkReceiver::PutBack(InputBuffer& input) const {
  const Bytes cut = input.bytes();
  const size_t whole = cut.size() + received_bytes();
  const size_t capacity = std::max(whole, kIoBlockBytes);
  std::unique_ptr<char[]> block(new (std::nothrow) char[capacity]);
  if (block == nullptr) return false;
  char* out = block.get();
  size_t done = 0;  // Of `cut`.
  for (size_t i = 0; i < blobs_.size(); ++i) {
    Bytes payload = blobs_[i]->bytes();
    if (i + 1 == blobs_.size()) payload.remove_suffix(missing_bytes_);
    out = std::copy(cut.begin() + done, cut.begin() + offsets_[i], out);
    out = std::copy(payload.begin(), payload.end(), out);
    done = offsets_[i];
  }
  std::copy(cut.begin() + done, cut.end(), out);
  input = {.block = std::move(block), .capacity = capacity, .begin = 0, .end = whole};
  return true;
}

}  // namespace skarn

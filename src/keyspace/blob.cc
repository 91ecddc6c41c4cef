// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/blob.h"

#include <new>

#include "base/check.h"
#include "base/memory.h"

namespace skarn {

Blob* Blob::TryCreate(size_t size, size_t capacity) {
  SKARN_DCHECK(size <= capacity);
  void* block = memory::TryAllocate(sizeof(Blob) + capacity);
  if (block == nullptr) return nullptr;
  Blob* blob = new (block) Blob;
  blob->size_ = size;
  // All that the allocator gives is capacity.
  blob->capacity_ = capacity;
  return blob;
}

Blob* Blob::Create(size_t size, size_t capacity) {
  Blob* blob = TryCreate(size, capacity);
  SKARN_CHECK(blob != nullptr);
  return blob;
}

void Blob::Release() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  memory::Free(this, sizeof(Blob) + capacity_);
}

size_t Blob::SizeBytes() const {
  return memory::BlockSize(sizeof(Blob) + capacity_);
}

}  // namespace skarn

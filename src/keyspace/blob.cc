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

// The size is read before the reference goes: afterwards another may free the blob.
void Blob::Release() {
  const size_t size = SizeBytes();
  const uint64_t before = references_.fetch_sub(1, std::memory_order_acq_rel);
  if (before == 1) return Free();
  SKARN_DCHECK(AllOf(before) > SnapshotsOf(before));
  if (IsHeld(before - 1)) [[unlikely]]
    AddHeld(static_cast<int64_t>(size));
}

void Blob::HandToSnapshot() {
  const size_t size = SizeBytes();
  const uint64_t before = references_.fetch_add(kOfSnapshot, std::memory_order_acq_rel);
  SKARN_DCHECK(AllOf(before) > SnapshotsOf(before));
  if (IsHeld(before + kOfSnapshot)) AddHeld(static_cast<int64_t>(size));
}

void Blob::ReleaseFromSnapshot() {
  const size_t size = SizeBytes();
  const uint64_t before =
      references_.fetch_sub(kOfSnapshot + 1, std::memory_order_acq_rel);
  SKARN_DCHECK(SnapshotsOf(before) > 0);
  if (!IsHeld(before) || AllOf(before) > 1) return;
  Free();
  AddHeld(-static_cast<int64_t>(size));  // After it: the limit should not see it twice.
}

size_t Blob::SizeBytes() const {
  return memory::BlockSize(sizeof(Blob) + capacity_);
}

}  // namespace skarn

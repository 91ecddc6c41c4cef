// SPDX-License-Identifier: BSD-3-Clause
#include "base/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#ifndef SKARN_SANITIZED
#include <jemalloc/jemalloc.h>
#endif

#include "base/allocator.h"
#include "base/check.h"
#include "base/mutex.h"
#include "base/shared_store.h"

#ifndef SKARN_SANITIZED
// jemalloc reads this name when the process starts. Freed pages go back to the system
// within a second or so; the default of ten would keep the memory of a flushed database
// for long.
extern "C" const char* malloc_conf;
const char* malloc_conf = "dirty_decay_ms:1000,muzzy_decay_ms:0";
#endif

namespace skarn::memory {
namespace {

// ---- size classes
// ----------------------------------------------------------------------------

struct ClassRange {
  size_t up_to, step;
};
// Steps are at most 3 % above 512 bytes. Multiples of 64 are classes of their own
// throughout, so that the segments of tables fit exactly.
constexpr ClassRange kRanges[] = {{256, 8},   {1024, 16},  {2048, 32},
                                  {4096, 64}, {8192, 128}, {16384, 256}};
constexpr size_t kBlockMin = 16;

constexpr size_t CountClasses() {
  size_t count = 0, size = kBlockMin;
  for (const ClassRange& range : kRanges) {
    for (; size <= range.up_to; size += range.step) ++count;
    size = range.up_to + (&range != &kRanges[5] ? (&range + 1)->step : 0);
  }
  return count;
}
constexpr size_t kClassCount = CountClasses();

struct ClassTables {
  std::array<uint16_t, kClassCount> size{};
  std::array<uint8_t, kSlabBlockMax / 8 + 1> of_size{};  // Index: (size + 7) / 8.
};
constexpr ClassTables MakeTables() {
  ClassTables tables;
  size_t count = 0, size = kBlockMin;
  for (size_t r = 0; r < std::size(kRanges); ++r) {
    for (; size <= kRanges[r].up_to; size += kRanges[r].step) {
      tables.size[count++] = static_cast<uint16_t>(size);
    }
    if (r + 1 < std::size(kRanges)) size = kRanges[r].up_to + kRanges[r + 1].step;
  }
  size_t index = 0;
  for (size_t units = 0; units < tables.of_size.size(); ++units) {
    while (tables.size[index] < units * 8) ++index;
    tables.of_size[units] = static_cast<uint8_t>(index);
  }
  return tables;
}
constexpr ClassTables kTables = MakeTables();
static_assert(kClassCount < 256 && kTables.size[kClassCount - 1] == kSlabBlockMax);

size_t ClassOf(size_t size) {
  return kTables.of_size[(size + 7) / 8];
}
size_t SizeOfClass(size_t index) {
  return kTables.size[index];
}
// Every class may keep a slab that is half empty, so slabs are small; but what a block
// size leaves over at the end of one shall be about 2 % at most.
size_t SlabSizeOfClass(size_t index) {
  const size_t size = SizeOfClass(index);
  return size <= 2048 ? 65536 : size <= 4096 ? 131072 : 262144;
}
// About 8 KB of free blocks per class and thread, at least 4 blocks.
size_t MagazineCapacity(size_t index) {
  return std::clamp<size_t>(8192 / SizeOfClass(index), 4, 64);
}

// ---- extents
// ---------------------------------------------------------------------------------

#ifdef SKARN_SANITIZED
void* ObtainExtent(size_t size, size_t alignment) {
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}
void ReleaseExtent(void* extent, size_t, size_t) {
  std::free(extent);
}
size_t LargeSize(size_t size) {
  return (size + 4095) / 4096 * 4096;
}
#else
// Our own arena keeps the keyspace apart from connection buffers and library allocations.
int ArenaFlags() {
  static const int flags = [] {
    unsigned arena = 0;
    size_t size = sizeof(arena);
    SKARN_CHECK(mallctl("arenas.create", &arena, &size, nullptr, 0) == 0);
    return static_cast<int>(MALLOCX_ARENA(arena) | MALLOCX_TCACHE_NONE);
  }();
  return flags;
}
void* ObtainExtent(size_t size, size_t alignment) {
  return mallocx(size, ArenaFlags() | MALLOCX_ALIGN(alignment));
}
void ReleaseExtent(void* extent, size_t size, size_t alignment) {
  sdallocx(extent, size, ArenaFlags() | MALLOCX_ALIGN(alignment));
}
size_t LargeSize(size_t size) {
  return nallocx(size, MALLOCX_ALIGN(4096));
}
#endif
constexpr size_t kLargeAlignment = 4096;

std::atomic<int64_t> committed_bytes{0};
std::atomic<uint64_t> emptied_bytes{0};     // Of slabs that were marked sparse.
std::atomic<bool> has_sparse_slabs{false};  // Some are marked now.

void CountCommitted(int64_t bytes) {
  NoteSharedStore(SharedLine::kMemoryCount, &committed_bytes);
  committed_bytes.fetch_add(bytes, std::memory_order_relaxed);
}

// ---- the reserve
// ---------------------------------------------------------------------------------

// Address space kept for the moment when there is no other. From the system where it
// gives some, and given back to it, from where jemalloc can take it; otherwise from what
// jemalloc holds. Never touched, so it costs no pages. Threads: any.
class Reserve {
 public:
  bool Fill() {
    MutexLock lock(mutex_);
    while (extents_.size() < kExtents) {
      Extent extent{Map(), true};
      if (extent.address == nullptr) extent = {ObtainExtent(kExtentBytes, kPage), false};
      if (extent.address == nullptr) return false;
      if (!extent.is_mapped) CountCommitted(kExtentBytes);
      extents_.push_back(extent);
    }
    is_short_.store(false, std::memory_order_relaxed);
    return true;
  }
  // Gives one extent back. False when none is left.
  bool Spend() {
    MutexLock lock(mutex_);
    is_short_.store(true, std::memory_order_relaxed);
    if (extents_.empty()) return false;
    const Extent extent = extents_.back();
    extents_.pop_back();
    if (extent.is_mapped) {
      munmap(extent.address, kExtentBytes);
    } else {
      CountCommitted(-static_cast<int64_t>(kExtentBytes));
      ReleaseExtent(extent.address, kExtentBytes, kPage);
    }
    return true;
  }
  bool is_short() const { return is_short_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kExtentBytes = 4 << 20;  // jemalloc asks for 2 MB and more.
  static constexpr size_t kExtents = 8;
  static constexpr size_t kPage = 4096;
  struct Extent {
    void* address;
    bool is_mapped;
  };
  static void* Map() {
    void* address = mmap(nullptr, kExtentBytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return address == MAP_FAILED ? nullptr : address;
  }

  Mutex mutex_{LockRank::kReserve};
  std::vector<Extent> extents_ SKARN_GUARDED_BY(mutex_);
  std::atomic<bool> is_short_{false};
};
Reserve& TheReserve() {
  static Reserve* reserve = new Reserve;
  return *reserve;
}

// ---- slabs and depots
// ------------------------------------------------------------------------

// The first 64 bytes of a slab. Free blocks form a list through their first four bytes;
// blocks never used so far lie behind `fresh`.
struct alignas(64) Slab {
  Slab* next = nullptr;
  Slab* previous = nullptr;
  uint32_t free_head = kNone;
  uint32_t free_count = 0;  // Listed and fresh ones.
  uint32_t fresh = 0;
  uint32_t capacity = 0;
  uint16_t class_index = 0;
  int8_t bin = -1;  // Which list of the depot it is in; -1: none.
  std::atomic<bool> is_sparse{
      false};  // Written under the depot's mutex, read by block owners.

  static constexpr uint32_t kNone = ~0u;

  char* Block(uint32_t index) {
    return reinterpret_cast<char*>(this) + sizeof(Slab) +
           index * SizeOfClass(class_index);
  }
};
static_assert(sizeof(Slab) == 64);

Slab* SlabOf(const void* block, size_t class_index) {
  return reinterpret_cast<Slab*>(reinterpret_cast<uintptr_t>(block) &
                                 ~(SlabSizeOfClass(class_index) - 1));
}

// Which 64 KB units of the address space hold slabs to be emptied, by the address bits
// above: 64 GB until two share a bit, and then one of them is merely looked at in vain.
// It spares a walker the cache misses of the blocks that stay.
class SparseFilter {
 public:
  void Add(const Slab* slab, size_t size) {
    for (size_t offset = 0; offset < size; offset += kUnit) {
      const uint64_t bit = BitOf(reinterpret_cast<uintptr_t>(slab) + offset);
      words_[bit / 64].fetch_or(uint64_t{1} << bit % 64, std::memory_order_relaxed);
    }
  }
  bool Has(const void* block) const {
    const uint64_t bit = BitOf(reinterpret_cast<uintptr_t>(block));
    return (words_[bit / 64].load(std::memory_order_relaxed) >> bit % 64 & 1) != 0;
  }
  void Clear() {
    for (std::atomic<uint64_t>& word : words_) word.store(0, std::memory_order_relaxed);
  }

 private:
  static constexpr size_t kUnit = 65536;
  static constexpr uint64_t kBits = 1 << 20;
  static uint64_t BitOf(uintptr_t address) { return address / kUnit % kBits; }

  std::array<std::atomic<uint64_t>, kBits / 64> words_{};
};
// No allocation: its first use must not look like a cost of the keyspace.
SparseFilter& TheSparseFilter() {
  static constinit SparseFilter filter;
  return filter;
}

// All slabs of one class. Partly filled ones are listed by how full they are, and blocks
// are taken from the fullest, so that the emptier ones run empty.
class alignas(64) Depot {
 public:
  void Init(size_t class_index) { class_index_ = class_index; }

  size_t Take(void** blocks, size_t count) {
    MutexLock lock(mutex_);
    size_t taken = 0;
    while (taken < count) {
      Slab* slab = FullestPartial();
      if (slab == nullptr && (slab = NewSlab()) == nullptr) break;
      while (taken < count && slab->free_count > 0) blocks[taken++] = Pop(slab);
      Refile(slab);
    }
    AddFree(-static_cast<int64_t>(taken));
    return taken;
  }

  void Give(void* const* blocks, size_t count) {
    MutexLock lock(mutex_);
    AddFree(static_cast<int64_t>(count));
    for (size_t i = 0; i < count; ++i) {
      Slab* slab = SlabOf(blocks[i], class_index_);
      Push(slab, blocks[i]);
      Refile(slab);
    }
  }

  // Emptiest first, while the other slabs have room for what moves and a little more: a
  // class without any free block would get new slabs at once.
  size_t MarkSparse(unsigned percent) {
    MutexLock lock(mutex_);
    if (slab_count_ < 2) return 0;
    const size_t size = SlabSizeOfClass(class_index_);
    const size_t capacity = (size - sizeof(Slab)) / SizeOfClass(class_index_);
    size_t free_blocks =
        static_cast<size_t>(free_blocks_.load(std::memory_order_relaxed));
    for (const Slab* slab = bins_[kSparseBin]; slab != nullptr; slab = slab->next) {
      free_blocks -= std::min<size_t>(free_blocks, slab->free_count);
    }
    const size_t reserve = slab_count_ * capacity / 64;
    size_t won = 0, marked = 0;
    for (int8_t bin = kSparseBin; bin-- > 0;) {
      for (Slab *slab = bins_[bin], *next; slab != nullptr; slab = next) {
        next = slab->next;
        if (free_blocks < capacity + reserve || marked >= kMarkedMax) return won;
        const size_t live = slab->capacity - slab->free_count;
        if (live * 100 >= size_t{percent} * slab->capacity) continue;
        free_blocks -= capacity;
        Unlink(slab);
        slab->is_sparse.store(true, std::memory_order_relaxed);
        TheSparseFilter().Add(slab, size);
        Link(slab, kSparseBin);
        won += size;
        ++marked;
      }
    }
    return won;
  }

  void ClearSparse() {
    MutexLock lock(mutex_);
    while (Slab* slab = bins_[kSparseBin]) {
      slab->is_sparse.store(false, std::memory_order_relaxed);
      Refile(slab);
    }
  }

  SlabClass Describe() {
    MutexLock lock(mutex_);
    return {
        .block_bytes = SizeOfClass(class_index_),
        .slab_bytes = SlabSizeOfClass(class_index_),
        .slab_count = slab_count_,
        .free_blocks = static_cast<size_t>(free_blocks_.load(std::memory_order_relaxed))};
  }

  int64_t FreeBytes() const {
    return free_blocks_.load(std::memory_order_relaxed) *
           static_cast<int64_t>(SizeOfClass(class_index_));
  }

 private:
  static constexpr int8_t kSparseBin =
      8;  // Behind the bins by fill: slabs to be emptied.
  static constexpr size_t kMarkedMax = 512;  // Bounds the time under the lock.

  Slab* FullestPartial() SKARN_REQUIRES(mutex_) {
    for (int8_t bin = 0; bin < kSparseBin; ++bin) {
      if (bins_[bin] != nullptr) return bins_[bin];
    }
    return nullptr;
  }

  Slab* NewSlab() SKARN_REQUIRES(mutex_) {
    const size_t size = SlabSizeOfClass(class_index_);
    void* extent = ObtainExtent(size, size);
    if (extent == nullptr) return nullptr;
    CountCommitted(static_cast<int64_t>(size));
    Slab* slab = new (extent) Slab;
    slab->class_index = static_cast<uint16_t>(class_index_);
    slab->capacity =
        static_cast<uint32_t>((size - sizeof(Slab)) / SizeOfClass(class_index_));
    slab->free_count = slab->capacity;
    ++slab_count_;
    AddFree(slab->capacity);
    Link(slab, BinOf(slab));
    return slab;
  }

  void DeleteSlab(Slab* slab) SKARN_REQUIRES(mutex_) {
    Unlink(slab);
    --slab_count_;
    AddFree(-static_cast<int64_t>(slab->capacity));
    const size_t size = SlabSizeOfClass(class_index_);
    if (slab->is_sparse.load(std::memory_order_relaxed)) {
      emptied_bytes.fetch_add(size, std::memory_order_relaxed);
    }
    CountCommitted(-static_cast<int64_t>(size));
    ReleaseExtent(slab, size, size);
  }

  void AddFree(int64_t count) SKARN_REQUIRES(mutex_) {
    free_blocks_.store(free_blocks_.load(std::memory_order_relaxed) + count,
                       std::memory_order_relaxed);
  }

  void* Pop(Slab* slab) {
    --slab->free_count;
    if (slab->free_head == Slab::kNone) return slab->Block(slab->fresh++);
    char* block = slab->Block(slab->free_head);
    slab->free_head = *reinterpret_cast<uint32_t*>(block);
    return block;
  }

  void Push(Slab* slab, void* block) {
    const size_t offset = static_cast<size_t>(static_cast<char*>(block) - slab->Block(0));
    SKARN_DCHECK(slab->class_index == class_index_ &&
                 offset % SizeOfClass(class_index_) == 0);
    *static_cast<uint32_t*>(block) = slab->free_head;
    slab->free_head = static_cast<uint32_t>(offset / SizeOfClass(class_index_));
    ++slab->free_count;
    SKARN_DCHECK(slab->free_count <= slab->capacity);
  }

  // Fullest first: bin 0 has the slabs with the smallest share of free blocks.
  int8_t BinOf(const Slab* slab) const {
    if (slab->is_sparse.load(std::memory_order_relaxed)) return kSparseBin;
    if (slab->free_count == 0) return -1;
    return static_cast<int8_t>((slab->free_count - 1) * kSparseBin / slab->capacity);
  }

  // Puts the slab where its fill wants it, or gives it back when it is empty.
  void Refile(Slab* slab) SKARN_REQUIRES(mutex_) {
    if (slab->free_count == slab->capacity) return DeleteSlab(slab);
    const int8_t bin = BinOf(slab);
    if (bin == slab->bin) return;
    Unlink(slab);
    if (bin >= 0) Link(slab, bin);
  }

  void Link(Slab* slab, int8_t bin) SKARN_REQUIRES(mutex_) {
    slab->bin = bin;
    slab->previous = nullptr;
    slab->next = bins_[bin];
    if (slab->next != nullptr) slab->next->previous = slab;
    bins_[bin] = slab;
  }

  void Unlink(Slab* slab) SKARN_REQUIRES(mutex_) {
    if (slab->bin < 0) return;
    (slab->previous != nullptr ? slab->previous->next : bins_[slab->bin]) = slab->next;
    if (slab->next != nullptr) slab->next->previous = slab->previous;
    slab->next = slab->previous = nullptr;
    slab->bin = -1;
  }

  Mutex mutex_{LockRank::kDepot};
  size_t class_index_ = 0;
  std::array<Slab*, kSparseBin + 1> bins_ SKARN_GUARDED_BY(mutex_){};
  size_t slab_count_ SKARN_GUARDED_BY(mutex_) = 0;
  std::atomic<int64_t> free_blocks_{0};  // Written under the mutex, read without.
};

struct Depots {
  Depots() {
    for (size_t i = 0; i < kClassCount; ++i) of_class[i].Init(i);
  }
  std::array<Depot, kClassCount> of_class;
};
// Never destroyed: blocks are freed until the last thread has ended.
Depots& AllDepots() {
  static Depots* depots = new Depots;
  return *depots;
}

// ---- counting
// --------------------------------------------------------------------------------

struct Registry {
  std::mutex mutex;
  std::vector<ThreadCache::Rep*> caches;
};
Registry& AllCaches() {
  static Registry* registry = new Registry;
  return *registry;
}

// Every worker adds to it each turn, so it has lines of its own.
alignas(128) std::atomic<int64_t> folded_bytes{0};
// Read often, written seldom.
alignas(128) std::atomic<uint64_t> retire_epoch{1};
std::atomic<int64_t> other_bytes{0};
std::atomic<bool> is_concurrent{false};  // Written while all workers are stopped.

}  // namespace

struct Retired {
  void* block;
  size_t size;
  uint64_t epoch;
};

struct Magazine {
  void** slots = nullptr;
  uint32_t count = 0;
  uint32_t capacity = 0;
};

struct ThreadCache::Rep {
  std::array<Magazine, kClassCount> magazines{};
  std::vector<void*> storage;
  std::vector<Retired> retired;  // Stamps ascend.
  bool frees_at_once = false;
  // Bytes allocated minus bytes freed by this thread since the last fold; only this
  // thread writes.
  std::atomic<int64_t> unfolded_bytes{0};

  void Count(int64_t bytes) {
    const int64_t sum = unfolded_bytes.load(std::memory_order_relaxed) + bytes;
    unfolded_bytes.store(sum, std::memory_order_relaxed);
    if (sum > kFoldBytes || sum < -kFoldBytes) FoldCount();
  }
  void Flush() {
    for (size_t i = 0; i < kClassCount; ++i) {
      Magazine& magazine = magazines[i];
      if (magazine.count == 0) continue;
      AllDepots().of_class[i].Give(magazine.slots, magazine.count);
      magazine.count = 0;
    }
  }
  void FoldCount() {
    NoteSharedStore(SharedLine::kMemoryCount, &folded_bytes);
    folded_bytes.fetch_add(unfolded_bytes.exchange(0, std::memory_order_relaxed),
                           std::memory_order_relaxed);
  }
};

namespace {

// The cache of this thread; set once by ThreadCache. Allocation happens at the bottom of
// every layer, and handing the cache through all of them would put it in every signature.
thread_local ThreadCache::Rep* this_cache = nullptr;

void Count(int64_t bytes) {
  if (this_cache != nullptr) {
    this_cache->Count(bytes);
  } else {
    NoteSharedStore(SharedLine::kMemoryCount, &folded_bytes);
    folded_bytes.fetch_add(bytes, std::memory_order_relaxed);
  }
}

void* AllocateLarge(size_t size) {
  const size_t actual = LargeSize(size);
  void* block = ObtainExtent(actual, kLargeAlignment);
  if (block == nullptr) return nullptr;
  CountCommitted(static_cast<int64_t>(actual));
  Count(static_cast<int64_t>(actual));
  return block;
}

void FreeLarge(void* block, size_t size) {
  const size_t actual = LargeSize(size);
  CountCommitted(-static_cast<int64_t>(actual));
  Count(-static_cast<int64_t>(actual));
  ReleaseExtent(block, actual, kLargeAlignment);
}

#ifndef SKARN_SANITIZED
// Undoes the count of a block that there was no memory for.
__attribute__((noinline)) void* NoMemory(size_t class_index) {
  Count(-static_cast<int64_t>(SizeOfClass(class_index)));
  return nullptr;
}

__attribute__((noinline)) void* AllocateSlow(size_t class_index) {
  Depot& depot = AllDepots().of_class[class_index];
  void* block = nullptr;
  if (this_cache == nullptr) {
    return depot.Take(&block, 1) == 1 ? block : NoMemory(class_index);
  }
  Magazine& magazine = this_cache->magazines[class_index];
  magazine.count = static_cast<uint32_t>(
      depot.Take(magazine.slots, std::max<size_t>(1, magazine.capacity / 2)));
  if (magazine.count == 0) return NoMemory(class_index);
  return magazine.slots[--magazine.count];
}

__attribute__((noinline)) void FreeSlow(void* block, size_t class_index) {
  Depot& depot = AllDepots().of_class[class_index];
  if (this_cache == nullptr) return depot.Give(&block, 1);
  Magazine& magazine = this_cache->magazines[class_index];
  // The older half goes: the newer blocks are still in the processor's caches.
  const uint32_t half = magazine.capacity / 2;
  depot.Give(magazine.slots, half);
  std::copy(magazine.slots + half, magazine.slots + magazine.count, magazine.slots);
  magazine.count -= half;
  magazine.slots[magazine.count++] = block;
}
#endif

}  // namespace

size_t BlockSize(size_t size) {
  if (size <= kSlabBlockMax) [[likely]]
    return SizeOfClass(ClassOf(size));
  return LargeSize(size);
}

#ifdef SKARN_SANITIZED
// Sanitized builds give every block its own allocation, so that misuse is seen.
void* TryAllocate(size_t size) {
  if (size > kSlabBlockMax) return AllocateLarge(size);
  const size_t actual = BlockSize(size);
  void* block = actual % 64 == 0 ? std::aligned_alloc(64, actual) : std::malloc(actual);
  if (block == nullptr) return nullptr;
  Count(static_cast<int64_t>(actual));
  CountCommitted(static_cast<int64_t>(actual));
  return block;
}
void Free(void* block, size_t size) {
  if (size > kSlabBlockMax) return FreeLarge(block, size);
  Count(-static_cast<int64_t>(BlockSize(size)));
  CountCommitted(-static_cast<int64_t>(BlockSize(size)));
  std::free(block);
}
bool MayBeInSparseSlab(const void*) {
  return false;
}
bool IsInSparseSlab(const void*, size_t) {
  return false;
}
void* AllocateDense(size_t size) {
  return Allocate(size);
}
void FreeMoved(void* block, size_t size) {
  Free(block, size);
}
#else
void* TryAllocate(size_t size) {
  if (size > kSlabBlockMax) [[unlikely]]
    return AllocateLarge(size);
  const size_t index = ClassOf(size);
  Count(static_cast<int64_t>(SizeOfClass(index)));
  if (this_cache != nullptr) [[likely]] {
    Magazine& magazine = this_cache->magazines[index];
    if (magazine.count > 0) [[likely]]
      return magazine.slots[--magazine.count];
  }
  return AllocateSlow(index);
}

void Free(void* block, size_t size) {
  if (size > kSlabBlockMax) [[unlikely]]
    return FreeLarge(block, size);
  if (has_sparse_slabs.load(std::memory_order_relaxed) && IsInSparseSlab(block, size))
      [[unlikely]] {
    return FreeMoved(block, size);  // The magazine would hand it out again.
  }
  const size_t index = ClassOf(size);
  Count(-static_cast<int64_t>(SizeOfClass(index)));
  if (this_cache != nullptr) [[likely]] {
    Magazine& magazine = this_cache->magazines[index];
    if (magazine.count < magazine.capacity) [[likely]] {
      magazine.slots[magazine.count++] = block;
      return;
    }
  }
  FreeSlow(block, index);
}

bool MayBeInSparseSlab(const void* block) {
  return TheSparseFilter().Has(block);
}

bool IsInSparseSlab(const void* block, size_t size) {
  if (size > kSlabBlockMax || !MayBeInSparseSlab(block)) return false;
  return SlabOf(block, ClassOf(size))->is_sparse.load(std::memory_order_relaxed);
}

void FreeMoved(void* block, size_t size) {
  if (size > kSlabBlockMax) return FreeLarge(block, size);
  const size_t index = ClassOf(size);
  Count(-static_cast<int64_t>(SizeOfClass(index)));
  AllDepots().of_class[index].Give(&block, 1);
}

void* AllocateDense(size_t size) {
  for (;;) {
    void* block = Allocate(size);
    if (!IsInSparseSlab(block, size)) return block;
    FreeMoved(block, size);  // It waited in the magazine since before the mark.
  }
}
#endif

void* Allocate(size_t size) {
  void* block = TryAllocate(size);
  while (block == nullptr) [[unlikely]] {
      SKARN_CHECK(TheReserve().Spend());
      block = TryAllocate(size);
    }
  return block;
}

void FillReserveAtStart() {
  SKARN_CHECK(TheReserve().Fill());
}
bool IsShort() {
  return TheReserve().is_short();
}
bool FillReserve() {
  return TheReserve().Fill();
}
bool CanAllocate(size_t size) {
  void* block = ObtainExtent(size, kLargeAlignment);
  if (block == nullptr) return false;
  ReleaseExtent(block, size, kLargeAlignment);
  return true;
}

void Retire(void* block, size_t size) {
  if (!is_concurrent.load(std::memory_order_relaxed) || this_cache == nullptr ||
      this_cache->frees_at_once) {
    return Free(block, size);
  }
  // Whoever announces a later epoch than the stamp must not find the block any more, so
  // what took it out of reach comes before the stamp is read. Pairs with
  // WorkerGate::Enter.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  this_cache->retired.push_back(
      {block, size, retire_epoch.load(std::memory_order_seq_cst)});
}

uint64_t RetireEpoch() {
  return retire_epoch.load(std::memory_order_relaxed);
}
bool HasRetired() {
  return this_cache != nullptr && !this_cache->retired.empty();
}

uint64_t PassRetired() {
  uint64_t now = retire_epoch.load(std::memory_order_acquire);
  if (HasRetired() && this_cache->retired.back().epoch >= now) {
    NoteSharedStore(SharedLine::kMemoryCount, &retire_epoch);
    now = retire_epoch.fetch_add(1, std::memory_order_acq_rel) + 1;
  }
  return now;
}

size_t MarkSparseSlabs(unsigned percent) {
  size_t won = 0;
  for (Depot& depot : AllDepots().of_class) won += depot.MarkSparse(percent);
  has_sparse_slabs.store(won != 0, std::memory_order_relaxed);
  return won;
}

void ClearSparseSlabs() {
  has_sparse_slabs.store(false, std::memory_order_relaxed);
  for (Depot& depot : AllDepots().of_class) depot.ClearSparse();
  TheSparseFilter().Clear();
}

uint64_t EmptiedSlabBytes() {
  return emptied_bytes.load(std::memory_order_relaxed);
}

int64_t FreeSlabBytes() {
  int64_t bytes = 0;
  for (const Depot& depot : AllDepots().of_class) bytes += depot.FreeBytes();
  return bytes;
}

std::vector<SlabClass> SlabClasses() {
  std::vector<SlabClass> classes;
  for (Depot& depot : AllDepots().of_class) {
    const SlabClass described = depot.Describe();
    if (described.slab_count != 0) classes.push_back(described);
  }
  return classes;
}

Usage GetUsage() {
  Usage usage{.used_bytes = folded_bytes.load(std::memory_order_relaxed),
              .committed_bytes = committed_bytes.load(std::memory_order_relaxed)};
  Registry& registry = AllCaches();
  std::lock_guard lock(registry.mutex);
  for (const ThreadCache::Rep* cache : registry.caches) {
    usage.used_bytes += cache->unfolded_bytes.load(std::memory_order_relaxed);
  }
  usage.cached_bytes =
      std::max<int64_t>(0, usage.committed_bytes - usage.used_bytes - FreeSlabBytes());
  return usage;
}

int64_t UsedBytesApproximate() {
  return folded_bytes.load(std::memory_order_relaxed);
}

int64_t UsedBytesNow() {
  if (this_cache != nullptr) this_cache->FoldCount();
  return folded_bytes.load(std::memory_order_relaxed);
}

int64_t OtherBytes() {
  return other_bytes.load(std::memory_order_relaxed);
}

#ifdef SKARN_SANITIZED
bool UseHugePages() {
  return false;
}
void RefreshOtherBytes() {}
void ReturnFreePages() {}
#else
void RefreshOtherBytes() {
  uint64_t epoch = 1;
  size_t size = sizeof(epoch);
  mallctl("epoch", &epoch, &size, &epoch, size);
  const auto read = [](const char* name) {
    size_t bytes = 0, bytes_size = sizeof(bytes);
    return mallctl(name, &bytes, &bytes_size, nullptr, 0) == 0
               ? static_cast<int64_t>(bytes)
               : 0;
  };
  // All blocks of our arena are large: slabs, and what is too big for one.
  static const std::string ours = [] {
    const unsigned arena = static_cast<unsigned>(ArenaFlags() >> 20) - 1;
    return "stats.arenas." + std::to_string(arena) + ".large.allocated";
  }();
  other_bytes.store(std::max<int64_t>(0, read("stats.allocated") - read(ours.c_str()) -
                                             read("stats.arenas.4096.tcache_bytes")),
                    std::memory_order_relaxed);
}

bool UseHugePages() {
  return allocator::AskForHugePages(static_cast<unsigned>(ArenaFlags() >> 20) - 1);
}

static_assert(MALLCTL_ARENAS_ALL == 4096);
void ReturnFreePages() {
  mallctl("arena.4096.decay", nullptr, nullptr, nullptr, 0);
}
#endif

ThreadCache::ThreadCache(Retiring retiring) : rep_(std::make_unique<Rep>()) {
  rep_->frees_at_once = retiring == Retiring::kAtOnce;
  size_t total = 0;
  for (size_t i = 0; i < kClassCount; ++i) total += MagazineCapacity(i);
  rep_->storage.resize(total);
  void** next = rep_->storage.data();
  for (size_t i = 0; i < kClassCount; ++i) {
    rep_->magazines[i] = {.slots = next,
                          .capacity = static_cast<uint32_t>(MagazineCapacity(i))};
    next += MagazineCapacity(i);
  }
  Registry& registry = AllCaches();
  std::lock_guard lock(registry.mutex);
  registry.caches.push_back(rep_.get());
  SKARN_CHECK(this_cache == nullptr);
  this_cache = rep_.get();
}

ThreadCache::~ThreadCache() {
  Fold(~uint64_t{0});
  Flush();
  Registry& registry = AllCaches();
  std::lock_guard lock(registry.mutex);
  std::erase(registry.caches, rep_.get());
  this_cache = nullptr;
}

void ThreadCache::Fold(uint64_t safe_epoch) {
  if (!rep_->retired.empty()) {
    size_t safe = 0;
    while (safe < rep_->retired.size() && rep_->retired[safe].epoch < safe_epoch) {
      const Retired& retired = rep_->retired[safe++];
      if (IsInSparseSlab(retired.block, retired.size)) {
        FreeMoved(retired.block, retired.size);
      } else {
        Free(retired.block, retired.size);
      }
    }
    rep_->retired.erase(rep_->retired.begin(),
                        rep_->retired.begin() + static_cast<ptrdiff_t>(safe));
  }
  if (rep_->unfolded_bytes.load(std::memory_order_relaxed) != 0) rep_->FoldCount();
}

void ThreadCache::Flush() {
  rep_->Flush();
}

void FlushThisThread() {
  if (this_cache != nullptr) this_cache->Flush();
}

void SetConcurrent(bool concurrent) {
  is_concurrent.store(concurrent, std::memory_order_relaxed);
}

}  // namespace skarn::memory

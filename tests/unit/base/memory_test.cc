// SPDX-License-Identifier: BSD-3-Clause
#include "base/memory.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/worker_gate.h"

namespace skarn {
namespace {

constexpr uint64_t kSeed = 20260711;

struct Block {
  unsigned char* bytes;
  size_t size;
  unsigned char mark;

  void Fill() const { std::memset(bytes, mark, size); }
  bool IsIntact() const {
    for (size_t i = 0; i < size; ++i) {
      if (bytes[i] != mark) return false;
    }
    return true;
  }
};

Block NewBlock(size_t size, unsigned char mark) {
  const Block block{static_cast<unsigned char*>(memory::Allocate(size)), size, mark};
  block.Fill();
  return block;
}

size_t RandomSize(Random& random) {
  switch (random.Below(8)) {
    case 0:
      return random.Below(40000) + 1;
    case 1:
      return random.Below(16384) + 1;
    case 2:
      return random.Below(16) + 1;
    default:
      return random.Below(2048) + 1;
  }
}

class MemoryTest : public ::testing::Test {
 protected:
  void SetUp() override { before_ = memory::GetUsage().used_bytes; }
  // Everything this test allocated and has not freed.
  int64_t Used() const { return memory::GetUsage().used_bytes - before_; }

 private:
  int64_t before_ = 0;
};

TEST_F(MemoryTest, ClassesAreDense) {
  size_t last = 0;
  for (size_t size = 1; size <= memory::kSlabBlockMax; ++size) {
    const size_t actual = memory::BlockSize(size);
    ASSERT_GE(actual, size);
    ASSERT_GE(actual, last);
    ASSERT_EQ(memory::BlockSize(actual), actual);
    if (size > 8) ASSERT_LT(actual - size, std::max<size_t>(16, size / 31)) << size;
    if (size % 64 == 0 && size <= 4096) ASSERT_EQ(actual, size);
    last = actual;
  }
}

TEST_F(MemoryTest, BlocksAreAligned) {
  memory::ThreadCache cache;
  std::vector<std::pair<void*, size_t>> blocks;
  for (size_t size = 1; size <= 20000; size += size < 4200 ? 1 : 37) {
    for (int i = 0; i < 3; ++i) {
      void* block = memory::Allocate(size);
      blocks.emplace_back(block, size);
      const uintptr_t address = reinterpret_cast<uintptr_t>(block);
      ASSERT_EQ(address % 8, 0u) << size;
      if (memory::BlockSize(size) % 64 == 0) ASSERT_EQ(address % 64, 0u) << size;
    }
  }
  for (const auto& [block, size] : blocks) memory::Free(block, size);
}

TEST_F(MemoryTest, RandomBlocksKeepTheirBytesAndTheirAccount) {
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  {
    memory::ThreadCache cache;
    std::vector<Block> blocks;
    int64_t expected = 0;
    for (int i = 0; i < 200000; ++i) {
      if (blocks.empty() || random.Below(100) < (i / 20000 % 2 == 0 ? 55u : 45u)) {
        const size_t size = RandomSize(random);
        blocks.push_back(NewBlock(size, static_cast<unsigned char>(i)));
        expected += static_cast<int64_t>(memory::BlockSize(size));
      } else {
        const size_t at = random.Below(blocks.size());
        ASSERT_TRUE(blocks[at].IsIntact());
        memory::Free(blocks[at].bytes, blocks[at].size);
        expected -= static_cast<int64_t>(memory::BlockSize(blocks[at].size));
        blocks[at] = blocks.back();
        blocks.pop_back();
      }
      if (i % 1000 == 0) {
        ASSERT_EQ(Used(), expected);
        ASSERT_NEAR(static_cast<double>(memory::UsedBytesApproximate()),
                    static_cast<double>(memory::GetUsage().used_bytes),
                    memory::kFoldBytes);
        cache.Fold(0);
        ASSERT_EQ(memory::UsedBytesApproximate(), memory::GetUsage().used_bytes);
      }
    }
    for (const Block& block : blocks) memory::Free(block.bytes, block.size);
    EXPECT_EQ(Used(), 0);
  }
  EXPECT_EQ(Used(), 0);
}

TEST_F(MemoryTest, ThreadsPassBlocksAroundWithoutLosingAny) {
  constexpr int kThreads = 6, kRounds = 30000;
  std::mutex mutex;
  std::vector<Block> shared;
  std::atomic<int> broken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      // Half of them work without magazines.
      std::unique_ptr<memory::ThreadCache> cache;
      if (t % 2 == 0) cache = std::make_unique<memory::ThreadCache>();
      Random random(kSeed + static_cast<uint64_t>(t));
      std::vector<Block> mine;
      for (int i = 0; i < kRounds; ++i) {
        if (mine.size() < 200 || random.Below(2) == 0) {
          mine.push_back(NewBlock(RandomSize(random), static_cast<unsigned char>(i + t)));
        }
        if (random.Below(4) == 0) {
          std::lock_guard lock(mutex);
          shared.push_back(mine.back());
          mine.pop_back();
          if (shared.size() > 500) {
            const size_t at = random.Below(shared.size());
            mine.push_back(shared[at]);
            shared[at] = shared.back();
            shared.pop_back();
          }
        }
        while (mine.size() > 400) {
          const size_t at = random.Below(mine.size());
          if (!mine[at].IsIntact()) ++broken;
          memory::Free(mine[at].bytes, mine[at].size);
          mine[at] = mine.back();
          mine.pop_back();
        }
        if (cache != nullptr && i % 512 == 0) cache->Fold(0);
      }
      for (const Block& block : mine) {
        if (!block.IsIntact()) ++broken;
        memory::Free(block.bytes, block.size);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Block& block : shared) {
    if (!block.IsIntact()) ++broken;
    memory::Free(block.bytes, block.size);
  }
  EXPECT_EQ(broken, 0);
  EXPECT_EQ(Used(), 0);
}

TEST_F(MemoryTest, AccountIsExactWhenACacheEndsWithRetiredBlocks) {
  memory::SetConcurrent(true);
  std::thread([] {
    memory::ThreadCache cache;
    for (int i = 0; i < 100; ++i) memory::Retire(memory::Allocate(4096), 4096);
    cache.Fold(0);
  }).join();
  memory::SetConcurrent(false);
  EXPECT_EQ(Used(), 0);
  EXPECT_EQ(memory::UsedBytesApproximate(), memory::GetUsage().used_bytes);
}

TEST_F(MemoryTest, RetiredBlocksWaitForReaders) {
  memory::SetConcurrent(true);
  WorkerGate gate(2);
  std::thread([&] {
    memory::ThreadCache cache;
    gate.Enter(0);
    gate.Enter(1);  // A reader in the middle of its turn.
    EXPECT_EQ(gate.AdvanceEpoch(0), 0u);
    memory::Retire(memory::Allocate(1000), 1000);
    const int64_t held = memory::GetUsage().used_bytes;
    for (int i = 0; i < 3; ++i) cache.Fold(gate.AdvanceEpoch(0));
    EXPECT_EQ(memory::GetUsage().used_bytes, held);
    gate.AdvanceEpoch(1);
    cache.Fold(gate.AdvanceEpoch(0));
    EXPECT_LT(memory::GetUsage().used_bytes, held);
    EXPECT_FALSE(memory::HasRetired());
    // A sleeper holds nothing up.
    memory::Retire(memory::Allocate(1000), 1000);
    gate.Leave(1);
    cache.Fold(gate.AdvanceEpoch(0));
    EXPECT_FALSE(memory::HasRetired());
    gate.Leave(0);
  }).join();
  memory::SetConcurrent(false);
  EXPECT_EQ(Used(), 0);
}

TEST_F(MemoryTest, BackgroundThreadsFreeRetiredBlocksAtOnce) {
  memory::SetConcurrent(true);
  std::thread([] {
    memory::ThreadCache cache(memory::ThreadCache::Retiring::kAtOnce);
    memory::Retire(memory::Allocate(1000), 1000);
    EXPECT_FALSE(memory::HasRetired());
  }).join();
  memory::SetConcurrent(false);
  EXPECT_EQ(Used(), 0);
}

TEST_F(MemoryTest, UsedBytesNowKnowsThisThreadExactly) {
  memory::ThreadCache cache;
  const int64_t before = memory::UsedBytesNow();
  void* block = memory::Allocate(100);
  EXPECT_EQ(memory::UsedBytesNow() - before, 104);
  memory::Free(block, 100);
  EXPECT_EQ(memory::UsedBytesNow(), before);
}

#ifndef SKARN_SANITIZED
// What the keyspace does: moves every block that lies in a sparse slab.
size_t Compact(std::vector<Block>& blocks) {
  size_t moved = 0;
  for (Block& block : blocks) {
    if (!memory::MayBeInSparseSlab(block.bytes)) {
      EXPECT_FALSE(memory::IsInSparseSlab(block.bytes, block.size));
      continue;
    }
    if (!memory::IsInSparseSlab(block.bytes, block.size)) continue;
    auto* copy = static_cast<unsigned char*>(memory::AllocateDense(block.size));
    EXPECT_FALSE(memory::IsInSparseSlab(copy, block.size));
    std::memcpy(copy, block.bytes, block.size);
    memory::FreeMoved(block.bytes, block.size);
    block.bytes = copy;
    ++moved;
  }
  return moved;
}

TEST_F(MemoryTest, CompactionEmptiesSparseSlabs) {
  SCOPED_TRACE(kSeed);
  Random random(kSeed);
  memory::ThreadCache cache;
  const memory::Usage before = memory::GetUsage();
  std::vector<Block> blocks;
  for (int i = 0; i < 60000; ++i) {
    blocks.push_back(NewBlock(random.Below(2000) + 16, static_cast<unsigned char>(i)));
  }
  for (size_t i = 0; i < blocks.size();) {
    if (random.Below(100) < 40) {
      memory::Free(blocks[i].bytes, blocks[i].size);
      blocks[i] = blocks.back();
      blocks.pop_back();
    } else {
      ++i;
    }
  }
  const int64_t used = memory::GetUsage().used_bytes;
  const int64_t committed = memory::GetUsage().committed_bytes;
  EXPECT_GT(committed, used * 14 / 10);
  for (int round = 0; round < 4; ++round) {
    cache.Flush();
    if (memory::MarkSparseSlabs(97) == 0) break;
    EXPECT_GT(Compact(blocks), 0u);
    cache.Flush();
    memory::ClearSparseSlabs();
    EXPECT_EQ(Compact(blocks), 0u);
  }
  EXPECT_EQ(memory::GetUsage().used_bytes, used);
  // Each class keeps a partly filled slab; the rest is dense.
  const int64_t slack = 110 * 65536 + 35 * 262144;
  EXPECT_LT(memory::GetUsage().committed_bytes, used * 104 / 100 + slack);
  EXPECT_LT(memory::FreeSlabBytes(), committed / 2);
  for (const Block& block : blocks) {
    ASSERT_TRUE(block.IsIntact());
    memory::Free(block.bytes, block.size);
  }
  cache.Flush();
  EXPECT_LE(memory::GetUsage().committed_bytes, before.committed_bytes);
}

TEST_F(MemoryTest, SparseSlabsAreNotAllocatedFrom) {
  memory::ThreadCache cache;
  std::vector<Block> blocks;
  for (int i = 0; i < 4000; ++i)
    blocks.push_back(NewBlock(1000, static_cast<unsigned char>(i)));
  std::vector<Block> kept;
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (i % 4 == 0) {
      kept.push_back(blocks[i]);
    } else {
      memory::Free(blocks[i].bytes, blocks[i].size);
    }
  }
  cache.Flush();
  ASSERT_GT(memory::MarkSparseSlabs(90), 0u);
  for (int i = 0; i < 1000; ++i) {
    kept.push_back(NewBlock(1000, static_cast<unsigned char>(i)));
    EXPECT_FALSE(memory::IsInSparseSlab(kept.back().bytes, 1000));
  }
  memory::ClearSparseSlabs();
  for (const Block& block : kept) {
    ASSERT_TRUE(block.IsIntact());
    memory::Free(block.bytes, block.size);
  }
}

TEST_F(MemoryTest, CompactsWhileOtherThreadsAllocate) {
  std::atomic<bool> stops{false};
  std::atomic<int> broken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      memory::ThreadCache cache;
      Random random(kSeed + static_cast<uint64_t>(t));
      std::vector<Block> mine;
      for (int i = 0; !stops; ++i) {
        if (mine.size() < 8000 && random.Below(100) < 52) {
          mine.push_back(NewBlock(random.Below(1200) + 1, static_cast<unsigned char>(i)));
        } else if (!mine.empty()) {
          const size_t at = random.Below(mine.size());
          if (!mine[at].IsIntact()) ++broken;
          memory::Free(mine[at].bytes, mine[at].size);
          mine[at] = mine.back();
          mine.pop_back();
        }
        if (i % 20000 == 0) Compact(mine);
      }
      for (const Block& block : mine) {
        if (!block.IsIntact()) ++broken;
        memory::Free(block.bytes, block.size);
      }
    });
  }
  for (int round = 0; round < 50; ++round) {
    memory::MarkSparseSlabs(95);
    std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    memory::ClearSparseSlabs();
  }
  stops = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(broken, 0);
  EXPECT_EQ(Used(), 0);
}

TEST_F(MemoryTest, OtherBytesCountsWhatIsNotOurs) {
  memory::RefreshOtherBytes();
  const int64_t before = memory::OtherBytes();
  EXPECT_GT(before, 0);
  std::vector<char> buffer(10 << 20);
  void* block = memory::Allocate(30 << 20);
  memory::RefreshOtherBytes();
  EXPECT_NEAR(static_cast<double>(memory::OtherBytes() - before), 10 << 20, 3 << 20);
  memory::Free(block, 30 << 20);
  memory::ReturnFreePages();
}
#endif

}  // namespace
}  // namespace skarn

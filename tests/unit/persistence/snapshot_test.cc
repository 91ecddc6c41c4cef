// SPDX-License-Identifier: BSD-3-Clause
#include "persistence/snapshot.h"

#include <unistd.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/memory.h"
#include "keyspace/view.h"

namespace skarn {
namespace {

class NoListener : public KeyEventListener {
 public:
  void OnKeyEvent(EventKind, Bytes, unsigned, Bytes) override {}
  void OnShardFree(Shard&) override {}
};

constexpr size_t kWriters = 3;
constexpr size_t kSavers = 2;
constexpr int kKeys = 400;
constexpr int kHashes = 40;

// Writers change everything while saves run, as workers do: inside the gate, under the
// locks of the shards.
class SnapshotTest : public ::testing::Test {
 protected:
  SnapshotTest() : gate_(kWriters + 1 + kSaversMax), keyspace_(16) {
    KeyspaceView view(keyspace_, listener_);
    view.SetNow(1'700'000'000'000);
    std::mt19937 dice(1);
    for (int i = 0; i < kKeys; ++i) Step(view, dice, "k" + std::to_string(i), 0);
    for (int i = 0; i < kHashes; ++i) Step(view, dice, "h" + std::to_string(i), 0);
  }
  ~SnapshotTest() override { unlink(path_.c_str()); }

  void Step(KeyspaceView& view, std::mt19937& dice, const std::string& name,
            unsigned kind) {
    const Key key = MakeKey(name);
    Found found = view.FindForWrite(key);
    if (kind == 1) {
      if (found) view.Erase(key, found);
    } else if (name[0] == 'k') {
      if (kind == 2 && found) {
        view.EditBytes(key, found, found.entry->value().size() + 1, Encoding::kRawBytes);
      } else if (kind == 3 && found) {
        view.SetExpiry(key, found, 1'800'000'000'000 + dice() % 1000);
      } else {
        view.PutString(key, found, std::string(dice() % 40000, 'v'), kNoExpiry);
      }
    } else if (kind >= 2 && found) {
      view.PrepareTableChange(found);
      found.entry->table()->Set("f" + std::to_string(dice() % 700), "w");
    } else {
      auto* table = new HashTable;
      const int count = static_cast<int>(dice() % 600) + 1;
      for (int i = 0; i < count; ++i) table->Set("f" + std::to_string(i), "value");
      view.PutTable(key, found, table, kNoExpiry);
    }
  }

  void Write(size_t participant) {
    memory::ThreadCache cache;
    KeyspaceView view(keyspace_, listener_);
    view.SetNow(1'700'000'000'000);
    std::mt19937 dice(static_cast<unsigned>(participant));
    while (!is_over_.load()) {
      gate_.Enter(participant);
      for (int i = 0; i < 20; ++i) {
        const std::string name = dice() % 3 == 0 ? "h" + std::to_string(dice() % kHashes)
                                                 : "k" + std::to_string(dice() % kKeys);
        Shard& shard = keyspace_.ShardOf(0, MakeKey(name));
        if (!shard.lock.TryLock()) continue;
        Step(view, dice, name, dice() % 6);
        (void)shard.lock.Unlock();
      }
      gate_.Leave(participant);
      std::this_thread::yield();
    }
  }

  void Save(bool cancels) {
    SnapshotOptions options{.file = {.path = path_}, .saver_count = kSavers};
    Snapshot snapshot(keyspace_, options, listener_);
    {
      GateLock lock(gate_, kWriters);
      snapshot.Cut();
    }
    if (cancels) snapshot.Cancel();
    const Result<> result = snapshot.Write(gate_, kWriters + 1);
    EXPECT_EQ(result.has_value(), !cancels);
    if (!cancels) {
      EXPECT_EQ(snapshot.keys_written(), snapshot.keys_total());
    }
    GateLock lock(gate_, kWriters);
    snapshot.End();
    // Without a thread for it, what was held is freed at once.
    EXPECT_EQ(keyspace_.SnapshotHeldBytes(), 0);
  }

  memory::ThreadCache cache_;  // Outlives the keyspace.
  NoListener listener_;
  WorkerGate gate_;
  Keyspace keyspace_;
  std::atomic<bool> is_over_{false};
  const std::string path_ =
      ::testing::TempDir() + "snapshot-" + std::to_string(getpid()) + ".rdb";
};

TEST_F(SnapshotTest, NothingStaysHeldWhateverWritersDo) {
  keyspace_.set_concurrent(true);
  std::vector<std::thread> writers;
  for (size_t i = 0; i < kWriters; ++i) writers.emplace_back([this, i] { Write(i); });
  for (int round = 0; round < 30; ++round) Save(round % 5 == 4);
  is_over_ = true;
  for (std::thread& writer : writers) writer.join();
}

// As a shutdown does that has cancelled a save in the background.
TEST_F(SnapshotTest, ASaveAloneWritesTablesThatAnotherHasCaptured) {
  Snapshot cancelled(keyspace_, {.file = {.path = path_ + ".1"}}, listener_);
  cancelled.Cut();
  KeyspaceView view(keyspace_, listener_);
  std::mt19937 dice(1);
  for (int i = 0; i < kHashes; ++i) Step(view, dice, "h" + std::to_string(i), 2);
  Snapshot alone(keyspace_, {.file = {.path = path_}}, listener_);
  EXPECT_TRUE(alone.WriteAlone().has_value());
  EXPECT_EQ(alone.keys_written(), static_cast<uint64_t>(kKeys + kHashes));
  cancelled.End();
  EXPECT_EQ(keyspace_.SnapshotHeldBytes(), 0);
}

}  // namespace
}  // namespace skarn

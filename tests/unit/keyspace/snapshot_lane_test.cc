// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/snapshot_lane.h"

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "keyspace/eviction.h"
#include "keyspace_fixture.h"

namespace skarn {
namespace {

class SnapshotLaneTest : public KeyspaceFixture {
 protected:
  static constexpr size_t kBig = 20000;

  ~SnapshotLaneTest() override { End(); }

  void Cut() {
    keyspace_.NoteCut();
    lane_ = std::make_unique<SnapshotLane>(keyspace_.NextLaneEpoch());
    for (unsigned db = 0; db < keyspace_.database_count(); ++db) {
      if (Database* database = keyspace_.FindDatabase(db)) lane_->Need(database);
    }
    keyspace_.set_lane(lane_.get());
  }
  // Its destructor checks in debug builds that nothing is left.
  void End() {
    if (lane_ == nullptr) return;
    keyspace_.set_lane(nullptr);
    lane_->EndCaptures();
    lane_.reset();
    EXPECT_EQ(Held(), 0);
  }
  int64_t Held() const { return keyspace_.SnapshotHeldBytes(); }
  // As the savers do with what writers have left.
  void Drain() {
    for (const auto& orphan : lane_->TakeOrphans()) lane_->Free(orphan);
    for (auto& captured : lane_->TakeCaptures()) lane_->GiveBack(std::move(captured));
  }
  void EndWritten() {
    SnapshotLane::Refuse refuse(*lane_);
    lane_->EndWritten(&refuse);
  }

  HashTable* PutTable(const std::string& key, int count) {
    auto* table = new HashTable;
    for (int i = 0; i < count; ++i) table->Set("f" + std::to_string(i), "value");
    const Key made = MakeKey(key);
    Found found = view_.FindForWrite(made);
    view_.PutTable(made, found, table, kNoExpiry);
    return table;
  }
  void SetField(const std::string& key, const std::string& name, Bytes value) {
    Found found = view_.FindForWrite(MakeKey(key));
    view_.PrepareTableChange(found);
    found.entry->table()->Set(name, value);
  }
  void Expire(const std::string& key, ExpiryMillis expiry) {
    const Key made = MakeKey(key);
    if (Found found = view_.FindForWrite(made)) view_.SetExpiry(made, found, expiry);
  }
  void Append(const std::string& key, size_t size) {
    const Key made = MakeKey(key);
    Found found = view_.FindForWrite(made);
    if (!found) return;
    const size_t old = found.entry->value().size();
    view_.EditBytes(made, found, old + size, Encoding::kRawBytes);
  }
  void Rename(const std::string& from, const std::string& to, unsigned to_db = 0) {
    const Key old_key = MakeKey(from), new_key = MakeKey(to);
    Found found = view_.FindForWrite(old_key);
    if (!found) return;
    Entry* const entry = view_.Extract(old_key, found);
    view_.SelectDatabase(to_db);
    Found target = view_.FindForWrite(new_key);
    if (target) view_.Erase(new_key, target);
    view_.Adopt(new_key, target, entry);
    view_.SelectDatabase(0);
  }

  std::unique_ptr<SnapshotLane> lane_;
};

TEST_F(SnapshotLaneTest, AnErasedValueCountsWhole) {
  Put("big", std::string(kBig, 'v'));
  Put("small", "v");
  PutTable("table", 1000);
  Cut();
  Erase("small");
  EXPECT_GT(Held(), 0);
  EXPECT_LT(Held(), 100);
  Erase("big");
  const int64_t with_blob = Held();
  EXPECT_GT(with_blob, static_cast<int64_t>(kBig));
  Erase("table");
  EXPECT_GT(Held(), with_blob + 10000);
  Drain();
  EXPECT_EQ(Held(), 0);
}

TEST_F(SnapshotLaneTest, ABlobCountsOnceTheKeyspaceHasItNoMore) {
  Put("key", std::string(kBig, 'v'));
  Cut();
  Expire("key", kNow + 1000);
  EXPECT_LT(Held(), 100);
  Rename("key", "other");
  EXPECT_LT(Held(), 100);
  Blob* const reply = Peek("other")->blob();
  reply->Reference();
  Put("other", "v");
  EXPECT_LT(Held(), 100);
  reply->Release();
  EXPECT_GT(Held(), static_cast<int64_t>(kBig));
  Drain();
  EXPECT_EQ(Held(), 0);
}

TEST_F(SnapshotLaneTest, AReplyMayOutliveTheSnapshotsReference) {
  Put("key", std::string(kBig, 'v'));
  Cut();
  Blob* const reply = Peek("key")->blob();
  reply->Reference();
  Erase("key");
  Drain();
  EXPECT_EQ(Held(), 0);
  EXPECT_EQ(reply->bytes(), std::string(kBig, 'v'));
  reply->Release();
  EXPECT_EQ(Held(), 0);
}

TEST_F(SnapshotLaneTest, WhatAppendLeavesCounts) {
  Put("key", std::string(kBig, 'v'));
  Cut();
  Append("key", 1);
  EXPECT_GT(Held(), static_cast<int64_t>(kBig));
  const int64_t once = Held();
  Append("key", 1);
  EXPECT_EQ(Held(), once);
  Drain();
  EXPECT_EQ(Held(), 0);
}

TEST_F(SnapshotLaneTest, ClonesAndDroppedFieldsCount) {
  PutTable("table", 1000);
  Cut();
  SetField("table", "f1", std::string(500, 'w'));
  const int64_t cloned = Held();
  EXPECT_GT(cloned, 0);
  for (int i = 0; i < 100; ++i) SetField("table", "f1", std::string(500, 'w'));
  EXPECT_GT(Held(), cloned + 100 * 500);
  Drain();
  EXPECT_GT(Held(), cloned + 100 * 500);
  EndWritten();
  EXPECT_EQ(Held(), 0);
  SetField("table", "f1", "v");
  EXPECT_EQ(Held(), 0);
}

TEST_F(SnapshotLaneTest, ACapturedTableIsKeptUntilItsCaptureEnds) {
  const HashTable* const table = PutTable("table", 1000);
  Cut();
  SetField("table", "f1", "w");
  Erase("table");
  EXPECT_GT(Held(), static_cast<int64_t>(table->SizeBytes()));
  EndWritten();  // It is not written yet.
  EXPECT_GT(Held(), static_cast<int64_t>(table->SizeBytes()));
  Drain();
  EndWritten();
  EXPECT_EQ(Held(), 0);
}

TEST_F(SnapshotLaneTest, TablesYoungerThanTheCutAreFreedAtOnce) {
  Cut();
  const int64_t used = memory::UsedBytesNow();
  for (int i = 0; i < 100; ++i) {
    PutTable("table", 1000);
    Erase("table");
  }
  EXPECT_EQ(Held(), 0);
  EXPECT_LT(memory::UsedBytesNow() - used, 1 << 20);
}

TEST_F(SnapshotLaneTest, NeedsOnlyTheDatabasesOfTheCutAndThoseItsTablesMovedTo) {
  Put("key", "v");
  PutTable("table", 1000);
  Cut();
  EXPECT_TRUE(lane_->Needs(keyspace_.FindDatabase(0)));
  Database* const young = &keyspace_.GetDatabase(1);
  Rename("key", "key", 1);
  EXPECT_FALSE(lane_->Needs(young));
  Rename("table", "table", 1);
  EXPECT_TRUE(lane_->Needs(young));
  lane_->Keep(keyspace_.Detach(1));
  EXPECT_GT(Held(), 10000);
  EXPECT_LT(lane_->passing_bytes(), 1000);
  Drain();
  EndWritten();
  EXPECT_GT(Held(), 10000);
}

TEST_F(SnapshotLaneTest, ADatabaseIsJudgedByItsEntries) {
  const int64_t before = memory::UsedBytesNow();
  for (int i = 0; i < 50000; ++i) {
    Put("key:" + std::to_string(i), std::string(static_cast<size_t>(i) % 1000, 'v'));
  }
  const auto used = static_cast<double>(memory::UsedBytesNow() - before);
  EXPECT_NEAR(static_cast<double>(keyspace_.FindDatabase(0)->EstimateBytes()), used,
              used * 0.1);
}

TEST_F(SnapshotLaneTest, EvictionStopsWhenTheLimitIsKeptWithoutWhatIsHeld) {
  for (int i = 0; i < 500; ++i) Put("key:" + std::to_string(i), std::string(kBig, 'v'));
  Cut();
  keyspace_.policy = EvictionPolicy::kAllKeysRandom;
  EvictionGoal goal;
  Evictor evictor(view_, listener_, goal);
  memory::RefreshOtherBytes();  // Keep asks, too: the database itself has come since.
  const Evictor::Order order{
      .limit_bytes = evictor.CountedBytes() - 20 * static_cast<int64_t>(kBig),
      .time_us_max = 1'000'000};
  while (evictor.Keep(order) == Evictor::Outcome::kRunning) {
  }
  EXPECT_GT(KeyCount(), 470u);
  EXPECT_LT(KeyCount(), 490u);
}

// Whatever happens, in any order, nothing stays counted.
TEST_F(SnapshotLaneTest, NothingStaysCountedAtTheEnd) {
  std::mt19937 dice(7);
  const auto name = [&] { return "k" + std::to_string(dice() % 60); };
  const auto hash = [&] { return "h" + std::to_string(dice() % 10); };
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 60; ++i) {
      if (dice() % 2 == 0) Put("k" + std::to_string(i), std::string(dice() % 40000, 'v'));
      if (i < 10) PutTable("h" + std::to_string(i), static_cast<int>(dice() % 500));
    }
    Cut();
    const int steps = static_cast<int>(dice() % 400);
    for (int i = 0; i < steps; ++i) {
      const std::string key = hash();
      switch (dice() % 10) {
        case 0:
          Put(name(), std::string(dice() % 40000, 'w'));
          break;
        case 1:
          Erase(name());
          break;
        case 2:
          Expire(name(), kNow + 1 + dice() % 1000);
          break;
        case 3:
          Append(name(), dice() % 20000);
          break;
        case 4:
          Rename(name(), name(), dice() % 8 == 0 ? 1 : 0);
          break;
        case 5:
          Rename(hash(), hash(), dice() % 8 == 0 ? 1 : 0);
          break;
        case 6:
          Erase(key);
          break;
        case 7:
          PutTable(key, static_cast<int>(dice() % 500));
          break;
        case 8:
          if (Peek(key) != nullptr) SetField(key, "f7", "w");
          break;
        default:
          if (dice() % 4 == 0) Drain();
          if (dice() % 4 == 0) EndWritten();
          if (dice() % 40 != 0) break;
          const unsigned db = dice() % 2;
          if (Database* database = keyspace_.FindDatabase(db)) {
            const bool is_needed = lane_->Needs(database);
            auto detached = keyspace_.Detach(db);
            if (is_needed) {
              lane_->Keep(std::move(detached));
            } else {
              FreeDatabase(std::move(detached));
            }
          }
          if (dice() % 2 == 0) keyspace_.SwapDatabases(0, 1);
      }
    }
    End();
  }
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// A keyspace with one view, for tests of what works on whole shards.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/memory.h"
#include "keyspace/view.h"

namespace skarn {

class RecordingListener : public KeyEventListener {
 public:
  void OnKeyEvent(EventKind, Bytes event, unsigned, Bytes key) override {
    events.push_back(std::string(event) + " " + std::string(key));
  }
  void OnShardFree(Shard&) override {}

  std::vector<std::string> events;
};

class KeyspaceFixture : public ::testing::Test {
 protected:
  static constexpr ExpiryMillis kNow = 1'700'000'000'000;

  KeyspaceFixture() : keyspace_(16), view_(keyspace_, listener_) { view_.SetNow(kNow); }

  void Put(const std::string& key, const std::string& value,
           ExpiryMillis expiry = kNoExpiry) {
    const Key made = MakeKey(key);
    Found found = view_.FindForWrite(made);
    view_.PutString(made, found, value, expiry);
  }
  void Erase(const std::string& key) {
    const Key made = MakeKey(key);
    if (Found found = view_.FindForWrite(made)) view_.Erase(made, found);
  }
  const Entry* Peek(const std::string& key) { return view_.Peek(MakeKey(key)); }
  size_t KeyCount(unsigned db = 0) const {
    const Database* database = keyspace_.FindDatabase(db);
    return database == nullptr ? 0 : database->KeyCount();
  }

  memory::ThreadCache cache_;  // Outlives the keyspace.
  RecordingListener listener_;
  Keyspace keyspace_;
  KeyspaceView view_;
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Loader: reads an RDB file into an empty keyspace.
//
// Threads: one, a participant of the gate; workers refuse commands on keys meanwhile
// (LOADING), so no shard is locked. Owner: whoever loads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/worker_gate.h"
#include "command/settings.h"
#include "keyspace/keyspace.h"
#include "persistence/rdb_file.h"

namespace skarn {

struct LoadProgress {
  std::atomic<uint64_t> loaded_bytes{0};
  std::atomic<uint64_t> total_bytes{0};
  std::atomic<uint64_t> keys_loaded{0};
  std::atomic<uint64_t> keys_expired{0};
};

class Loader {
 public:
  Loader(Keyspace& keyspace, const Settings& settings, LoadProgress& progress)
      : keyspace_(keyspace), settings_(settings), progress_(progress) {}
  ~Loader();

  // A key that is there already gives way to the file's, instead of making the load fail.
  void set_replaces(bool replaces) { replaces_ = replaces; }

  // Called with the bytes read so far after each read of at most 1 MB, also in the middle
  // of a value: for telling others, not for touching the keyspace.
  void set_on_read(std::function<void(uint64_t)> on_read) {
    on_read_ = std::move(on_read);
  }

  // Loads the file. Fails with offset and reason; what was loaded by then stays in the
  // keyspace. A file that is not there is no failure: then the result is false. `pause`,
  // when given, is called every few hundred keys, with nothing half done.
  Result<bool> Load(const std::string& path, void (*pause)(void*), void* pause_owner);

 private:
  struct Loaded {
    Entry* entry;
    uint64_t hash;
    unsigned db;
  };

  Result<> LoadKey(RdbFileReader& file, const RdbRecord& record);
  Result<> LoadString(RdbFileReader& file, Entry::Shape shape);
  Result<> LoadHash(RdbFileReader& file, const RdbRecord& record, Entry::Shape shape);
  Result<> Insert();
  void EraseOld(Shard& shard, Place place, uint64_t hash);
  uint32_t AccessOf(const RdbRecord& record) const;

  Keyspace& keyspace_;
  const Settings& settings_;
  LoadProgress& progress_;
  bool replaces_ = false;
  std::function<void(uint64_t)> on_read_;
  unsigned db_ = 0;
  int64_t now_ms_ = 0;
  std::vector<Loaded> batch_;
};

}  // namespace skarn

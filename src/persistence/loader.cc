// SPDX-License-Identifier: BSD-3-Clause
#include "persistence/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "arch/prefetch.h"
#include "base/clock.h"
#include "persistence/rdb_hash.h"
#include "persistence/rdb_skip.h"
#include "persistence/rdb_source.h"
#include "types/hash_table.h"

namespace skarn {
namespace {

// Entries whose lines are fetched ahead together, as in the executor.
constexpr size_t kBatchKeys = 32;
constexpr uint64_t kPauseKeys = 1024;
constexpr size_t kShownKeyBytes = 128;

// Collects a hash: a listpack while the limits allow, else a table.
class HashCollector : public RdbHashSink {
 public:
  HashCollector(const Settings& settings, int64_t now_ms)
      : settings_(settings), now_ms_(now_ms) {}

  void ExpectFields(uint64_t count) override {
    if (count > settings_.hash_max_listpack_entries) MakeTable(count);
  }

  bool AddListpack(ListpackView pairs) override {
    if (pairs.count() / 2 > settings_.hash_max_listpack_entries) return false;
    listpack_ = std::string(pairs.bytes());
    return true;
  }

  bool AddField(Bytes field, Bytes value, int64_t expires_at_ms) override {
    if (expires_at_ms != kRdbNoExpiry) {
      if (expires_at_ms < now_ms_) return true;  // Gone by now.
      MakeTable(0);
    }
    if (table_ == nullptr && (field.size() > settings_.hash_max_listpack_value ||
                              value.size() > settings_.hash_max_listpack_value ||
                              pairs_.size() / 2 >= settings_.hash_max_listpack_entries)) {
      MakeTable(0);
    }
    if (table_ != nullptr) return table_->Set(field, value, expires_at_ms);
    for (size_t i = 0; i < pairs_.size(); i += 2) {
      if (pairs_[i] == field) return false;
    }
    pairs_.emplace_back(field);
    pairs_.emplace_back(value);
    return true;
  }

  // Null without fields.
  Entry* Finish(Entry::Shape shape) {
    if (table_ != nullptr && table_->size() > 0) {
      shape.encoding = Encoding::kTable;
      shape.root = table_.release();
      return Entry::Create(shape);
    }
    if (!pairs_.empty()) {
      listpack_.emplace();
      ListpackBuilder builder(*listpack_);
      for (const std::string& text : pairs_) builder.Append(Bytes(text));
      builder.Finish();
    }
    if (!listpack_) return nullptr;
    if (listpack_->size() > kEmbeddedValueMax) {
      Blob* blob = Blob::Create(listpack_->size(), listpack_->size());
      std::memcpy(blob->data(), listpack_->data(), listpack_->size());
      shape.root = blob;
      return Entry::Create(shape);
    }
    shape.value_size = listpack_->size();
    Entry* entry = Entry::Create(shape);
    std::memcpy(entry->EmbeddedValue(), listpack_->data(), listpack_->size());
    return entry;
  }

 private:
  void MakeTable(uint64_t expected) {
    if (table_ != nullptr) return;
    table_ = std::make_unique<HashTable>();
    // A hint from outside: believed only as far as it costs little.
    table_->Reserve(std::min<uint64_t>(expected, 100000));
    for (size_t i = 0; i < pairs_.size(); i += 2) table_->Set(pairs_[i], pairs_[i + 1]);
    pairs_.clear();
  }

  const Settings& settings_;
  const int64_t now_ms_;
  std::vector<std::string> pairs_;
  std::optional<std::string> listpack_;
  std::unique_ptr<HashTable> table_;
};

// What a record holds that would be lost without a word; empty if it is a hint.
Bytes LostWith(RdbRecord::Kind kind) {
  switch (kind) {
    case RdbRecord::Kind::kFunction:
      return "functions";
    case RdbRecord::Kind::kModuleAux:
      return "data of a module";
    case RdbRecord::Kind::kSlotImport:
      return "a slot import";
    default:
      return {};
  }
}

// Tells how far the reading has got.
class WatchedSource final : public RdbSource {
 public:
  WatchedSource(RdbSource& source, const std::function<void(uint64_t)>& on_read)
      : source_(source), on_read_(on_read) {}

  Result<size_t> Read(uint8_t* to, size_t capacity_bytes) override {
    Result<size_t> got = source_.Read(to, capacity_bytes);
    if (got) read_bytes_ += *got;
    if (on_read_) on_read_(read_bytes_);
    return got;
  }
  std::optional<uint64_t> size_bytes() const override { return source_.size_bytes(); }

 private:
  RdbSource& source_;
  const std::function<void(uint64_t)>& on_read_;
  uint64_t read_bytes_ = 0;
};

}  // namespace

Loader::~Loader() {
  for (const Loaded& loaded : batch_) FreeEntry(loaded.entry, /*lazily=*/false);
}

Result<bool> Loader::Load(const std::string& path, void (*pause)(void*),
                          void* pause_owner) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return false;
    return FailErrno("open " + path, errno);
  }
  posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  now_ms_ = NowMillis();
  const auto load = [&]() -> Result<> {
    FileRdbSource file_source(fd);
    WatchedSource source(file_source, on_read_);
    progress_.total_bytes.store(source.size_bytes().value_or(0),
                                std::memory_order_relaxed);
    RdbReader reader(source, size_t{1} << 20);
    RdbFileReader file(reader, {.version_check = settings_.rdb_version_relaxed
                                                     ? RdbVersionCheck::kRelaxed
                                                     : RdbVersionCheck::kStrict,
                                .verifies_checksum = settings_.rdb_checksum});
    if (auto header = file.ReadHeader(); !header) return header;
    for (uint64_t keys = 0;;) {
      const Result<RdbRecord> record = file.Next();
      if (!record) return std::unexpected(record.error());
      if (record->kind == RdbRecord::Kind::kEnd) return Insert();
      if (record->kind == RdbRecord::Kind::kSelectDb) {
        if (record->number >= keyspace_.database_count()) {
          return Fail(fmt::format("offset {}: database {} is beyond the {} configured",
                                  record->offset, record->number,
                                  keyspace_.database_count()));
        }
        db_ = static_cast<unsigned>(record->number);
      } else if (record->kind == RdbRecord::Kind::kKey) {
        if (auto loaded = LoadKey(file, *record); !loaded) return loaded;
        const int64_t delay_us = settings_.key_load_delay_us;  // For tests.
        if (delay_us > 0) usleep(static_cast<useconds_t>(delay_us));
        if (++keys % kPauseKeys == 0 || delay_us > 0) {
          if (auto inserted = Insert(); !inserted) return inserted;
          progress_.loaded_bytes.store(reader.offset(), std::memory_order_relaxed);
          if (pause != nullptr) pause(pause_owner);
        }
      } else if (const Bytes what = LostWith(record->kind); !what.empty()) {
        return Fail(
            fmt::format("offset {}: the file holds {}, which this version does "
                        "not have",
                        record->offset, what));
      }
    }
  };
  Result<> result = load();
  close(fd);
  if (!result) return std::unexpected(std::move(result.error()).In(path));
  return true;
}

uint32_t Loader::AccessOf(const RdbRecord& record) const {
  if (IsLfu(keyspace_.policy)) {
    const uint32_t minutes = static_cast<uint32_t>(now_ms_ / 60000) & 0xffff;
    return minutes << 8 |
           (record.frequency >= 0 ? static_cast<uint32_t>(record.frequency) : 5);
  }
  const uint32_t clock = static_cast<uint32_t>(now_ms_ / 1000);
  const uint32_t idle =
      record.idle_seconds > 0 ? static_cast<uint32_t>(record.idle_seconds) : 0;
  return (clock - idle) & 0xffffff;
}

Result<> Loader::LoadKey(RdbFileReader& file, const RdbRecord& record) {
  Entry::Shape shape{
      .key = record.key, .expiry = record.expires_at_ms, .access = AccessOf(record)};
  if (record.type == kRdbString) return LoadString(file, shape);
  const RdbDialect dialect = file.reader().dialect();
  if (!IsRdbHash(record.type, dialect)) {
    return Fail(fmt::format("offset {}: key '{}': {}", record.offset,
                            record.key.substr(0, kShownKeyBytes),
                            UnsupportedRdbType(record.type, dialect)));
  }
  return LoadHash(file, record, shape);
}

Result<> Loader::LoadString(RdbFileReader& file, Entry::Shape shape) {
  RdbReader& reader = file.reader();
  const size_t size = reader.BeginString();
  if (!reader.ok()) return reader.status();
  shape.value_size = size;
  Blob* blob = nullptr;
  if (size > kEmbeddedValueMax) {
    blob = Blob::TryCreate(size, size);
    if (blob == nullptr)
      return Fail(fmt::format("no memory for a value of {} bytes", size));
    shape.root = blob;
  }
  Entry* entry = Entry::Create(shape);
  reader.EndString(blob != nullptr ? blob->data() : entry->EmbeddedValue());
  batch_.push_back({entry, HashKey(entry->key()), db_});
  if (!reader.ok()) return reader.status();
  return batch_.size() < kBatchKeys ? Result<>() : Insert();
}

Result<> Loader::LoadHash(RdbFileReader& file, const RdbRecord& record,
                          Entry::Shape shape) {
  HashCollector collector(settings_, now_ms_);
  if (auto read = ReadRdbHash(file.reader(), record.type, collector); !read) {
    return std::unexpected(read.error());
  }
  shape.type = ValueType::kHash;
  Entry* entry = collector.Finish(shape);
  if (entry == nullptr)
    return {};  // Old servers could write empty hashes; the key is skipped.
  batch_.push_back({entry, HashKey(entry->key()), db_});
  return batch_.size() < kBatchKeys ? Result<>() : Insert();
}

void Loader::EraseOld(Shard& shard, Place place, uint64_t hash) {
  Entry* const old = EntryAt(place);
  if (old->HasExpiry()) --shard.expiry_count;
  if (old->encoding() == Encoding::kTable && old->table()->expiry_count() > 0) {
    --shard.field_expiry_count;
  }
  shard.table.Erase(place, hash);
  FreeEntry(old, /*lazily=*/false);
}

Result<> Loader::Insert() {
  for (const Loaded& loaded : batch_) {
    Database& database = keyspace_.GetDatabase(loaded.db);
    PrefetchWrite(&database.shards[loaded.hash >> (64 - kShardBits)]);
  }
  for (const Loaded& loaded : batch_) {
    Database& database = keyspace_.GetDatabase(loaded.db);
    database.shards[loaded.hash >> (64 - kShardBits)].table.PrefetchBucket(loaded.hash);
  }
  size_t done = 0;
  Result<> result;
  for (; done < batch_.size(); ++done) {
    const Loaded& loaded = batch_[done];
    Entry* entry = loaded.entry;
    if (entry->IsExpired(now_ms_)) {
      progress_.keys_expired.fetch_add(1, std::memory_order_relaxed);
      FreeEntry(entry, /*lazily=*/false);
      continue;
    }
    const Key key{entry->key(), loaded.hash};
    Shard& shard = keyspace_.GetDatabase(loaded.db).shards[key.ShardIndex()];
    if (const Place old = shard.Find(key); old && replaces_) {
      EraseOld(shard, old, loaded.hash);
    } else if (old) {
      result = Fail(
          fmt::format("the key '{}' occurs twice", key.bytes.substr(0, kShownKeyBytes)));
      break;
    }
    shard.table.Insert(loaded.hash, entry, entry->HasExpiry(), 0);
    if (entry->HasExpiry()) {
      ++shard.expiry_count;
      shard.next_expiry = std::min(shard.next_expiry, entry->expiry());
    }
    if (entry->encoding() == Encoding::kTable && entry->table()->expiry_count() > 0) {
      ++shard.field_expiry_count;
      shard.next_field_expiry =
          std::min(shard.next_field_expiry, entry->table()->next_expiry());
    }
    progress_.keys_loaded.fetch_add(1, std::memory_order_relaxed);
  }
  batch_.erase(batch_.begin(), batch_.begin() + static_cast<long>(done));
  return result;
}

}  // namespace skarn

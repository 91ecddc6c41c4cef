// SPDX-License-Identifier: BSD-3-Clause
//
// Walking through a database: KEYS, SCAN and RANDOMKEY.
//
// KEYS runs alone and sees one state. SCAN and RANDOMKEY take one shard after the other;
// when a shard is busy before they have anything to say, they wait for it and start over.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "command/client_memory.h"
#include "command/executor.h"
#include "commands/generic.h"
#include "commands/scan_options.h"

namespace skarn::commands {
namespace {

// ---- SCAN
// ------------------------------------------------------------------------------

// A cursor is a position in hash space: the shard's index, then the leading bits of a
// position in its table (LeafTable::VisitHome). Tables grow, split and shrink beneath it
// and it means the same hashes. It is below 2^53, so that clients can hold it in a
// double. What is cut off stands below a bucket as long as a table's directory has no
// more than 2^25 segments, billions of keys in a shard; beyond that a cursor would lead
// back to the start of a bucket: keys would come again, none would be lost.
constexpr unsigned kPositionBits = 53 - kShardBits;
constexpr unsigned kCutBits = 64 - kPositionBits;

// One call of SCAN. Names are kept aside until the cursor in front of them is known.
class KeyScan {
 public:
  KeyScan(CommandContext& context, const ScanOptions& options, uint64_t cursor)
      : context_(context),
        options_(options),
        first_cursor_(cursor),
        shard_index_(cursor >> kPositionBits),
        position_(cursor << kCutBits) {
    constexpr uint64_t kCountMax = std::numeric_limits<uint64_t>::max() / kWorkPerCount;
    work_left_ = std::min(options.count, kCountMax) * kWorkPerCount;
  }

  // False when the client was parked.
  bool Run() {
    const KeyspaceView& keyspace = context_.keyspace;
    Database* database = context_.keyspace.keyspace().FindDatabase(keyspace.db());
    if (database == nullptr) shard_index_ = kShardCount;
    while (shard_index_ < kShardCount && GoesOn()) {
      Shard& shard = database->shards[shard_index_];
      if (shard.table.RoughSize() == 0) {
        work_left_ -= std::min<uint64_t>(work_left_, 1);
        MoveTo(0);
      } else if (!context_.executor.TryWithShard(shard, [&] { VisitShard(shard); })) {
        if (has_begun_) break;  // The next call begins with this shard.
        context_.executor.Park(context_.client, shard);
        return false;
      }
    }
    return true;
  }

  void Reply(ReplyWriter& reply) const {
    char number[kUint64TextMax];
    reply.ArrayHeader(2);
    reply.Bulk({number, FormatUint64(number, Cursor())});
    reply.ArrayHeader(name_sizes_.size());
    size_t at = 0;
    for (const size_t size : name_sizes_) {
      reply.Bulk(Bytes(names_).substr(at, size));
      at += size;
    }
  }

 private:
  // Passing an empty shard takes a fraction of a look into a bucket, so that a call with
  // the default COUNT gets through a small database.
  static constexpr uint64_t kWorkPerBucket = 64;
  static constexpr uint64_t kBucketsPerCount = 10;
  static constexpr uint64_t kWorkPerCount = kWorkPerBucket * kBucketsPerCount;

  uint64_t Cursor() const {
    if (shard_index_ >= kShardCount) return 0;
    return shard_index_ << kPositionBits | position_ >> kCutBits;
  }
  // A call moves the cursor on, however little work it may do.
  bool GoesOn() const {
    return (seen_count_ < options_.count && work_left_ > 0) || Cursor() == first_cursor_;
  }
  // To a position of this shard, or with 0 to the next shard.
  void MoveTo(uint64_t position) {
    position_ = position;
    shard_index_ += position == 0;
  }

  // Goes on in the current shard until it or the work is done.
  void VisitShard(Shard& shard) {
    has_begun_ = true;
    const uint64_t index = shard_index_;
    std::vector<std::string> expired;
    while (shard_index_ == index && GoesOn()) {
      work_left_ -= std::min(work_left_, kWorkPerBucket);
      MoveTo(shard.table.VisitHome(
          position_, [&](const Place& place) { See(*EntryAt(place), &expired); }));
    }
    for (const std::string& name : expired) context_.keyspace.FindForWrite(MakeKey(name));
  }

  void See(const Entry& entry, std::vector<std::string>* expired) {
    ++seen_count_;
    const Bytes name = entry.key();
    if (!options_.Matches(name)) return;
    if (options_.type && entry.type() != *options_.type) return;
    if (entry.IsExpired(context_.now())) {
      expired->emplace_back(name);
      return;
    }
    names_.append(name);
    name_sizes_.push_back(name.size());
  }

  CommandContext& context_;
  const ScanOptions& options_;
  const uint64_t first_cursor_;
  uint64_t shard_index_;
  uint64_t position_;
  uint64_t work_left_;
  uint64_t seen_count_ = 0;
  bool has_begun_ = false;
  std::string names_;
  std::vector<size_t> name_sizes_;
};

// ---- RANDOMKEY
// -------------------------------------------------------------------------

// A key at random is one of a shard at random, chosen by its size. Where the shards of a
// sample are well filled they stand for all of them; otherwise all sizes are looked at.
constexpr size_t kSampleShards = 64;
constexpr size_t kSampleKeysMin = 256;

// Chooses by size among `count` shards that shard_at(i) names, without locks. Null when
// all of them are empty.
template <class ShardAt>
Shard* ChooseBySize(size_t count, ShardAt&& shard_at, size_t* total) {
  Random& random = ThreadRandom();
  Shard* chosen = nullptr;
  *total = 0;
  for (size_t i = 0; i < count; ++i) {
    Shard& shard = shard_at(i);
    const size_t size = shard.table.RoughSize();
    *total += size;
    if (size != 0 && random.Below(*total) < size) chosen = &shard;
  }
  return chosen;
}

Shard* ChooseShard(Database& database) {
  size_t total;
  Shard* chosen = ChooseBySize(
      kSampleShards,
      [&](size_t) -> Shard& {
        return database.shards[ThreadRandom().Below(kShardCount)];
      },
      &total);
  if (total >= kSampleKeysMin) return chosen;
  return ChooseBySize(
      kShardCount, [&](size_t i) -> Shard& { return database.shards[i]; }, &total);
}

// The name of a live key of the shard; empty handed when it has none, or the one chosen
// has expired, which is erased then.
bool PickKey(CommandContext& context, Shard& shard, std::string* name) {
  if (shard.table.empty()) return false;
  const Place place = shard.table.PickRandom([] { return ThreadRandom().Next(); });
  *name = EntryAt(place)->key();
  if (!EntryAt(place)->IsExpired(context.now())) return true;
  context.keyspace.FindForWrite(MakeKey(*name));
  return false;
}

}  // namespace

void Keys(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Bytes pattern = args[1];
  const ExpiryMillis now = context.now();
  const Database* database =
      context.keyspace.keyspace().FindDatabase(context.keyspace.db());
  if (database == nullptr) return reply.EmptyArray();
  if (IsGlobLiteral(pattern)) {
    const bool is_there = context.keyspace.Peek(MakeKey(pattern)) != nullptr;
    reply.ArrayHeader(is_there);
    if (is_there) reply.Bulk(pattern);
    return;
  }
  const bool takes_all = pattern == "*";
  size_t count = 0;
  const ReplyWriter::Deferred array = reply.BeginDeferredArray();
  for (const Shard& shard : database->shards) {
    if (CutsReply(context.settings, context.client)) break;  // Closed: nobody reads it.
    shard.table.ForEach([&](const Place& place) {
      const Entry& entry = *EntryAt(place);
      if (!takes_all && !GlobMatch(pattern, entry.key())) return;
      if (entry.IsExpired(now)) return;
      reply.Bulk(entry.key());
      ++count;
    });
  }
  reply.EndDeferred(array, count);
}

void Scan(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<uint64_t> cursor = ParseScanCursor(args[1]);
  if (!cursor) return reply.Error(cursor.error());
  const Parsed<ScanOptions> options = ParseScanOptions(args, 2, ScanKind::kKeys);
  if (!options) return reply.Error(options.error());
  KeyScan scan(context, *options, *cursor);
  if (scan.Run()) scan.Reply(reply);
}

void Randomkey(CommandContext& context, const Args&, ReplyWriter& reply) {
  Database* database = context.keyspace.keyspace().FindDatabase(context.keyspace.db());
  if (database == nullptr) return reply.Null();
  // Ends: every turn without an answer erases a key or finds that others have.
  while (Shard* shard = ChooseShard(*database)) {
    std::string name;
    bool is_found = false;
    if (!context.executor.TryWithShard(
            *shard, [&] { is_found = PickKey(context, *shard, &name); })) {
      return context.executor.Park(context.client, *shard);
    }
    if (is_found) return reply.Bulk(name);
  }
  reply.Null();
}

}  // namespace skarn::commands

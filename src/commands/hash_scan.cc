// SPDX-License-Identifier: BSD-3-Clause
//
// HSCAN and HRANDFIELD.
//
// The cursor of HSCAN is the top 48 bits of a position in hash space: positions are never
// finer, and a number below 2^53 survives clients that keep it as a double.
#include <limits>
#include <unordered_set>
#include <vector>

#include "base/random.h"
#include "command/client_memory.h"
#include "command/executor.h"
#include "commands/hash.h"
#include "commands/hash_view.h"
#include "commands/scan_options.h"

namespace skarn::commands {
namespace {

constexpr unsigned kCursorShift = 16;
// A scan looks at up to this many homes for every field it was asked for.
constexpr uint64_t kHomesPerField = 10;

struct Pair {
  ListpackElement field;
  ListpackElement value;
};

void ReplyPair(ReplyWriter& reply, const Pair& pair, bool with_values) {
  if (!with_values) return ReplyElement(reply, pair.field);
  if (reply.protocol() != 2) reply.ArrayHeader(2);
  ReplyElement(reply, pair.field);
  ReplyElement(reply, pair.value);
}

void ReplyPairCount(ReplyWriter& reply, size_t count, bool with_values) {
  reply.ArrayHeader(with_values && reply.protocol() == 2 ? count * 2 : count);
}

Pair PairOf(const Field& field) {
  return {ListpackElement(field.name()), ListpackElement(field.value())};
}

std::vector<Pair> LivePairs(const HashView& hash) {
  std::vector<Pair> pairs;
  pairs.reserve(hash.size());
  hash.ForEach([&](const ListpackElement& field, const ListpackElement& value) {
    pairs.push_back({field, value});
  });
  return pairs;
}

// True when picking from the table itself is worth it: no field of it has expired.
bool PicksFromTable(const HashView& hash) {
  return hash.is_table() && !hash.may_have_expired();
}

const Field& PickField(const HashView& hash, Random& random) {
  return hash.table().PickRandom([&] { return random.Next(); });
}

void ReplyOneRandom(const HashView& hash, ReplyWriter& reply) {
  Random& random = ThreadRandom();
  if (hash.size() == 0) return reply.Null();
  if (PicksFromTable(hash))
    return ReplyElement(reply, PairOf(PickField(hash, random)).field);
  if (!hash.is_table()) {
    const ListpackView list = hash.listpack();
    return ReplyElement(reply, list.At(list.Seek(2 * random.Below(hash.size()))));
  }
  const std::vector<Pair> pairs = LivePairs(hash);
  if (pairs.empty()) return reply.Null();
  ReplyElement(reply, pairs[random.Below(pairs.size())].field);
}

// `count` picks, each from all fields.
// Stops when the client is closed for its output: nobody reads it.
void ReplyRepeated(CommandContext& context, const HashView& hash, ReplyWriter& reply,
                   uint64_t count, bool with_values) {
  const auto is_stopped = [&](uint64_t i) {
    return i % kItemsPerLimitCheck == 0 && CutsReply(context.settings, context.client);
  };
  Random& random = ThreadRandom();
  if (PicksFromTable(hash)) {
    ReplyPairCount(reply, count, with_values);
    for (uint64_t i = 0; i < count && !is_stopped(i); ++i) {
      ReplyPair(reply, PairOf(PickField(hash, random)), with_values);
    }
    return;
  }
  const std::vector<Pair> pairs = LivePairs(hash);
  if (pairs.empty()) return reply.EmptyArray();
  ReplyPairCount(reply, count, with_values);
  for (uint64_t i = 0; i < count && !is_stopped(i); ++i) {
    ReplyPair(reply, pairs[random.Below(pairs.size())], with_values);
  }
}

// Few of many fields: picks again when a field comes up twice.
void ReplyFewDistinct(const HashView& hash, ReplyWriter& reply, uint64_t count,
                      bool with_values) {
  ReplyPairCount(reply, count, with_values);
  std::unordered_set<const Field*> picked;
  while (picked.size() < count) {
    const Field& field = PickField(hash, ThreadRandom());
    if (picked.insert(&field).second) ReplyPair(reply, PairOf(field), with_values);
  }
}

// `count` fields at most, each once: walks all, and takes each with the chance that
// leaves every choice equally likely.
void ReplyDistinct(const HashView& hash, ReplyWriter& reply, uint64_t count,
                   bool with_values) {
  if (PicksFromTable(hash) && count <= hash.size() / 3) {
    return ReplyFewDistinct(hash, reply, count, with_values);
  }
  uint64_t left = hash.size();
  if (hash.may_have_expired()) left = LivePairs(hash).size();
  uint64_t wanted = std::min(count, left);
  ReplyPairCount(reply, wanted, with_values);
  hash.ForEach([&](const ListpackElement& field, const ListpackElement& value) {
    if (wanted == 0 || ThreadRandom().Below(left--) >= wanted) return;
    ReplyPair(reply, {field, value}, with_values);
    --wanted;
  });
}

// The fields of one call on a table; returns the next cursor.
uint64_t ScanTable(const HashView& hash, uint64_t cursor, const ScanOptions& options,
                   ExpiryMillis now, std::vector<Pair>& pairs) {
  uint64_t position = cursor << kCursorShift;
  uint64_t visited = 0;
  const uint64_t homes_max =
      options.count > std::numeric_limits<uint64_t>::max() / kHomesPerField
          ? options.count
          : options.count * kHomesPerField;
  for (uint64_t homes = 0; homes < homes_max && visited < options.count; ++homes) {
    position = hash.table().Scan(position, [&](const Field& field) {
      ++visited;
      if (!field.IsExpired(now) && options.Matches(field.name())) {
        pairs.push_back(PairOf(field));
      }
    });
    if (position == 0) break;
  }
  return position >> kCursorShift;
}

}  // namespace

// HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]
void Hscan(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto cursor = ParseScanCursor(args[2]);
  if (!cursor) return reply.Error(cursor.error());
  const auto hash = ReadHash(context, context.key(), reply);
  if (!hash) return;
  std::vector<Pair> pairs;
  uint64_t next = 0;
  ScanOptions options;
  if (!hash->is_absent()) {
    const auto parsed = ParseScanOptions(args, 3, ScanKind::kFields);
    if (!parsed) return reply.Error(parsed.error());
    options = *parsed;
    if (hash->is_table()) {
      next = ScanTable(*hash, *cursor, options, context.now(), pairs);
    } else {
      // A small hash comes in one call, whatever the cursor.
      hash->ForEach([&](const ListpackElement& field, const ListpackElement& value) {
        IntegerText room;
        if (options.Matches(field.ToText(room))) pairs.push_back({field, value});
      });
    }
  }
  char text[kUint64TextMax];
  reply.ArrayHeader(2);
  reply.Bulk({text, FormatUint64(text, next)});
  reply.ArrayHeader(options.omits_values ? pairs.size() : pairs.size() * 2);
  for (const Pair& pair : pairs) {
    ReplyElement(reply, pair.field);
    if (!options.omits_values) ReplyElement(reply, pair.value);
  }
}

// HRANDFIELD key [count [WITHVALUES]]
void Hrandfield(CommandContext& context, const Args& args, ReplyWriter& reply) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  if (args.size() == 2) {
    const auto hash = ReadHash(context, context.key(), reply);
    if (hash) ReplyOneRandom(*hash, reply);
    return;
  }
  const auto count = args.IntegerBetween(2, -kMax, kMax, kRandomCountOutOfRange);
  if (!count) {
    return reply.Error(IsCanonicalInt64(args[2]) ? count.error()
                                                 : ReplyError(kNotAnInteger));
  }
  const bool with_values = args.size() > 3;
  if (args.size() > 4 || (with_values && !args.Is(3, "WITHVALUES"))) {
    return reply.Error(kSyntaxError);
  }
  if (with_values && (*count < -kMax / 2 || *count > kMax / 2)) {
    return reply.Error(kOutOfRange);
  }
  const auto hash = ReadHash(context, context.key(), reply);
  if (!hash) return;
  if (*count == 0 || hash->size() == 0) return reply.EmptyArray();
  if (*count < 0) {
    return ReplyRepeated(context, *hash, reply, static_cast<uint64_t>(-*count),
                         with_values);
  }
  ReplyDistinct(*hash, reply, static_cast<uint64_t>(*count), with_values);
}

}  // namespace skarn::commands

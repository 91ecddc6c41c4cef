// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/rdb_hash.h"

#include <algorithm>
#include <string>
#include <vector>

#include "persistence/legacy_blobs.h"

namespace skarn {

namespace {

constexpr std::string_view kRepeatedField = "a hash has a field twice";
constexpr std::string_view kBrokenListpack = "a listpack is broken";
// Redis keeps field expiries in 48 bits.
constexpr uint64_t kRedisExpiryMax = (uint64_t{1} << 48) - 1;

class HashReader {
 public:
  HashReader(RdbReader& reader, RdbHashSink& sink) : reader_(reader), sink_(sink) {}

  size_t field_count() const { return field_count_; }

  // LEN n, (STR field, STR value) * n
  void ReadPlain() {
    const uint64_t count = BeginFields();
    for (uint64_t i = 0; i < count && reader_.ok(); ++i) {
      field_ = reader_.String();
      const Bytes value = reader_.String();
      Add(field_, value, kRdbNoExpiry);
    }
  }

  // Valkey: an i64 expiry behind each value.
  void ReadWithExpiry() {
    const uint64_t count = BeginFields();
    for (uint64_t i = 0; i < count && reader_.ok(); ++i) {
      field_ = reader_.String();
      value_ = reader_.String();
      const int64_t expires_at_ms = reader_.Little<int64_t>();
      if (expires_at_ms < kRdbNoExpiry) reader_.SetFailed("a field expiry is negative");
      Add(field_, value_, expires_at_ms);
    }
  }

  // Redis: a LEN in front of each field, 0 for no expiry, else less 1 and on top of
  // `base_ms`; the release candidates had neither the base nor the 1.
  void ReadWithMetadata(bool is_pre_ga) {
    const uint64_t base_ms = is_pre_ga ? 0 : reader_.Little<uint64_t>();
    const uint64_t count = BeginFields();
    for (uint64_t i = 0; i < count && reader_.ok(); ++i) {
      const uint64_t stored = reader_.Length();
      field_ = reader_.String();
      const Bytes value = reader_.String();
      const uint64_t expires_at_ms = is_pre_ga ? stored : base_ms + stored - 1;
      Add(field_, value, stored == 0 ? kRdbNoExpiry : RedisExpiry(expires_at_ms));
    }
  }

  void ReadListpack() {
    const uint64_t from = reader_.offset();
    const Bytes blob = reader_.String();
    if (!reader_.ok()) return;
    const ListpackHealth health = ExamineListpack(blob);
    if (health == ListpackHealth::kBroken)
      return reader_.SetFailedAt(from, kBrokenListpack);
    const ListpackView view(blob);
    const size_t count = view.count();
    if (count % 2 != 0) return reader_.SetFailedAt(from, "a field without a value");
    if (count > 0 && health == ListpackHealth::kMinimal && sink_.AddListpack(view)) {
      field_count_ = count / 2;
      return;
    }
    sink_.ExpectFields(count / 2);
    for (size_t p = view.first(); p != view.end() && reader_.ok(); p = view.Next(p)) {
      const ListpackElement field = view.At(p);
      p = view.Next(p);
      Add(field, view.At(p), kRdbNoExpiry);
    }
  }

  // A listpack of (field, value, expiry), 0 for none.
  void ReadListpackWithExpiry(bool is_pre_ga) {
    if (!is_pre_ga) reader_.Skip(sizeof(uint64_t));  // The smallest expiry: a hint.
    const uint64_t from = reader_.offset();
    const Bytes blob = reader_.String();
    if (!reader_.ok()) return;
    if (!ListpackIsValid(blob)) return reader_.SetFailedAt(from, kBrokenListpack);
    const ListpackView view(blob);
    const size_t count = view.count();
    if (count % 3 != 0)
      return reader_.SetFailedAt(from, "a field without value or expiry");
    sink_.ExpectFields(count / 3);
    for (size_t p = view.first(); p != view.end() && reader_.ok(); p = view.Next(p)) {
      const ListpackElement field = view.At(p);
      const ListpackElement value = view.At(p = view.Next(p));
      const auto expiry = view.At(p = view.Next(p)).ToInteger();
      if (!expiry) return reader_.SetFailedAt(from, "a field expiry is no integer");
      Add(field, value,
          *expiry == 0 ? kRdbNoExpiry : RedisExpiry(static_cast<uint64_t>(*expiry)));
    }
  }

  void ReadZiplist() {
    const uint64_t from = reader_.offset();
    const Bytes blob = reader_.String();
    if (!reader_.ok()) return;
    ZiplistCursor cursor(blob);
    while (reader_.ok()) {
      const auto field = cursor.Next();
      if (!field) break;
      const auto value = cursor.Next();
      if (!value)
        return reader_.SetFailedAt(from, "a ziplist is broken or ends with a field");
      Add(*field, *value, kRdbNoExpiry);
    }
    if (!cursor.is_valid()) reader_.SetFailedAt(from, "a ziplist is broken");
  }

  void ReadZipmap() {
    const uint64_t from = reader_.offset();
    const Bytes blob = reader_.String();
    if (!reader_.ok()) return;
    ZipmapCursor cursor(blob);
    while (reader_.ok()) {
      const auto pair = cursor.Next();
      if (!pair) break;
      Add(pair->field, pair->value, kRdbNoExpiry);
    }
    if (!cursor.is_valid()) reader_.SetFailedAt(from, "a zipmap is broken");
  }

 private:
  uint64_t BeginFields() {
    const uint64_t count = reader_.Length();
    if (reader_.ok()) sink_.ExpectFields(count);
    return count;
  }

  int64_t RedisExpiry(uint64_t expires_at_ms) {
    if (expires_at_ms > kRedisExpiryMax)
      reader_.SetFailed("a field expiry is out of range");
    return static_cast<int64_t>(expires_at_ms);
  }

  void Add(Bytes field, Bytes value, int64_t expires_at_ms) {
    if (!reader_.ok()) return;
    if (!sink_.AddField(field, value, expires_at_ms)) reader_.SetFailed(kRepeatedField);
    ++field_count_;
  }
  void Add(const ListpackElement& field, const ListpackElement& value,
           int64_t expires_at_ms) {
    IntegerText field_room;
    IntegerText value_room;
    Add(field.ToText(field_room), value.ToText(value_room), expires_at_ms);
  }

  RdbReader& reader_;
  RdbHashSink& sink_;
  size_t field_count_ = 0;
  std::string field_;  // A view would end with the next read.
  std::string value_;
};

}  // namespace

Result<size_t> ReadRdbHash(RdbReader& reader, uint8_t type, RdbHashSink& sink) {
  HashReader hash(reader, sink);
  const bool is_redis = reader.dialect() == RdbDialect::kRedis;
  switch (type) {
    case kRdbHash:
      hash.ReadPlain();
      break;
    case kRdbHashZipmap:
      hash.ReadZipmap();
      break;
    case kRdbHashZiplist:
      hash.ReadZiplist();
      break;
    case kRdbHashListpack:
      hash.ReadListpack();
      break;
    case kRdbHash2:
      if (is_redis) {
        hash.ReadWithMetadata(true);
      } else {
        hash.ReadWithExpiry();
      }
      break;
    case kRdbHashListpackExPreGa:
      hash.ReadListpackWithExpiry(true);
      break;
    case kRdbHashMetadata:
      hash.ReadWithMetadata(false);
      break;
    case kRdbHashListpackEx:
      hash.ReadListpackWithExpiry(false);
      break;
    default:
      reader.SetFailed("not a hash");
  }
  if (const auto status = reader.status(); !status)
    return std::unexpected(status.error());
  return hash.field_count();
}

bool ListpackHasRepeats(ListpackView view, size_t stride) {
  constexpr size_t kPairwiseMax = 128;
  const auto advance = [&](size_t p) {
    for (size_t i = 0; i < stride && p != view.end(); ++i) p = view.Next(p);
    return p;
  };
  if (view.count() / stride <= kPairwiseMax) {
    for (size_t p = view.first(); p != view.end();) {
      IntegerText room;
      const ListpackItem item(view.At(p).ToText(room));
      p = advance(p);
      if (view.Find(item, p, stride - 1) != view.end()) return true;
    }
    return false;
  }
  // The entries of a minimal listpack are equal as bytes when the elements are.
  std::vector<Bytes> entries;
  for (size_t p = view.first(); p != view.end(); p = advance(p)) {
    entries.push_back(view.bytes().substr(p, view.Next(p) - p));
  }
  std::sort(entries.begin(), entries.end());
  return std::adjacent_find(entries.begin(), entries.end()) != entries.end();
}

}  // namespace skarn

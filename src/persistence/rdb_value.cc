// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/rdb_value.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "persistence/rdb_hash.h"
#include "types/listpack.h"

namespace skarn {

namespace {

// Makes a hash of what a reader finds: a listpack while it fits the limits, else a table.
class HashMaker : public RdbHashSink {
 public:
  HashMaker(uint8_t type, const RdbValueLimits& limits) : limits_(limits) {
    // As stock servers do: field expiries always make a table; the sizes of fields and
    // values count only where the data has them apart.
    if (type == kRdbHash2) MakeTable();
    if (type != kRdbHash && type != kRdbHashZipmap) {
      limits_.hash_listpack_value_bytes = std::numeric_limits<uint64_t>::max();
    }
  }

  void ExpectFields(uint64_t field_count) override {
    if (field_count > limits_.hash_listpack_entries) MakeTable();
    // A lie would cost memory before the data proves it.
    if (table_ != nullptr) table_->Reserve(std::min(field_count, kReservedFieldsMax));
  }

  bool AddField(Bytes field, Bytes value, int64_t expires_at_ms) override {
    if (table_ == nullptr && !FitsListpack(field, value, expires_at_ms)) MoveToTable();
    if (table_ != nullptr) {
      if (table_->Find(field) != nullptr) return false;
      table_->Set(field, value, expires_at_ms);
      return true;
    }
    builder_.Append(ListpackItem(field));
    builder_.Append(ListpackItem(value));
    return true;
  }

  bool AddListpack(ListpackView pairs) override {
    if (table_ != nullptr || pairs.count() / 2 > limits_.hash_listpack_entries ||
        ListpackHasRepeats(pairs, 2)) {
      return false;
    }
    whole_ = pairs.bytes();
    return true;
  }

  // False when a field came twice.
  bool Finish(RdbValue* value) {
    if (is_repeated_) return false;
    value->type = ValueType::kHash;
    if (table_ != nullptr) {
      value->table = std::move(table_);
    } else if (!whole_.empty()) {
      value->bytes = std::move(whole_);
    } else {
      if (ListpackHasRepeats(ListpackView(builder_.Finish()), 2)) return false;
      value->bytes = std::move(listpack_);
    }
    return true;
  }

 private:
  static constexpr uint64_t kReservedFieldsMax = 1 << 16;
  static constexpr size_t kEntryHeadBytesMax = 10;  // Head and backlen of a text.

  bool FitsListpack(Bytes field, Bytes value, int64_t expires_at_ms) const {
    const size_t pair_bytes = field.size() + value.size() + 2 * kEntryHeadBytesMax;
    return expires_at_ms == kRdbNoExpiry &&
           builder_.count() / 2 < limits_.hash_listpack_entries &&
           field.size() <= limits_.hash_listpack_value_bytes &&
           value.size() <= limits_.hash_listpack_value_bytes &&
           builder_.size_bytes() + pair_bytes <= kListpackBytesMax;
  }

  void MakeTable() {
    if (table_ == nullptr) table_ = std::make_unique<HashTable>();
  }

  void MoveToTable() {
    const ListpackView pairs(builder_.Finish());
    MakeTable();
    for (size_t p = pairs.first(); p != pairs.end(); p = pairs.Next(p)) {
      IntegerText field_room;
      IntegerText value_room;
      const Bytes field = pairs.At(p).ToText(field_room);
      p = pairs.Next(p);
      is_repeated_ |= !table_->Set(field, pairs.At(p).ToText(value_room));
    }
  }

  RdbValueLimits limits_;
  std::string listpack_;
  ListpackBuilder builder_{listpack_};
  std::string whole_;
  std::unique_ptr<HashTable> table_;
  bool is_repeated_ = false;  // Found while moving to a table.
};

Result<RdbValue> ReadString(RdbReader& reader) {
  RdbValue value;
  value.bytes.resize(reader.BeginString());
  reader.EndString(value.bytes.data());
  if (const auto status = reader.status(); !status) {
    return std::unexpected(status.error());
  }
  return value;
}

}  // namespace

uint8_t RdbTypeOf(const Entry& entry) {
  if (entry.type() == ValueType::kString) return kRdbString;
  SKARN_DCHECK(entry.type() == ValueType::kHash);
  if (entry.encoding() != Encoding::kTable) return kRdbHashListpack;
  return entry.table()->expiry_count() != 0 ? kRdbHash2 : kRdbHash;
}

void WriteRdbValue(RdbWriter& writer, const Entry& entry) {
  const uint8_t type = RdbTypeOf(entry);
  if (type == kRdbString || type == kRdbHashListpack) {
    return writer.String(entry.value());
  }
  const HashTable& table = *entry.table();
  writer.Length(table.size());
  table.ForEach([&](const Field& field) {
    if (type == kRdbHash2) {
      writer.HashFieldWithExpiry(field.name(), field.value(), field.expiry());
    } else {
      writer.HashField(field.name(), field.value());
    }
  });
}

bool IsRdbValueKnown(uint8_t type, RdbDialect dialect) {
  return type == kRdbString || IsRdbHash(type, dialect);
}

Result<RdbValue> ReadRdbValue(RdbReader& reader, uint8_t type,
                              const RdbValueLimits& limits) {
  if (type == kRdbString) return ReadString(reader);
  HashMaker maker(type, limits);
  const Result<size_t> field_count = ReadRdbHash(reader, type, maker);
  if (!field_count) return std::unexpected(field_count.error());
  if (*field_count == 0) return Fail("an empty hash");
  RdbValue value;
  if (!maker.Finish(&value)) return Fail("a hash has a field twice");
  return value;
}

}  // namespace skarn

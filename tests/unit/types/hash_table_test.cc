// SPDX-License-Identifier: BSD-3-Clause
#include "types/hash_table.h"

#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"

namespace skarn {
namespace {

struct Value {
  std::string text;
  int64_t expiry = Field::kNoExpiry;

  bool operator==(const Value&) const = default;
};
using Fields = std::map<std::string, Value>;

Fields Contents(const HashTable& table) {
  Fields fields;
  table.ForEach([&](const Field& field) {
    const bool is_new =
        fields.emplace(field.name(), Value{std::string(field.value()), field.expiry()})
            .second;
    EXPECT_TRUE(is_new);
  });
  return fields;
}

Fields Contents(const TableCapture& capture) {
  Fields fields;
  for (const Segment* segment : capture.segments) {
    segment->ForEachSlot([&](const Bucket& bucket, unsigned slot) {
      const auto* field = static_cast<const Field*>(bucket.Block(slot));
      fields.emplace(field->name(), Value{std::string(field->value()), field->expiry()});
    });
  }
  return fields;
}

// A table beside what it should hold.
class Model {
 public:
  explicit Model(uint64_t seed, uint64_t name_count)
      : random_(seed), name_count_(name_count) {}

  void Step() {
    const std::string name = Name();
    switch (random_.Below(8)) {
      case 0:
      case 1:
      case 2:
        return Set(name, Text(), Field::kNoExpiry);
      case 3:
        return Set(name, Text(), Expiry());
      case 4:
        return SetExpiry(name, random_.Below(3) == 0 ? Field::kNoExpiry : Expiry());
      case 5:
        return Find(name);
      default:
        return Erase(name);
    }
  }

  void Check() const {
    ASSERT_EQ(table.size(), fields.size());
    ASSERT_EQ(Contents(table), fields);
    size_t expiry_count = 0, field_bytes = 0;
    int64_t first = kNeverDue;
    for (const auto& [name, value] : fields) {
      if (value.expiry == Field::kNoExpiry) continue;
      ++expiry_count;
      first = std::min(first, value.expiry);
    }
    table.ForEach(
        [&](const Field& field) { field_bytes += memory::BlockSize(field.SizeBytes()); });
    ASSERT_EQ(table.expiry_count(), expiry_count);
    ASSERT_LE(table.next_expiry(), first);
    ASSERT_GE(table.SizeBytes(), field_bytes + sizeof(HashTable));
  }

  void EraseExpired(int64_t now, size_t limit) {
    size_t due = 0;
    for (const auto& [name, value] : fields) {
      due += value.expiry != Field::kNoExpiry && value.expiry < now;
    }
    uint64_t position = 0;
    const size_t erased =
        table.EraseExpired(now, limit, &position, [&](const Field& field) {
          ASSERT_TRUE(field.IsExpired(now));
          fields.erase(std::string(field.name()));
        });
    ASSERT_EQ(erased, std::min(due, limit));
    if (due > limit) {
      ASSERT_LT(table.next_expiry(), now);
    } else {
      ASSERT_GE(table.next_expiry(), now);
    }
  }

  HashTable table;
  Fields fields;

 private:
  std::string Name() {
    std::string name = "field" + std::to_string(random_.Below(name_count_));
    if (name.back() == '7') name.append(300, '-');
    return name;
  }
  std::string Text() {
    constexpr size_t kSizes[] = {0, 3, 3, 3, 20, 255, 256, 5000};
    return std::string(kSizes[random_.Below(std::size(kSizes))],
                       static_cast<char>('a' + random_.Below(26)));
  }
  int64_t Expiry() { return 1000 + static_cast<int64_t>(random_.Below(1000)); }

  void Set(const std::string& name, const std::string& text, int64_t expiry) {
    const auto old = fields.find(name);
    const auto result = table.Set(name, HashField(name), text, expiry);
    ASSERT_EQ(result.is_new, old == fields.end());
    if (old != fields.end()) {
      ASSERT_EQ(result.old_expiry, old->second.expiry);
    }
    fields[name] = {text, expiry};
  }
  void SetExpiry(const std::string& name, int64_t expiry) {
    ASSERT_EQ(table.SetExpiry(name, HashField(name), expiry), fields.contains(name));
    if (fields.contains(name)) fields[name].expiry = expiry;
  }
  void Find(const std::string& name) {
    const Field* field = table.Find(name);
    ASSERT_EQ(field != nullptr, fields.contains(name));
    if (field == nullptr) return;
    ASSERT_EQ(field->name(), name);
    ASSERT_EQ(field->value(), fields[name].text);
  }
  void Erase(const std::string& name) {
    ASSERT_EQ(table.Erase(name), fields.erase(name) == 1);
  }

  Random random_;
  uint64_t name_count_;
};

TEST(HashTableTest, AgreesWithAModel) {
  for (const uint64_t name_count : {5, 100, 3000}) {
    Model model(name_count, name_count);
    for (uint64_t i = 0; i < 20 * name_count + 2000; ++i) {
      ASSERT_NO_FATAL_FAILURE(model.Step());
      if (i % (name_count + 50) == 0) {
        ASSERT_NO_FATAL_FAILURE(model.Check());
      }
    }
    ASSERT_NO_FATAL_FAILURE(model.Check());
  }
}

TEST(HashTableTest, ErasesExpiredFieldsUpToALimit) {
  for (const uint64_t name_count : {10, 5000}) {
    Model model(name_count + 1, name_count);
    for (int64_t now = 1000; now <= 2100; now += 100) {
      for (uint64_t i = 0; i < name_count; ++i) ASSERT_NO_FATAL_FAILURE(model.Step());
      for (size_t limit : {size_t{3}, size_t{100}, ~size_t{0}}) {
        ASSERT_NO_FATAL_FAILURE(model.EraseExpired(now, limit));
        ASSERT_NO_FATAL_FAILURE(model.Check());
      }
    }
  }
}

TEST(HashTableTest, StepsThroughExpiredFieldsAreOneWalk) {
  constexpr size_t kCount = 50000;
  HashTable table;
  for (size_t i = 0; i < kCount; ++i) table.Set("field" + std::to_string(i), "1", 100);
  table.Set("kept", "1", 300);
  uint64_t position = 0;
  size_t erased = 0, walks = 0;
  while (table.next_expiry() < 101) {
    const uint64_t last = position;
    erased += table.EraseExpired(101, 80, &position, [](const Field&) {});
    walks += position < last;
    if (erased == 800) table.Set("late", "1", 50);  // Perhaps behind the walk.
  }
  EXPECT_LE(walks, 2u);
  EXPECT_EQ(erased, kCount + 1);
  EXPECT_EQ(table.next_expiry(), 300);
  EXPECT_EQ(table.size(), 1u);
}

TEST(HashTableTest, NextExpiryComesBackAfterTheFirstIsGone) {
  HashTable table;
  table.Set("a", "1", 100);
  table.Set("b", "1", 300);
  table.Set("c", "1");
  EXPECT_EQ(table.next_expiry(), 100);
  uint64_t position = 0;
  EXPECT_EQ(table.EraseExpired(100, 10, &position, [](const Field&) {}), 0u);
  EXPECT_EQ(table.EraseExpired(101, 10, &position, [](const Field&) {}), 1u);
  EXPECT_EQ(table.next_expiry(), 300);
  table.SetExpiry("b", HashField("b"), Field::kNoExpiry);
  EXPECT_EQ(table.expiry_count(), 0u);
  EXPECT_EQ(table.next_expiry(), kNeverDue);
}

TEST(HashTableTest, SetTakesAValueThatLiesInTheField) {
  HashTable table;
  table.Set("name", "value");
  const Field* field = table.Find("name");
  table.Set("name", HashField("name"), field->value(), 500);
  EXPECT_EQ(table.Find("name")->value(), "value");
  EXPECT_EQ(table.Find("name")->expiry(), 500);
  table.Set("name", HashField("name"), table.Find("name")->value().substr(1), 600);
  EXPECT_EQ(table.Find("name")->value(), "alue");
}

TEST(HashTableTest, KeepsNegativeAndHugeExpiries) {
  HashTable table;
  table.Set("a", "1", std::numeric_limits<int64_t>::max());
  table.Set("b", "1", 0);
  EXPECT_EQ(table.Find("a")->expiry(), std::numeric_limits<int64_t>::max());
  EXPECT_TRUE(table.Find("b")->IsExpired(1));
  EXPECT_FALSE(table.Find("b")->IsExpired(0));
}

// What a capture shows never changes, whatever writers do, and it is freed with all that
// was dropped meanwhile (the address sanitizer watches).
TEST(HashTableTest, ACaptureIsFrozen) {
  for (const uint64_t name_count : {3, 60, 4000}) {
    Model model(name_count + 2, name_count);
    for (uint64_t i = 0; i < name_count * 2; ++i) ASSERT_NO_FATAL_FAILURE(model.Step());
    for (int round = 0; round < 5; ++round) {
      const Fields before = model.fields;
      auto capture = std::make_unique<TableCapture>(model.table);
      ASSERT_EQ(capture->field_count, before.size());
      for (uint64_t i = 0; i < name_count * 3; ++i) {
        ASSERT_NO_FATAL_FAILURE(model.Step());
        if (i % (name_count + 1) == 0) {
          ASSERT_EQ(Contents(*capture), before);
          ASSERT_NO_FATAL_FAILURE(model.Check());
        }
      }
      ASSERT_NO_FATAL_FAILURE(model.EraseExpired(1300, ~size_t{0}));
      ASSERT_EQ(Contents(*capture), before);
      model.table.EndCapture();
      capture.reset();
      ASSERT_NO_FATAL_FAILURE(model.Check());
      for (uint64_t i = 0; i < name_count; ++i) ASSERT_NO_FATAL_FAILURE(model.Step());
    }
  }
}

TEST(HashTableTest, ACaptureSurvivesTheErasureOfAllFields) {
  HashTable table;
  Fields before;
  for (int i = 0; i < 5000; ++i) table.Set("f" + std::to_string(i), "v");
  before = Contents(table);
  auto capture = std::make_unique<TableCapture>(table);
  for (const auto& [name, value] : before) ASSERT_TRUE(table.Erase(name));
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(Contents(*capture), before);
  table.EndCapture();
}

TEST(HashTableTest, CompactingKeepsEverything) {
  Model model(9, 2000);
  for (int i = 0; i < 8000; ++i) ASSERT_NO_FATAL_FAILURE(model.Step());
  memory::MarkSparseSlabs(100);
  uint64_t position = 0, moved_count = 0;
  do {
    position = model.table.Compact(position, &moved_count);
  } while (position != 0);
  memory::ClearSparseSlabs();
  ASSERT_NO_FATAL_FAILURE(model.Check());
  for (int i = 0; i < 8000; ++i) ASSERT_NO_FATAL_FAILURE(model.Step());
  ASSERT_NO_FATAL_FAILURE(model.Check());
}

TEST(HashTableTest, ScanVisitsEveryField) {
  HashTable table;
  for (int i = 0; i < 3000; ++i) table.Set("f" + std::to_string(i), "v");
  size_t seen = 0;
  uint64_t position = 0;
  do {
    position = table.Scan(position, [&](const Field&) { ++seen; });
  } while (position != 0);
  EXPECT_EQ(seen, 3000u);
}

}  // namespace
}  // namespace skarn

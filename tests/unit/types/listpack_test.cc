// SPDX-License-Identifier: BSD-3-Clause

#include "types/listpack.h"

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace skarn {
namespace {

constexpr uint32_t kSeed = 20240607;

std::string Hex(Bytes bytes) {
  std::string hex;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[static_cast<uint8_t>(c) >> 4];
    hex += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return hex;
}

std::string FromHex(Bytes hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

std::string Build(const std::vector<std::string>& texts) {
  std::string out;
  ListpackBuilder builder(out);
  for (const std::string& text : texts) builder.Append(Bytes(text));
  EXPECT_EQ(builder.count(), texts.size());
  const size_t size_bytes = builder.size_bytes();
  EXPECT_EQ(builder.Finish().size(), size_bytes);
  return out;
}

std::vector<std::string> Texts(ListpackView view) {
  std::vector<std::string> texts;
  view.ForEach(
      [&](const ListpackElement& element) { texts.push_back(element.ToString()); });
  return texts;
}

// Texts at every border of the format: each integer form, each text form, each backlen
// width.
std::vector<std::string> BorderTexts() {
  std::vector<std::string> texts = {"", "a", "-", "007", "+5", "-0", " 1", "1.5", "1e3"};
  for (const int bits : {0, 7, 12, 13, 15, 16, 23, 24, 31, 32, 62}) {
    for (const int64_t delta : {-1, 0, 1}) {
      texts.push_back(std::to_string((int64_t{1} << bits) + delta));
      texts.push_back(std::to_string(-(int64_t{1} << bits) + delta));
    }
  }
  texts.push_back("9223372036854775807");
  texts.push_back("9223372036854775808");
  texts.push_back("-9223372036854775808");
  texts.push_back("-9223372036854775809");
  texts.push_back("18446744073709551616");
  for (const size_t size : {2,    3,    4,     5,     6,     7,     8,       15,     16,
                            17,   62,   63,    64,    124,   125,   126,     127,    128,
                            4095, 4096, 16377, 16378, 16379, 16380, 2097145, 2097146}) {
    texts.push_back(std::string(size, 'x'));
  }
  return texts;
}

TEST(ListpackTest, WritesTheBytesOfTheFormat) {
  EXPECT_EQ(Hex(Build({})), "070000000000ff");
  EXPECT_EQ(Hex(Build({"a", "b", "c"})), "100000000300816102816202816302ff");
  EXPECT_EQ(Hex(Build({"100", "128", "-1", ""})).substr(12), "6401c08002dfff028001ff");
  EXPECT_EQ(Hex(Build({"f1", "v1", "f2", "2", "f3", ""})),
            "1b00000006008266310382763103826632030201826633038001ff");
}

TEST(ListpackTest, EncodesIntegersInTheSmallestForm) {
  const auto entry = [](Bytes text) {
    return Hex(Build({std::string(text)})).substr(12);
  };
  EXPECT_EQ(entry("127"), "7f01ff");
  EXPECT_EQ(entry("4095"), "cfff02ff");
  EXPECT_EQ(entry("-4096"), "d00002ff");
  EXPECT_EQ(entry("4096"), "f1001003ff");
  EXPECT_EQ(entry("-32768"), "f1008003ff");
  EXPECT_EQ(entry("32768"), "f200800004ff");
  EXPECT_EQ(entry("-8388608"), "f200008004ff");
  EXPECT_EQ(entry("8388608"), "f30000800005ff");
  EXPECT_EQ(entry("2147483648"), "f4000000800000000009ff");
  EXPECT_EQ(entry("-9223372036854775808"), "f4000000000000008009ff");
}

TEST(ListpackTest, WidensTheBacklenOneByteEarly) {
  const auto tail = [](size_t text_bytes) {
    const std::string hex = Hex(Build({std::string(text_bytes, 'x')}));
    return hex.substr(hex.size() - 12);
  };
  EXPECT_EQ(tail(125), "787878787fff");    // 127 bytes
  EXPECT_EQ(tail(126), "7878780180ff");    // 128
  EXPECT_EQ(tail(16377), "7878787ffeff");  // 16382
  EXPECT_EQ(tail(16378), "787800ffffff");  // 16383
}

TEST(ListpackTest, ReadsBackEveryForm) {
  const std::vector<std::string> texts = BorderTexts();
  const std::string bytes = Build(texts);
  const ListpackView view(bytes);
  EXPECT_EQ(view.size_bytes(), bytes.size());
  EXPECT_EQ(view.count(), texts.size());
  EXPECT_EQ(Texts(view), texts);
  EXPECT_EQ(ExamineListpack(bytes), ListpackHealth::kMinimal);

  size_t position = view.first();
  for (size_t i = 0; i < texts.size(); ++i, position = view.Next(position)) {
    SCOPED_TRACE(texts[i].substr(0, 40));
    EXPECT_EQ(view.Seek(i), position);
    EXPECT_TRUE(view.At(position) == Bytes(texts[i]));
    EXPECT_EQ(view.At(position).TextBytes(), texts[i].size());
    int64_t integer = 0;
    const bool is_integer = ParseInt64(texts[i], &integer);
    EXPECT_EQ(view.At(position).ToInteger().has_value(), is_integer);
    if (is_integer) {
      EXPECT_EQ(*view.At(position).ToInteger(), integer);
    }
    EXPECT_TRUE(view.Equals(position, Bytes(texts[i])));
    EXPECT_FALSE(view.Equals(position, Bytes("zz")));
    EXPECT_EQ(view.Previous(view.Next(position)), position);
  }
  EXPECT_EQ(position, view.end());
  EXPECT_EQ(view.Seek(texts.size()), view.end());
}

TEST(ListpackTest, FindsEveryFormAndNothingElse) {
  const std::vector<std::string> texts = BorderTexts();
  const std::string bytes = Build(texts);
  const ListpackView view(bytes);
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto first = std::find(texts.begin(), texts.end(), texts[i]) - texts.begin();
    EXPECT_EQ(view.Find(Bytes(texts[i])), view.Seek(first)) << texts[i].substr(0, 40);
    std::string other = texts[i];
    if (other.size() < 2) continue;
    for (const size_t at : {size_t{0}, other.size() / 2, other.size() - 1}) {
      other[at] = '~';
      EXPECT_EQ(view.Find(Bytes(other)), view.end()) << other.substr(0, 40);
      other = texts[i];
    }
  }
}

TEST(ListpackTest, FindSkipsValues) {
  const std::string bytes = Build({"a", "b", "b", "c", "c", "7", "7", "a"});
  const ListpackView view(bytes);
  EXPECT_EQ(view.Find(Bytes("b"), view.first(), 1), view.Seek(2));
  EXPECT_EQ(view.Find(Bytes("7"), view.first(), 1), view.Seek(6));
  EXPECT_EQ(view.FindValue(Bytes("7")), view.Seek(7));
  EXPECT_EQ(view.FindValue(Bytes("d")), view.end());
  EXPECT_EQ(view.Find(Bytes("a"), view.Next(view.first())), view.Seek(7));
}

TEST(ListpackTest, CountsPastTheLimitOfTheHeader) {
  std::string bytes = Build(std::vector<std::string>(65534, "x"));
  const size_t capacity_bytes = bytes.size() + 64;
  bytes.resize(capacity_bytes);
  ListpackEditor editor(reinterpret_cast<uint8_t*>(bytes.data()), capacity_bytes);
  EXPECT_EQ(Hex(Bytes(bytes).substr(4, 2)), "feff");
  editor.AppendPair(Bytes("y"), Bytes("z"));
  EXPECT_EQ(Hex(Bytes(bytes).substr(4, 2)), "ffff");
  EXPECT_EQ(editor.view().count(), 65536u);
  EXPECT_TRUE(editor.view().At(editor.view().Seek(65535)) == Bytes("z"));
  editor.Erase(editor.view().first(), 3);
  EXPECT_EQ(editor.view().count(), 65533u);
  EXPECT_TRUE(ListpackIsValid(editor.view().bytes()));
}

// A text of a kind that hashes hold, now and then a long one.
std::string RandomText(std::mt19937& random) {
  switch (random() % 8) {
    case 0:
      return std::to_string(random() % 200);
    case 1:
      return std::to_string(static_cast<int32_t>(random()));
    case 2:
      return std::to_string(static_cast<int64_t>(random()) << 31);
    case 3:
      return "field:" + std::to_string(random() % 50);
    case 4:
      return std::string(random() % 140, static_cast<char>(random()));
    case 5:
      return std::string(random() % 5000, 'q');
    default: {
      std::string text(random() % 12, ' ');
      for (char& c : text) c = static_cast<char>('a' + random() % 3);
      return text;
    }
  }
}

// An edit of both: the listpack, inside exactly the size that the plan told, and the
// model.
void EditAtRandom(std::mt19937& random, std::string& bytes,
                  std::vector<std::string>& model) {
  const size_t index = random() % (model.size() + 1);
  const ListpackView view(bytes);
  const size_t position = view.Seek(index);
  const auto editor = [&](size_t new_bytes) {
    bytes.resize(std::max(bytes.size(), new_bytes));
    return ListpackEditor(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size());
  };
  const std::string text = RandomText(random);
  const ListpackItem item{Bytes(text)};
  const bool shrink = model.size() > 60 || random() % 3 == 0;
  if (index == model.size() || (!shrink && random() % 2 == 0)) {
    const size_t new_bytes = view.SizeWithInserted(item);
    editor(new_bytes).Insert(position, item);
    bytes.resize(new_bytes);
    model.insert(model.begin() + index, text);
  } else if (shrink) {
    const size_t erase_count = std::min<size_t>(1 + random() % 2, model.size() - index);
    const size_t new_bytes = view.SizeWithErased(position, erase_count);
    editor(new_bytes).Erase(position, erase_count);
    bytes.resize(new_bytes);
    model.erase(model.begin() + index, model.begin() + index + erase_count);
  } else {
    const size_t new_bytes = view.SizeWithReplaced(position, item);
    editor(new_bytes).Replace(position, item);
    bytes.resize(new_bytes);
    model[index] = text;
  }
}

TEST(ListpackTest, EditsAgreeWithAModel) {
  std::mt19937 random(kSeed);
  std::string bytes(kListpackEmptyBytes, '\0');
  ListpackEditor(reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()).Clear();
  std::vector<std::string> model;
  for (int step = 0; step < 20000; ++step) {
    EditAtRandom(random, bytes, model);
    ASSERT_EQ(bytes, Build(model)) << "step " << step;
    if (step % 16 != 0) continue;
    const ListpackView view(bytes);
    const std::string wanted = RandomText(random);
    for (const size_t skip : {0, 1, 2}) {
      size_t index = 0;
      while (index < model.size() && model[index] != wanted) index += 1 + skip;
      ASSERT_EQ(view.Find(Bytes(wanted), view.first(), skip), view.Seek(index))
          << "step " << step;
    }
    ASSERT_EQ(ExamineListpack(bytes), ListpackHealth::kMinimal);
  }
}

TEST(ListpackTest, ExaminationTellsBrokenFromNotMinimal) {
  const auto health = [](Bytes hex) { return ExamineListpack(FromHex(hex)); };
  EXPECT_EQ(health("070000000000ff"), ListpackHealth::kMinimal);
  EXPECT_EQ(health("0a00000001008161"
                   "02ff"),
            ListpackHealth::kMinimal);
  EXPECT_EQ(health("0a000000ffff816102ff"), ListpackHealth::kMinimal);
  EXPECT_EQ(health("0a0000000100813102ff"), ListpackHealth::kNotMinimal);  // "1" as text
  EXPECT_EQ(health("0b0000000100e0016103ff"),
            ListpackHealth::kNotMinimal);  // 12-bit length
  EXPECT_EQ(health("0a0000000100c00102ff"), ListpackHealth::kNotMinimal);  // 1 in 13 bits

  EXPECT_EQ(health(""), ListpackHealth::kBroken);
  EXPECT_EQ(health("0600000000ff"), ListpackHealth::kBroken);
  EXPECT_EQ(health("080000000000ff"), ListpackHealth::kBroken);
  EXPECT_EQ(health("07000000000000"), ListpackHealth::kBroken);
  EXPECT_EQ(health("070000000100ff"), ListpackHealth::kBroken);
  EXPECT_EQ(health("0a0000000200816102ff"), ListpackHealth::kBroken);
  EXPECT_EQ(health("0a0000000100816103ff"), ListpackHealth::kBroken);
  EXPECT_EQ(health("0a0000000100826102ff"), ListpackHealth::kBroken);
  EXPECT_EQ(health("0a0000000100f56102ff"), ListpackHealth::kBroken);
  EXPECT_EQ(health("0a0000000100ff6102ff"), ListpackHealth::kBroken);
  EXPECT_EQ(health("0c0000000100f0ffffffffff"), ListpackHealth::kBroken);
}

TEST(ListpackTest, ExaminationSurvivesEveryByteFlip) {
  const std::string good =
      Build({"f1", "v1", std::string(70, 'y'), "-5", "1000000", "70000000000"});
  for (size_t i = 0; i < good.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      // Ends at the end of its allocation, where the address sanitizer watches.
      std::vector<char> bytes(good.begin(), good.end());
      bytes[i] = static_cast<char>(value);
      const Bytes view(bytes.data(), bytes.size());
      if (ExamineListpack(view) != ListpackHealth::kBroken) Texts(ListpackView(view));
    }
    EXPECT_EQ(ExamineListpack(Bytes(good).substr(0, i)), ListpackHealth::kBroken);
  }
}

TEST(ListpackTest, ShallowValidationLooksAtTheHeader) {
  EXPECT_TRUE(ListpackIsValid(FromHex("0a0000000200816102ff"), false));
  EXPECT_FALSE(ListpackIsValid(FromHex("0b0000000200816102ff"), false));
}

TEST(ListpackTest, AnAbsurdlyLongTextIsFoundNowhere) {
  const std::string bytes = Build({"a"});
  // Only its size is looked at.
  const ListpackItem item(Bytes(bytes.data(), kListpackBytesMax + 1));
  EXPECT_EQ(ListpackView(bytes).Find(item), ListpackView(bytes).end());
}

}  // namespace
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// What every row of the command table must keep, whatever the command.
#include <bit>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "command/table.h"
#include "commands/families.h"
#include "server/admin.h"

namespace skarn {
namespace {

// Every row with its subcommands.
std::vector<const CommandSpec*> AllRows() {
  std::vector<const CommandSpec*> rows;
  const auto add = [&rows](std::span<const CommandSpec> specs) {
    for (const CommandSpec& spec : specs) {
      rows.push_back(&spec);
      for (const CommandSpec& subcommand : spec.subcommands) rows.push_back(&subcommand);
    }
  };
  for (const auto family : AllFamilies()) add(family);
  add(ServerCommands());
  return rows;
}

// How many words an argument takes at least and at most; "any number" is `kMany`.
struct WordCount {
  static constexpr int kMany = 1 << 20;
  int min = 0, max = 0;
};

WordCount CountWords(std::span<const Argument> arguments);

WordCount CountWords(const Argument& argument) {
  WordCount count = {1, 1};
  if (argument.type == ArgumentType::kBlock) {
    count = CountWords(argument.arguments);
  } else if (argument.type == ArgumentType::kOneOf) {
    count = {WordCount::kMany, 0};
    for (const Argument& choice : argument.arguments) {
      const WordCount words = CountWords(choice);
      count.min = std::min(count.min, words.min);
      count.max = std::max(count.max, words.max);
    }
  }
  const bool has_value = argument.type != ArgumentType::kPureToken;
  if (has_value && !argument.token.empty()) ++count.min, ++count.max;
  if ((argument.flags & Argument::kMultiple) != 0) count.max = WordCount::kMany;
  if ((argument.flags & Argument::kOptional) != 0) count.min = 0;
  return count;
}

WordCount CountWords(std::span<const Argument> arguments) {
  WordCount sum;
  for (const Argument& argument : arguments) {
    const WordCount count = CountWords(argument);
    sum.min += count.min;
    sum.max = std::min(WordCount::kMany, sum.max + count.max);
  }
  return sum;
}

class CommandRowsTest : public testing::Test {
 protected:
  const std::vector<const CommandSpec*> rows_ = AllRows();
};

TEST_F(CommandRowsTest, NamesAreUniqueAndInLowerCase) {
  std::set<std::string_view> names;
  for (const CommandSpec* row : rows_) {
    EXPECT_TRUE(names.insert(row->name).second) << row->name;
    EXPECT_EQ(ToLower(row->name), row->name);
    EXPECT_FALSE(row->name.empty());
    for (const CommandSpec& subcommand : row->subcommands) {
      EXPECT_TRUE(subcommand.name.starts_with(std::string(row->name) + "|"))
          << subcommand.name;
      EXPECT_TRUE(subcommand.subcommands.empty()) << subcommand.name;
    }
  }
}

TEST_F(CommandRowsTest, AllButContainersHaveAHandler) {
  for (const CommandSpec* row : rows_) {
    EXPECT_TRUE(row->handler != nullptr || !row->subcommands.empty()) << row->name;
  }
}

TEST_F(CommandRowsTest, AreDocumented) {
  for (const CommandSpec* row : rows_) {
    EXPECT_TRUE(row->summary.ends_with('.')) << row->name;
    EXPECT_FALSE(row->group.empty()) << row->name;
    EXPECT_FALSE(row->since.empty()) << row->name;
  }
}

// The arity says how many words a request has at least; the arguments must allow that.
// Some commands document another form than the shortest one they take, so only the exact
// ones count.
TEST_F(CommandRowsTest, ArityFitsTheArguments) {
  for (const CommandSpec* row : rows_) {
    ASSERT_NE(row->arity, 0) << row->name;
    const int name_words = row->name.find('|') == std::string_view::npos ? 1 : 2;
    EXPECT_GE(std::abs(row->arity), name_words) << row->name;
    const WordCount words = CountWords(row->arguments);
    if (row->arity > 0) {
      EXPECT_LE(words.min + name_words, row->arity) << row->name;
      EXPECT_GE(words.max + name_words, row->arity) << row->name;
    } else if (row->subcommands.empty() && !row->arguments.empty()) {
      EXPECT_GE(words.max + name_words, -row->arity) << row->name;
    }
  }
}

TEST_F(CommandRowsTest, CommandsWithKeysEitherReadOrWrite) {
  for (const CommandSpec* row : rows_) {
    const bool writes = row->Has(CommandFlag::kWrite);
    const bool reads = row->Has(CommandFlag::kReadOnly);
    EXPECT_FALSE(writes && reads) << row->name;
    if (row->Has(CommandFlag::kDenyOom)) {
      EXPECT_TRUE(writes) << row->name;
    }
    // WATCH has keys, but does nothing to them.
    if (!row->key_specs.empty() && row->name != "watch") {
      EXPECT_TRUE(writes || reads) << row->name;
    }
  }
}

TEST_F(CommandRowsTest, AclCategoriesFollowTheFlags) {
  for (const CommandSpec* row : rows_) {
    const auto has = [row](Acl acl) {
      return (row->acl & static_cast<uint32_t>(acl)) != 0;
    };
    EXPECT_NE(has(Acl::kFast), has(Acl::kSlow)) << row->name;
    EXPECT_EQ(has(Acl::kFast), row->Has(CommandFlag::kFast)) << row->name;
    if (row->Has(CommandFlag::kAdmin)) {
      EXPECT_TRUE(has(Acl::kAdmin) && has(Acl::kDangerous)) << row->name;
    }
    EXPECT_EQ(has(Acl::kBlocking), row->Has(CommandFlag::kBlocking)) << row->name;
    if (has(Acl::kWrite)) {
      EXPECT_TRUE(row->Has(CommandFlag::kWrite)) << row->name;
    }
    if (has(Acl::kRead)) {
      EXPECT_TRUE(row->Has(CommandFlag::kReadOnly)) << row->name;
    }
  }
}

TEST_F(CommandRowsTest, KeySpecsAreInRange) {
  constexpr uint32_t kUses = KeySpec::kRO | KeySpec::kRW | KeySpec::kOW | KeySpec::kRM;
  for (const CommandSpec* row : rows_) {
    for (const KeySpec& keys : row->key_specs) {
      EXPECT_EQ(std::popcount(keys.flags & kUses), 1) << row->name;
      EXPECT_GE(keys.step, 1) << row->name;
      if (keys.begin != KeySpec::Begin::kIndex) continue;
      EXPECT_GE(keys.index, 1) << row->name;
      EXPECT_LT(keys.index, std::abs(row->arity)) << row->name;
      if (keys.find == KeySpec::Find::kRange && keys.last_key >= 0) {
        EXPECT_LT(keys.index + keys.last_key, std::abs(row->arity)) << row->name;
      }
    }
  }
}

// The numbers of key specs in the arguments name specs that exist.
void ExpectKeySpecsExist(const CommandSpec& row, std::span<const Argument> arguments) {
  for (const Argument& argument : arguments) {
    EXPECT_LT(argument.key_spec_index, static_cast<int>(row.key_specs.size()))
        << row.name << ' ' << argument.name;
    if (argument.type == ArgumentType::kKey) {
      EXPECT_GE(argument.key_spec_index, 0) << row.name << ' ' << argument.name;
    }
    const bool nests =
        argument.type == ArgumentType::kOneOf || argument.type == ArgumentType::kBlock;
    EXPECT_EQ(nests, !argument.arguments.empty()) << row.name << ' ' << argument.name;
    ExpectKeySpecsExist(row, argument.arguments);
  }
}

TEST_F(CommandRowsTest, ArgumentsNameExistingKeySpecs) {
  for (const CommandSpec* row : rows_) ExpectKeySpecsExist(*row, row->arguments);
}

TEST_F(CommandRowsTest, MovableKeysAreThoseThatThreeNumbersCannotTell) {
  CommandTable table;
  for (const auto family : AllFamilies()) table.Add(family);
  table.Add(ServerCommands());
  EXPECT_EQ(table.size(), rows_.size());
  for (const CommandSpec* row : rows_) {
    const Command* command = table.FindFullName(row->name);
    ASSERT_NE(command, nullptr) << row->name;
    EXPECT_EQ(command->spec, row);
    EXPECT_EQ(command->has_simple_keys, !row->Has(CommandFlag::kMovableKeys))
        << row->name;
  }
}

}  // namespace
}  // namespace skarn

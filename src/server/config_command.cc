// SPDX-License-Identifier: BSD-3-Clause
#include "server/config_command.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/glob.h"

namespace skarn {
namespace {

std::unexpected<Error> FailSet(Bytes name, Bytes reason) {
  return Fail(fmt::format(
      "ERR CONFIG SET failed (possibly related to argument '{}') - {}", name, reason));
}

// One pair of a CONFIG SET.
struct Assignment {
  const ConfigDirective* row = nullptr;
  std::string name;  // The name or the alias, as the table spells it.
  Bytes value;
};

// Finds the directives and asks whether they may be set at all.
Result<std::vector<Assignment>> ReadAssignments(std::span<const Bytes> names_and_values,
                                                const SetConfigOptions& options) {
  std::vector<Assignment> assignments;
  std::unordered_set<std::string> seen;
  for (size_t i = 0; i + 1 < names_and_values.size(); i += 2) {
    const Bytes given_name = names_and_values[i];
    const ConfigDirective* const row = FindDirective(given_name);
    if (row == nullptr) {
      return Fail(fmt::format(
          "ERR Unknown option or number of arguments for CONFIG SET - '{}'",
          given_name.substr(0, given_name.find('\0'))));  // As a C string shows it.
    }
    std::string name = ToLower(given_name);
    if (row->Has(config_trait::kImmutable))
      return FailSet(name, "can't set immutable config");
    if (row->Has(config_trait::kProtected) && !options.may_change_protected) {
      return FailSet(name, "can't set protected config");
    }
    if (row->Has(config_trait::kDeniedWhileLoading) && options.is_loading) {
      return Fail("LOADING Valkey is loading the dataset in memory");
    }
    if (!seen.insert(name).second) return FailSet(given_name, "duplicate parameter");
    assignments.push_back(
        {.row = row, .name = std::move(name), .value = names_and_values[i + 1]});
  }
  return assignments;
}

}  // namespace

std::vector<ConfigPair> GetConfig(const Config& config, std::span<const Bytes> patterns) {
  std::vector<ConfigPair> pairs;
  std::unordered_set<std::string> seen;
  const auto add = [&](const ConfigDirective& row, Bytes name) {
    if (!seen.insert(ToLower(name)).second) return;
    pairs.push_back({.name = std::string(name), .value = config.Text(row.key)});
  };
  for (const Bytes pattern : patterns) {
    if (IsGlobLiteral(pattern)) {
      if (const ConfigDirective* row = FindDirective(pattern)) add(*row, pattern);
      continue;
    }
    for (const ConfigDirective& row : ConfigDirectives()) {
      if (row.Has(config_trait::kHidden)) continue;
      if (GlobMatch(pattern, row.name, true)) add(row, row.name);
      if (!row.alias.empty() && GlobMatch(pattern, row.alias, true)) add(row, row.alias);
    }
  }
  // As the reference answers, whatever the order of the patterns.
  std::ranges::sort(pairs, {}, &ConfigPair::name);
  return pairs;
}

void ConfigHooks::Add(std::vector<ConfigKey> keys, ConfigHook hook) {
  SKARN_CHECK(!keys.empty() && hook != nullptr);
  entries_.push_back({.keys = std::move(keys), .hook = std::move(hook)});
}

std::expected<void, ConfigHooks::Refusal> ConfigHooks::Apply(
    const Config& before, const Config& after, std::span<const ConfigKey> keys) const {
  std::vector<const Entry*> applied;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (before.Text(keys[i]) == after.Text(keys[i])) continue;
    for (const Entry& entry : entries_) {
      if (std::ranges::find(entry.keys, keys[i]) == entry.keys.end()) continue;
      if (std::ranges::find(applied, &entry) != applied.end()) continue;
      Result<> done = entry.hook(before, after);
      if (done) {
        applied.push_back(&entry);
        continue;
      }
      while (!applied.empty()) {
        // A hook which could put the old values in force before can do so again; if it
        // cannot, there is nobody left to tell.
        static_cast<void>(applied.back()->hook(after, before));
        applied.pop_back();
      }
      return std::unexpected(Refusal{i, std::move(done.error().text)});
    }
  }
  return {};
}

Result<> SetConfig(Config& config, std::span<const Bytes> names_and_values,
                   const ConfigHooks& hooks, SetConfigOptions options) {
  if (names_and_values.empty() || names_and_values.size() % 2 != 0)
    return Fail("ERR syntax error");
  const auto assignments = ReadAssignments(names_and_values, options);
  if (!assignments) return std::unexpected(assignments.error());

  Config changed = config;
  for (const Assignment& assignment : *assignments) {
    if (Result<> set = changed.Set(assignment.row->key, assignment.value); !set) {
      return FailSet(assignment.name, set.error().text);
    }
  }

  std::vector<ConfigKey> keys;
  for (const Assignment& assignment : *assignments) keys.push_back(assignment.row->key);
  const auto applied = hooks.Apply(config, changed, keys);
  if (!applied) {
    const auto& refused = applied.error();
    return FailSet((*assignments)[refused.index].name, refused.reason);
  }
  config = std::move(changed);
  return {};
}

Result<std::vector<Bytes>> ReplaceConfig(Config& config, Config fresh,
                                         const ConfigHooks& hooks) {
  std::vector<ConfigKey> keys;
  std::vector<Bytes> names;
  for (const ConfigDirective& row : ConfigDirectives()) {
    if (config.Text(row.key) == fresh.Text(row.key)) continue;
    keys.push_back(row.key);
    names.push_back(row.name);
  }
  const auto applied = hooks.Apply(config, fresh, keys);
  if (!applied) {
    const auto& refused = applied.error();
    return Fail(fmt::format("{}: {}", names[refused.index], refused.reason));
  }
  config = std::move(fresh);
  return names;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "server/config.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/numbers.h"
#include "server/config_values.h"

namespace skarn {
namespace {

constexpr int64_t kHzMin = 1;
constexpr int64_t kHzMax = 500;
constexpr int64_t kReplBacklogBytesMin = 16 * 1024;
constexpr size_t kBindAddressesMax = 16;

// Brings accepted numbers into the range in which they act, as the reference does.
int64_t Clamped(ConfigKey key, int64_t number, ConfigSource source) {
  if (key == ConfigKey::kHz) return std::clamp(number, kHzMin, kHzMax);
  if (key == ConfigKey::kReplBacklogSize && source == ConfigSource::kCommand)
    return std::max(number, kReplBacklogBytesMin);
  return number;
}

Result<> FailRefused(const ConfigDirective& row) {
  return Fail(std::string(row.reason));
}

}  // namespace

Config::Config(const std::string& directory) : texts_(kConfigKeyCount) {
  for (const ConfigDirective& row : ConfigDirectives()) {
    const std::string text(row.default_text);
    std::vector<std::string> words = {text};
    if (row.TakesManyWords()) words = SplitAtSpaces(text);
    if (row.kind == ConfigKind::kReplicaOf) continue;
    if (row.kind == ConfigKind::kString) {
      const bool is_path = row.check == ConfigCheck::kDirectory;
      const std::string& path = directory.empty() ? text : directory;
      texts_[Index(row.key)] = is_path ? AbsoluteConfigPath(path) : text;
      continue;
    }
    const Result<> set = Set(row.key, words, ConfigSource::kCommand);
    SKARN_CHECK(set.has_value());
  }
  given_.reset();
  origins_.fill(ValueOrigin::kDefault);
}

std::string_view ValueOriginName(ValueOrigin origin) {
  constexpr std::string_view kNames[] = {"default", "profile", "file", "command line",
                                         "CONFIG SET"};
  return kNames[static_cast<size_t>(origin)];
}

Result<> Config::Adopt(ConfigKey key, const std::string& text) {
  const bool was_given = given_[Index(key)];
  if (Result<> set = Set(key, text); !set) return set;
  given_[Index(key)] = was_given;
  resolved_[Index(key)] = true;
  origins_[Index(key)] = ValueOrigin::kProfile;
  return {};
}

const std::vector<std::string>& Config::Addresses(ConfigKey key) const {
  SKARN_DCHECK(DirectiveOf(key).kind == ConfigKind::kAddresses);
  return key == ConfigKey::kBind ? bind_ : rdma_bind_;
}

std::string Config::Text(ConfigKey key) const {
  const ConfigDirective& row = DirectiveOf(key);
  switch (row.kind) {
    case ConfigKind::kString:
    case ConfigKind::kReplicaOf:
      return texts_[Index(key)];
    case ConfigKind::kFlags:
      return FormatConfigFlags(row, Flags(key));
    case ConfigKind::kKeyspaceEvents:
      return FormatKeyspaceEvents(Flags(key));
    case ConfigKind::kAddresses:
      return fmt::format("{}", fmt::join(Addresses(key), " "));
    case ConfigKind::kOutputLimits:
      return FormatOutputLimits(output_limits_);
    case ConfigKind::kOomScores:
      return fmt::format("{}", fmt::join(oom_scores_, " "));
    case ConfigKind::kPercentiles:
      return FormatPercentiles(percentiles_);
    case ConfigKind::kSavePoints: {
      std::string text;
      for (const ConfigSavePoint& point : save_points_) {
        text +=
            fmt::format("{}{} {}", text.empty() ? "" : " ", point.seconds, point.changes);
      }
      return text;
    }
    default:
      return FormatConfigNumber(row, numbers_[Index(key)]);
  }
}

Result<> Config::Set(ConfigKey key, std::span<const std::string> words,
                     ConfigSource source) {
  const ConfigDirective& row = DirectiveOf(key);
  Result<> done;
  std::vector<std::string> split;
  if (row.TakesManyWords()) {
    // A single word may hold them all: save "900 1".
    if (words.size() == 1 && !words[0].empty() && row.kind != ConfigKind::kReplicaOf) {
      split = SplitAtSpaces(words[0]);
      words = split;
    }
    done = AssignWords(row, words, source);
  } else if (words.size() != 1) {
    return Fail("wrong number of arguments");
  } else if (row.kind == ConfigKind::kString) {
    done = AssignString(row, words[0], source);
  } else {
    done = AssignNumber(row, words[0], source);
  }
  if (!done) return done;
  given_[Index(key)] = true;
  resolved_[Index(key)] = false;
  origins_[Index(key)] =
      source == ConfigSource::kFile ? ValueOrigin::kFile : ValueOrigin::kConfigSet;
  return {};
}

Result<> Config::Set(ConfigKey key, Bytes text) {
  const ConfigDirective& row = DirectiveOf(key);
  std::vector<std::string> words = {std::string(text)};
  if (row.TakesManyWords()) words = SplitAtSpaces(text);
  return Set(key, words, ConfigSource::kCommand);
}

std::vector<std::string_view> Config::NotYetInUse() const {
  std::vector<std::string_view> names;
  for (const ConfigDirective& row : ConfigDirectives()) {
    if (row.Has(config_trait::kNotYet) && given_[Index(row.key)])
      names.push_back(row.name);
  }
  return names;
}

Result<> Config::AssignNumber(const ConfigDirective& row, Bytes word,
                              ConfigSource source) {
  if (row.kind == ConfigKind::kKeyspaceEvents) {
    const auto classes = ParseKeyspaceEvents(word);
    if (!classes) return std::unexpected(classes.error());
    numbers_[Index(row.key)] = *classes;
    return {};
  }
  const auto number = ParseConfigNumber(row, word);
  if (!number) return std::unexpected(number.error());
  if (row.Has(config_trait::kRefused) && *number != 0) return FailRefused(row);
  numbers_[Index(row.key)] = Clamped(row.key, *number, source);
  return {};
}

Result<> Config::AssignString(const ConfigDirective& row, const std::string& word,
                              ConfigSource source) {
  if (word.find('\0') != std::string::npos)
    return Fail("argument must not contain a zero byte");
  if (row.Has(config_trait::kRefused) && !word.empty()) return FailRefused(row);
  // The reference looks at the locale of a file only once it starts; without effect, not
  // at all.
  if (row.check != ConfigCheck::kLocale || source == ConfigSource::kCommand) {
    if (Result<> checked = CheckConfigString(row, word); !checked) return checked;
  }
  texts_[Index(row.key)] =
      row.check == ConfigCheck::kDirectory ? AbsoluteConfigPath(word) : word;
  return {};
}

Result<> Config::AssignWords(const ConfigDirective& row,
                             std::span<const std::string> words, ConfigSource source) {
  // Stores what a parser gave, or passes its reason on.
  const auto store = [](auto&& parsed, auto& target) -> Result<> {
    if (!parsed) return std::unexpected(std::move(parsed).error());
    target = *std::move(parsed);
    return {};
  };
  switch (row.kind) {
    case ConfigKind::kFlags:
      return store(ParseConfigFlags(row, words), numbers_[Index(row.key)]);
    case ConfigKind::kOutputLimits:
      return store(ParseOutputLimits(output_limits_, words), output_limits_);
    case ConfigKind::kOomScores:
      return store(ParseOomScores(words), oom_scores_);
    case ConfigKind::kPercentiles:
      return store(ParsePercentiles(words), percentiles_);
    case ConfigKind::kSavePoints:
      return AssignSavePoints(words, source);
    case ConfigKind::kReplicaOf:
      return AssignReplicaOf(words);
    default:
      break;
  }
  SKARN_DCHECK(row.kind == ConfigKind::kAddresses);
  if (words.size() > kBindAddressesMax) return Fail("Too many bind addresses specified.");
  std::vector<std::string>& addresses = row.key == ConfigKey::kBind ? bind_ : rdma_bind_;
  addresses.assign(words.begin(), words.end());
  if (addresses.size() == 1 && addresses[0].empty()) addresses.clear();
  return {};
}

Result<> Config::AssignSavePoints(std::span<const std::string> words,
                                  ConfigSource source) {
  auto points = ParseSavePoints(words);
  if (!points) return std::unexpected(std::move(points).error());
  // The first line of a file takes the place of the defaults, the next ones add to it.
  const bool adds =
      source == ConfigSource::kFile && IsGiven(ConfigKey::kSave) && !points->empty();
  if (!adds) save_points_.clear();
  save_points_.insert(save_points_.end(), points->begin(), points->end());
  return {};
}

Result<> Config::AssignReplicaOf(std::span<const std::string> words) {
  constexpr int64_t kPortMax = 65535;
  if (words.size() != 2) return Fail("wrong number of arguments");
  std::string& text = texts_[Index(ConfigKey::kReplicaof)];
  if (EqualsIgnoreCase(words[0], "no") && EqualsIgnoreCase(words[1], "one")) {
    text.clear();
    return {};
  }
  int64_t port = 0;
  if (!ParseInt64(words[1], &port) || port < 0 || port > kPortMax)
    return Fail("Invalid primary port");
  return FailRefused(DirectiveOf(ConfigKey::kReplicaof));
}

}  // namespace skarn

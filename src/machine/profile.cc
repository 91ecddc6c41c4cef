// SPDX-License-Identifier: BSD-3-Clause
#include "machine/profile.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.h"

namespace skarn {
namespace {

std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string_view word : SplitText(text, ' ')) words.emplace_back(word);
  return words;
}

// ---- conditions
// --------------------------------------------------------------------------------

struct Comparison {
  std::string_view name, operation, operand;
};

std::optional<Comparison> ReadComparison(std::string_view text) {
  const size_t at = text.find_first_of("<>=");
  if (at == 0 || at == std::string_view::npos) return std::nullopt;
  const size_t size = text.substr(at + 1, 1) == "=" ? 2 : 1;
  const std::string_view operation = text.substr(at, size);
  if (operation != ">=" && operation != "<=" && operation != "=") return std::nullopt;
  if (text.size() == at + size) return std::nullopt;
  return Comparison{text.substr(0, at), operation, text.substr(at + size)};
}

// "6.1" -> 6001, so that versions compare as numbers.
std::optional<int64_t> VersionNumber(std::string_view text) {
  const size_t dot = text.find('.');
  const auto major = NumberOf(text.substr(0, dot));
  const auto minor = dot == std::string_view::npos ? std::optional<int64_t>(0)
                                                   : NumberOf(text.substr(dot + 1));
  constexpr int64_t kPartMax = int64_t{1} << 40;
  const auto is_fine = [](const std::optional<int64_t>& part) {
    return part && *part >= 0 && *part <= kPartMax;
  };
  if (!is_fine(major) || !is_fine(minor)) return std::nullopt;
  return *major * 1000 + *minor;
}

// The number a condition asks about; nothing for an unknown name, 0 for what is not
// known of the machine.
std::optional<int64_t> NumberFor(std::string_view name, const MachineFacts& facts) {
  const auto number = [](auto value) { return static_cast<int64_t>(value); };
  if (name == "granted") return number(facts.granted_cpus);
  if (name == "cores") return number(facts.cores);
  if (name == "threads-per-core") return number(facts.threads_per_core);
  if (name == "numa-nodes") return number(facts.nodes.size());
  if (name == "memory-gib") return number((facts.UsableMemoryBytes() + (1 << 29)) >> 30);
  if (name == "page-kib") return number(facts.page_bytes >> 10);
  if (name == "kernel") return facts.kernel_major * 1000 + facts.kernel_minor;
  return std::nullopt;
}

bool IsCondition(std::string_view text) {
  const auto comparison = ReadComparison(text);
  if (!comparison) return false;
  if (comparison->name == "feature") return comparison->operation == "=";
  const bool is_version = comparison->name == "kernel";
  return NumberFor(comparison->name, MachineFacts()).has_value() &&
         VersionNumber(comparison->operand).has_value() &&
         (is_version || !comparison->operand.contains('.'));
}

bool Holds(std::string_view text, const MachineFacts& facts) {
  const auto comparison = ReadComparison(text);
  if (!comparison) return false;
  if (comparison->name == "feature") {
    return facts.HasFeature(std::string(comparison->operand));
  }
  const int64_t value = NumberFor(comparison->name, facts).value_or(0);
  const int64_t limit = VersionNumber(comparison->operand).value_or(0) /
                        (comparison->name == "kernel" ? 1 : 1000);
  if (value == 0) return false;
  if (comparison->operation == ">=") return value >= limit;
  if (comparison->operation == "<=") return value <= limit;
  return value == limit;
}

// ---- claims
// ------------------------------------------------------------------------------------

// How much a claim that holds says about the machine.
struct ClaimKind {
  std::string_view name;
  int weight;
};
constexpr ClaimKind kClaims[] = {
    {"family", 100},  {"cpu", 20}, {"cloud", 10},
    {"container", 2}, {"arch", 1}, {"any", 0},
};

const ClaimKind* FindClaim(std::string_view claim) {
  const std::string_view name = claim.substr(0, claim.find('='));
  const auto found = std::ranges::find(kClaims, name, &ClaimKind::name);
  return found == std::end(kClaims) ? nullptr : found;
}

std::string ClaimedFact(std::string_view name, const MachineFacts& facts) {
  if (name == "family") return facts.instance_family;
  if (name == "cpu") return facts.cpu_id;
  if (name == "cloud") return std::string(CloudName(facts.cloud));
  if (name == "container") return facts.is_container ? "yes" : "no";
  return facts.architecture;
}

bool ClaimHolds(std::string_view claim, const MachineFacts& facts) {
  if (claim == "any") return true;
  const size_t equals = claim.find('=');
  const std::string fact = ClaimedFact(claim.substr(0, equals), facts);
  if (fact.empty() || equals == std::string_view::npos) return false;
  const auto values = SplitText(claim.substr(equals + 1), ',');
  return std::ranges::find(values, fact) != values.end();
}

// The weight of the claims, or -1 if one of them does not hold.
int ScoreOf(const std::vector<std::string>& claims, const MachineFacts& facts) {
  int score = 0;
  for (const std::string& claim : claims) {
    if (!ClaimHolds(claim, facts)) return -1;
    score += FindClaim(claim)->weight;
  }
  return score;
}

// "cloud=ec2 family=c7g": what the claims found.
std::string WhyText(const std::vector<std::string>& claims, const MachineFacts& facts) {
  std::vector<std::string> found;
  for (const std::string& claim : claims) {
    const std::string name = claim.substr(0, claim.find('='));
    found.push_back(name == "any" ? name : name + "=" + ClaimedFact(name, facts));
  }
  return fmt::format("{}", fmt::join(found, " "));
}

// ---- reading
// -----------------------------------------------------------------------------------

Result<> ReadMatch(std::string_view text, Profile* profile) {
  std::vector<std::string> claims = WordsOf(text);
  for (const std::string& claim : claims) {
    if (FindClaim(claim) == nullptr) return Fail("no such claim: " + claim);
  }
  if (claims.empty()) return Fail("a match without claims");
  profile->matches.push_back(std::move(claims));
  return {};
}

Result<> ReadSetting(std::string_view line, Profile* profile) {
  const size_t hash = line.find('#');
  if (hash == std::string_view::npos) return Fail("a setting without its reason");
  ProfileLine setting{.reason = std::string(TrimBlanks(line.substr(hash + 1)))};
  const std::vector<std::string> words = WordsOf(line.substr(0, hash));
  if (words.size() < 2 || setting.reason.empty()) return Fail("not NAME VALUE # REASON");
  setting.name = words[0];
  setting.value = words[1];
  for (size_t i = 2; i < words.size(); i += 2) {
    if (words[i] != (i == 2 ? "when" : "and") || i + 1 == words.size()) {
      return Fail("expected 'when CONDITION and CONDITION'");
    }
    if (!IsCondition(words[i + 1])) return Fail("no such condition: " + words[i + 1]);
    setting.conditions.push_back(words[i + 1]);
  }
  profile->lines.push_back(std::move(setting));
  return {};
}

// "granted-1" on this machine; other values as they are.
std::string WorkedOut(const std::string& value, const MachineFacts& facts) {
  size_t base = 0;
  std::string_view rest = value;
  if (rest.starts_with("granted")) {
    base = facts.granted_cpus;
    rest.remove_prefix(std::string_view("granted").size());
  } else if (rest.starts_with("cores")) {
    base =
        facts.cores == 0 ? facts.granted_cpus : std::min(facts.cores, facts.granted_cpus);
    rest.remove_prefix(std::string_view("cores").size());
  } else {
    return value;
  }
  const int64_t less = std::clamp<int64_t>(NumberOf(rest).value_or(0), -kCpuNumberMax, 0);
  return fmt::format("{}", std::max<int64_t>(1, static_cast<int64_t>(base) + less));
}

}  // namespace

Result<Profile> ParseProfile(std::string_view name, std::string_view text) {
  Profile profile{.name = std::string(name)};
  size_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = TrimBlanks(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const size_t blank = std::min(line.find(' '), line.size());
    const std::string_view first = line.substr(0, blank);
    Result<> read;
    if (first == "summary") {
      profile.summary = TrimBlanks(line.substr(blank));
    } else if (first == "match") {
      read = ReadMatch(line.substr(blank), &profile);
    } else {
      read = ReadSetting(line, &profile);
    }
    if (!read) {
      return std::unexpected(
          std::move(read).error().In(fmt::format("profile {}, line {}", name, number)));
    }
  }
  return profile;
}

Result<Profile> FindProfile(std::string_view name) {
  std::vector<std::string_view> names;
  for (const ProfileText& compiled : CompiledProfiles()) {
    if (compiled.name == name) return ParseProfile(compiled.name, compiled.text);
    names.push_back(compiled.name);
  }
  return Fail(fmt::format("no such profile: '{}'; there are auto, none, {}", name,
                          fmt::join(names, ", ")));
}

ProfileMatch MatchProfile(const MachineFacts& facts) {
  ProfileMatch best;
  int best_score = -1;
  for (const ProfileText& compiled : CompiledProfiles()) {
    auto profile = ParseProfile(compiled.name, compiled.text);
    SKARN_CHECK(profile.has_value());  // A test reads them all.
    for (const std::vector<std::string>& claims : profile->matches) {
      const int score = ScoreOf(claims, facts);
      if (score <= best_score) continue;
      best_score = score;
      best = {.profile = *profile, .why = WhyText(claims, facts)};
    }
  }
  return best;
}

std::vector<ProfileValue> ProfileValues(const Profile& profile,
                                        const MachineFacts& facts) {
  std::vector<ProfileValue> values;
  for (const ProfileLine& line : profile.lines) {
    const bool applies = std::ranges::all_of(
        line.conditions,
        [&](const std::string& condition) { return Holds(condition, facts); });
    if (!applies) continue;
    ProfileValue value{line.name, WorkedOut(line.value, facts), line.reason};
    const auto found = std::ranges::find(values, line.name, &ProfileValue::name);
    if (found == values.end()) {
      values.push_back(std::move(value));
    } else {
      *found = std::move(value);
    }
  }
  return values;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "server/config_values.h"

#include <arpa/inet.h>
#include <locale.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include "base/numbers.h"

namespace skarn {
namespace {

constexpr int kOomScoreMax = 2000;
constexpr size_t kHostnameBytesMax = 255;
constexpr size_t kAnnouncedAddressBytesMax = 45;  // An IPv6 address at its longest.

constexpr Bytes kWrongCount = "wrong number of arguments";

struct EventLetter {
  char letter;
  uint32_t event_class;
};

// In the order CONFIG GET shows them, apart from K, E and m, which come last.
constexpr EventLetter kEventLetters[] = {
    {'g', config_event::kGeneric}, {'$', config_event::kString},
    {'l', config_event::kList},    {'s', config_event::kSet},
    {'h', config_event::kHash},    {'z', config_event::kSortedSet},
    {'x', config_event::kExpired}, {'e', config_event::kEvicted},
    {'t', config_event::kStream},  {'d', config_event::kModule},
    {'n', config_event::kNewKey},
};
constexpr EventLetter kEventTargetLetters[] = {{'K', config_event::kKeyspace},
                                               {'E', config_event::kKeyevent},
                                               {'m', config_event::kKeyMiss}};

// A decimal integer which may have leading zeros or a plus; saturates like strtoll.
std::optional<int64_t> ParseLooseInteger(Bytes text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    return text.starts_with('-') ? std::numeric_limits<int64_t>::min()
                                 : std::numeric_limits<int64_t>::max();
  }
  if (error != std::errc()) return std::nullopt;
  return value;
}

Result<int64_t> InRange(const ConfigDirective& row, int64_t value) {
  if (value >= row.min && value <= row.max) return value;
  if (row.kind == ConfigKind::kOctal) {
    return Fail(fmt::format("argument must be between {:o} and {:o} inclusive", row.min,
                            row.max));
  }
  return Fail(
      fmt::format("argument must be between {} and {} inclusive", row.min, row.max));
}

std::unexpected<Error> FailNotAWord(const ConfigDirective& row) {
  return Fail(fmt::format("argument(s) must be one of the following: {}",
                          fmt::join(row.words, ", ")));
}

Result<int64_t> ParseMemory(const ConfigDirective& row, Bytes text) {
  if (row.min < 0) {
    if (int64_t plain; ParseInt64(text, &plain)) return InRange(row, plain);
  }
  if (row.kind == ConfigKind::kMemoryOrPercent && text.ends_with('%')) {
    int64_t percent = 0;
    if (!ParseInt64(text.substr(0, text.size() - 1), &percent) || percent < 0) {
      return Fail("argument must be a memory or percent value");
    }
    if (percent > 100) return Fail("percentage argument must be less or equal to 100");
    return -percent;
  }
  const auto bytes = ParseMemorySize(text);
  if (!bytes) {
    return Fail(row.kind == ConfigKind::kMemory
                    ? "argument must be a memory value"
                    : "argument must be a memory or percent value");
  }
  if (*bytes > static_cast<uint64_t>(row.max)) {
    return Fail(
        fmt::format("argument must be between {} and {} inclusive", row.min, row.max));
  }
  return InRange(row, static_cast<int64_t>(*bytes));
}

Result<int64_t> ParseOctal(const ConfigDirective& row, Bytes text) {
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, 8);
  if (!text.empty() && (error != std::errc() || end != text.data() + text.size())) {
    return Fail("argument couldn't be parsed as an octal number");
  }
  return InRange(row, value);
}

bool AllOf(Bytes text, Bytes punctuation) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (ToLower(c) >= 'a' && ToLower(c) <= 'z') ||
           punctuation.find(c) != Bytes::npos;
  });
}

Result<> CheckTitleTemplate(Bytes text) {
  constexpr Bytes kVariables[] = {"title",    "listen-addr", "server-mode", "port",
                                  "tls-port", "unixsocket",  "config-file"};
  constexpr Bytes kReason = "template format is invalid or contains unknown variables";
  if (text.empty()) return Fail(std::string(kReason));
  while (true) {
    const size_t open = text.find('{');
    if (open == Bytes::npos) return {};
    const size_t close = text.find('}', open);
    if (close == Bytes::npos) return Fail(std::string(kReason));
    const Bytes name = text.substr(open + 1, close - open - 1);
    if (std::ranges::find(kVariables, name) == std::end(kVariables)) {
      return Fail(std::string(kReason));
    }
    text.remove_prefix(close + 1);
  }
}

Result<> CheckDirectory(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return Fail(std::strerror(errno), errno);
  if (!S_ISDIR(status.st_mode)) return Fail(std::strerror(ENOTDIR), ENOTDIR);
  return {};
}

Result<> CheckLocale(const std::string& name) {
  if (name.empty()) return {};
  const locale_t locale = newlocale(LC_COLLATE_MASK, name.c_str(), nullptr);
  if (locale == nullptr) return Fail("Invalid locale name");
  freelocale(locale);
  return {};
}

Result<> CheckNetworkAddress(int family, const std::string& text) {
  in6_addr address = {};  // Room for either family.
  if (text.empty() || inet_pton(family, text.c_str(), &address) == 1) return {};
  return Fail(family == AF_INET ? "Invalid IPv4 address" : "Invalid IPv6 address");
}

}  // namespace

std::optional<uint64_t> ParseMemorySize(Bytes text) {
  struct Unit {
    Bytes name;
    uint64_t bytes;
  };
  constexpr Unit kUnits[] = {{"", 1},           {"b", 1},       {"k", 1000},
                             {"kb", 1 << 10},   {"m", 1000000}, {"mb", 1 << 20},
                             {"g", 1000000000}, {"gb", 1 << 30}};
  const size_t digit_count = std::min(text.find_first_not_of("0123456789"), text.size());
  const Bytes digits = text.substr(0, digit_count);
  const Bytes unit = text.substr(digit_count);
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc::result_out_of_range) return std::nullopt;
  for (const Unit& known : kUnits) {
    if (!EqualsIgnoreCase(known.name, unit)) continue;
    if (number > std::numeric_limits<uint64_t>::max() / known.bytes) return std::nullopt;
    return number * known.bytes;
  }
  return std::nullopt;
}

Result<int64_t> ParseConfigNumber(const ConfigDirective& row, Bytes text) {
  switch (row.kind) {
    case ConfigKind::kBool:
      if (EqualsIgnoreCase(text, "yes")) return 1;
      if (EqualsIgnoreCase(text, "no")) return 0;
      return Fail("argument must be 'yes' or 'no'");
    case ConfigKind::kEnum:
      for (size_t i = 0; i < row.words.size(); ++i) {
        if (EqualsIgnoreCase(row.words[i], text)) return static_cast<int64_t>(i);
      }
      return FailNotAWord(row);
    case ConfigKind::kInteger: {
      int64_t value = 0;
      if (!ParseInt64(text, &value))
        return Fail("argument couldn't be parsed into an integer");
      return InRange(row, value);
    }
    case ConfigKind::kOctal:
      return ParseOctal(row, text);
    default:
      return ParseMemory(row, text);
  }
}

Result<uint32_t> ParseConfigFlags(const ConfigDirective& row,
                                  std::span<const std::string> words) {
  if (words.empty()) return FailNotAWord(row);
  uint32_t flags = 0;
  for (const std::string& word : words) {
    const auto found = std::ranges::find_if(
        row.words, [&](Bytes known) { return EqualsIgnoreCase(known, word); });
    if (found == row.words.end()) return FailNotAWord(row);
    const size_t index = static_cast<size_t>(found - row.words.begin());
    if (index > 0) flags |= uint32_t{1} << (index - 1);
  }
  if ((flags & config_shutdown::kSave) != 0 && (flags & config_shutdown::kNoSave) != 0) {
    return Fail("shutdown options SAVE and NOSAVE can't be used simultaneously");
  }
  return flags;
}

Result<uint32_t> ParseKeyspaceEvents(Bytes letters) {
  uint32_t classes = 0;
  for (const char c : letters) {
    const auto is_c = [c](const EventLetter& known) { return known.letter == c; };
    if (c == 'A') {
      classes |= config_event::kAll;
    } else if (const auto* known = std::ranges::find_if(kEventLetters, is_c);
               known != std::end(kEventLetters)) {
      classes |= known->event_class;
    } else if (const auto* target = std::ranges::find_if(kEventTargetLetters, is_c);
               target != std::end(kEventTargetLetters)) {
      classes |= target->event_class;
    } else {
      return Fail("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    }
  }
  return classes;
}

Result<std::vector<ConfigSavePoint>> ParseSavePoints(std::span<const std::string> words) {
  constexpr int64_t kChangesMax = std::numeric_limits<int32_t>::max();
  if (words.size() == 1 && words[0].empty()) return std::vector<ConfigSavePoint>();
  if (words.size() % 2 != 0) return Fail("Invalid save parameters");
  std::vector<ConfigSavePoint> points;
  for (size_t i = 0; i < words.size(); i += 2) {
    const auto seconds = ParseLooseInteger(words[i]);
    const auto changes = ParseLooseInteger(words[i + 1]);
    if (!seconds || !changes || *seconds < 1 || *changes < 0 || *changes > kChangesMax) {
      return Fail("Invalid save parameters");
    }
    points.push_back({.seconds = *seconds, .changes = *changes});
  }
  return points;
}

Result<ConfigOutputLimits> ParseOutputLimits(const ConfigOutputLimits& limits,
                                             std::span<const std::string> words) {
  constexpr int64_t kSecondsMax = std::numeric_limits<int32_t>::max();
  if (words.size() % 4 != 0) {
    return Fail("Wrong number of arguments in buffer limit configuration.");
  }
  ConfigOutputLimits changed = limits;
  for (size_t i = 0; i < words.size(); i += 4) {
    const Bytes name = words[i];
    const bool is_replica =
        EqualsIgnoreCase(name, "slave") || EqualsIgnoreCase(name, "replica");
    const bool is_pubsub = EqualsIgnoreCase(name, "pubsub");
    if (!is_replica && !is_pubsub && !EqualsIgnoreCase(name, "normal")) {
      return Fail("Invalid client class specified in buffer limit configuration.");
    }
    const auto hard_bytes = ParseMemorySize(words[i + 1]);
    const auto soft_bytes = ParseMemorySize(words[i + 2]);
    const auto soft_seconds = ParseLooseInteger(words[i + 3]);
    if (!hard_bytes || !soft_bytes || !soft_seconds || *soft_seconds < 0 ||
        *soft_seconds > kSecondsMax) {
      return Fail(
          "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    changed[is_replica  ? 1
            : is_pubsub ? 2
                        : 0] = {.hard_bytes = *hard_bytes,
                                .soft_bytes = *soft_bytes,
                                .soft_seconds = *soft_seconds};
  }
  return changed;
}

Result<std::array<int32_t, 3>> ParseOomScores(std::span<const std::string> words) {
  if (words.size() != 3) return Fail(std::string(kWrongCount));
  std::array<int32_t, 3> scores = {};
  for (size_t i = 0; i < scores.size(); ++i) {
    const auto score = ParseLooseInteger(words[i]);
    if (!score || *score < -kOomScoreMax || *score > kOomScoreMax) {
      return Fail(fmt::format(
          "Invalid oom-score-adj-values, elements must be between -{0} and {0}.",
          kOomScoreMax));
    }
    scores[i] = static_cast<int32_t>(*score);
  }
  return scores;
}

Result<std::vector<double>> ParsePercentiles(std::span<const std::string> words) {
  std::vector<double> percentiles;
  if (words.size() == 1 && words[0].empty()) return percentiles;
  for (const std::string& word : words) {
    double value = 0;
    if (!ParseDouble(word, &value)) {
      return Fail("Invalid latency-tracking-info-percentiles parameters");
    }
    if (value < 0 || value > 100) {
      return Fail(
          "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
    }
    percentiles.push_back(value);
  }
  return percentiles;
}

Result<> CheckConfigString(const ConfigDirective& row, const std::string& text) {
  const bool has_slash = text.find('/') != std::string::npos;
  switch (row.check) {
    case ConfigCheck::kNone:
      return {};
    case ConfigCheck::kNotEmpty:
    case ConfigCheck::kFileName:
    case ConfigCheck::kDirectoryName:
    case ConfigCheck::kDirectory:
      if (text.empty()) return Fail(fmt::format("{} can't be empty", row.name));
      if (row.check == ConfigCheck::kDirectory) return CheckDirectory(text);
      if (row.check != ConfigCheck::kNotEmpty && has_slash) {
        return Fail(
            fmt::format("{} can't be a path, just a {}", row.name,
                        row.check == ConfigCheck::kFileName ? "filename" : "dirname"));
      }
      return {};
    case ConfigCheck::kIpv4:
      return CheckNetworkAddress(AF_INET, text);
    case ConfigCheck::kIpv6:
      return CheckNetworkAddress(AF_INET6, text);
    case ConfigCheck::kHostname:
      if (text.size() > kHostnameBytesMax) {
        return Fail("Hostnames must be less than 256 characters");
      }
      if (AllOf(text, "-.")) return {};
      return Fail("Hostnames may only contain alphanumeric characters, hyphens or dots");
    case ConfigCheck::kNodeName:
      if (AllOf(text, "-._")) return {};
      return Fail("Announced human node name contained invalid character");
    case ConfigCheck::kAnnouncedAddress:
      if (text.size() > kAnnouncedAddressBytesMax)
        return Fail("cluster-announce-ip is too long");
      if (AllOf(text, "-._:/")) return {};
      return Fail("cluster-announce-ip contains invalid character");
    case ConfigCheck::kTitleTemplate:
      return CheckTitleTemplate(text);
    case ConfigCheck::kLocale:
      return CheckLocale(text);
  }
  return {};
}

std::string AbsoluteConfigPath(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? std::string(real.get()) : path;
}

std::vector<std::string> SplitAtSpaces(Bytes text) {
  std::vector<std::string> words;
  if (text.empty()) return words;
  while (true) {
    const size_t space = text.find(' ');
    words.emplace_back(text.substr(0, space));
    if (space == Bytes::npos) return words;
    text.remove_prefix(space + 1);
  }
}

std::string FormatConfigNumber(const ConfigDirective& row, int64_t number) {
  switch (row.kind) {
    case ConfigKind::kBool:
      return number != 0 ? "yes" : "no";
    case ConfigKind::kEnum:
      return std::string(row.words[static_cast<size_t>(number)]);
    case ConfigKind::kOctal:
      return fmt::format("{:o}", number);
    case ConfigKind::kMemoryOrPercent:
      if (number < 0) return fmt::format("{}%", -number);
      [[fallthrough]];
    default:
      return fmt::format("{}", number);
  }
}

std::string FormatConfigFlags(const ConfigDirective& row, uint32_t flags) {
  if (flags == 0) return std::string(row.words[0]);
  std::string text;
  for (size_t i = 1; i < row.words.size(); ++i) {
    if ((flags >> (i - 1) & 1) == 0) continue;
    if (!text.empty()) text += ' ';
    text += row.words[i];
  }
  return text;
}

std::string FormatKeyspaceEvents(uint32_t classes) {
  std::string letters;
  if ((classes & config_event::kAll) == config_event::kAll) {
    letters += 'A';  // n is then left out, as the reference does.
  } else {
    for (const EventLetter& known : kEventLetters) {
      if ((classes & known.event_class) != 0) letters += known.letter;
    }
  }
  for (const EventLetter& known : kEventTargetLetters) {
    if ((classes & known.event_class) != 0) letters += known.letter;
  }
  return letters;
}

std::string FormatOutputLimits(const ConfigOutputLimits& limits) {
  constexpr Bytes kNames[] = {"normal", "slave", "pubsub"};
  std::string text;
  for (size_t i = 0; i < limits.size(); ++i) {
    text +=
        fmt::format("{}{} {} {} {}", i == 0 ? "" : " ", kNames[i], limits[i].hard_bytes,
                    limits[i].soft_bytes, limits[i].soft_seconds);
  }
  return text;
}

std::string FormatPercentiles(std::span<const double> percentiles) {
  std::string text;
  for (const double value : percentiles) {
    std::string number = fmt::format("{:.6f}", value);
    number.erase(number.find_last_not_of('0') + 1);
    if (number.ends_with('.')) number.pop_back();
    if (!text.empty()) text += ' ';
    text += number;
  }
  return text;
}

}  // namespace skarn

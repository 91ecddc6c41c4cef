// SPDX-License-Identifier: BSD-3-Clause
//
// What is known of each configuration directive: name, kind, range, default and traits.
// Reading, CONFIG GET, SET and REWRITE all work from these rows; nothing else knows a
// directive by name. Threads: constants.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "server/config_keys.h"

namespace skarn {

// Far above it a worker has too few shards. What is kept for each grows with their count.
inline constexpr int64_t kIoThreadsMax = 1024;

enum class ConfigKind : uint8_t {
  kBool,             // yes or no
  kEnum,             // one of `words`
  kFlags,            // any of `words`, the first meaning none of the others
  kInteger,          // decimal, within min and max
  kOctal,            // octal, within min and max
  kMemory,           // bytes, with a unit of k, kb, m, mb, g, gb
  kMemoryOrPercent,  // as kMemory, or 0% to 100%
  kString,
  kAddresses,       // bind: a list of words
  kSavePoints,      // save: pairs of seconds and changes
  kOutputLimits,    // client-output-buffer-limit
  kOomScores,       // oom-score-adj-values: three integers
  kPercentiles,     // latency-tracking-info-percentiles
  kKeyspaceEvents,  // notify-keyspace-events: letters
  kReplicaOf,       // host and port, or "no one"
};

// A further test of a kString value.
enum class ConfigCheck : uint8_t {
  kNone,
  kNotEmpty,
  kFileName,
  kDirectoryName,
  kDirectory,
  kIpv4,
  kIpv6,
  kHostname,
  kNodeName,
  kAnnouncedAddress,
  kTitleTemplate,
  kLocale,
};

namespace config_trait {
enum Bit : uint8_t {
  kImmutable = 1 << 0,           // CONFIG SET refuses it.
  kProtected = 1 << 1,           // CONFIG SET asks for enable-protected-configs.
  kHidden = 1 << 2,              // CONFIG GET shows it only when asked by its exact name.
  kSensitive = 1 << 3,           // The value is a secret: never logged.
  kDeniedWhileLoading = 1 << 4,  // CONFIG SET refuses it while data is being loaded.
  kNotYet = 1 << 5,              // Accepted without effect, and named once at start.
  kRefused = 1 << 6,             // Turning it on is refused, because of `reason`.
};
}  // namespace config_trait

struct ConfigDirective {
  ConfigKey key = {};
  std::string_view name = {};
  std::string_view alias = {};  // An older name, or empty.
  ConfigKind kind = ConfigKind::kString;
  std::span<const std::string_view> words = {};  // For kEnum and kFlags.
  std::string_view default_text = {};
  int64_t min = 0;
  int64_t max = 0;
  ConfigCheck check = ConfigCheck::kNone;
  uint8_t traits = 0;
  std::string_view reason = {};

  constexpr bool Has(config_trait::Bit trait) const { return (traits & trait) != 0; }
  constexpr bool TakesManyWords() const {
    return kind == ConfigKind::kFlags || kind == ConfigKind::kAddresses ||
           kind == ConfigKind::kSavePoints || kind == ConfigKind::kOutputLimits ||
           kind == ConfigKind::kOomScores || kind == ConfigKind::kPercentiles ||
           kind == ConfigKind::kReplicaOf;
  }
};

// All rows, in the order of ConfigKey.
std::span<const ConfigDirective> ConfigDirectives();

const ConfigDirective& DirectiveOf(ConfigKey key);

// The row whose name or alias is `name` without regard to case, or null.
const ConfigDirective* FindDirective(Bytes name);

// True for the names of older versions which a file may hold and which mean nothing any
// more.
bool IsIgnoredDirective(Bytes name);

}  // namespace skarn

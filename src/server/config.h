// SPDX-License-Identifier: BSD-3-Clause
//
// Config holds the value of every directive, read by typed access. A Config is plain
// data: copy it, change the copy, and put the copy in the place of the old one to change
// several values at once. Threads: written only while no worker runs (the caller's duty),
// read by any thread. Owner: the server.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/result.h"
#include "server/config_directives.h"
#include "server/config_keys.h"

namespace skarn {

// Values of enum directives, in the order of their words in the table. loglevel,
// log-format and log-timestamp-format are LogLevel, LogFormat and LogTimestamp of
// base/log.h.
enum class ConfigEviction : uint8_t {
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
  kAllKeysLru,
  kAllKeysLfu,
  kAllKeysRandom,
  kNone,
};
enum class ConfigAllow : uint8_t { kNobody, kEverybody, kLocal };  // enable-debug-command
enum class ConfigEventLoop : uint8_t { kAuto, kEpoll, kIoUring };
enum class ConfigSupervised : uint8_t { kUpstart, kSystemd, kAuto, kNo };
enum class ConfigVersionCheck : uint8_t { kStrict, kRelaxed };  // rdb-version-check

// Bits of Flags(kShutdownOnSigint) and Flags(kShutdownOnSigterm); none is "default".
namespace config_shutdown {
enum Bit : uint32_t {
  kSave = 1 << 0,
  kNoSave = 1 << 1,
  kNow = 1 << 2,
  kForce = 1 << 3,
  kSafe = 1 << 4,
  kFailover = 1 << 5,
};
}  // namespace config_shutdown

// Bits of Flags(kNotifyKeyspaceEvents).
namespace config_event {
enum Bit : uint32_t {
  kGeneric = 1 << 0,    // g
  kString = 1 << 1,     // $
  kList = 1 << 2,       // l
  kSet = 1 << 3,        // s
  kHash = 1 << 4,       // h
  kSortedSet = 1 << 5,  // z
  kExpired = 1 << 6,    // x
  kEvicted = 1 << 7,    // e
  kStream = 1 << 8,     // t
  kModule = 1 << 9,     // d
  kNewKey = 1 << 10,    // n, not part of A
  kKeyspace = 1 << 11,  // K
  kKeyevent = 1 << 12,  // E
  kKeyMiss = 1 << 13,   // m, not part of A
  kAll = (1 << 10) - 1,
};
}  // namespace config_event

struct ConfigSavePoint {
  int64_t seconds = 0;
  int64_t changes = 0;
  bool operator==(const ConfigSavePoint&) const = default;
};

struct ConfigOutputLimit {
  uint64_t hard_bytes = 0;  // 0 means no limit.
  uint64_t soft_bytes = 0;
  int64_t soft_seconds = 0;
  bool operator==(const ConfigOutputLimit&) const = default;
};

enum class ConfigClientClass : uint8_t { kNormal, kReplica, kPubsub };
inline constexpr size_t kConfigClientClassCount = 3;
using ConfigOutputLimits = std::array<ConfigOutputLimit, kConfigClientClassCount>;

// How a value is given, which decides how its words are read.
enum class ConfigSource : uint8_t {
  kFile,     // A line or an option: words are split; save lines add up.
  kCommand,  // CONFIG SET: one text, which directives of many words split at each space.
};

// Where the value in force comes from.
enum class ValueOrigin : uint8_t { kDefault, kProfile, kFile, kCommandLine, kConfigSet };
std::string_view ValueOriginName(ValueOrigin origin);  // "default", "command line".

class Config {
 public:
  // The built-in defaults. `directory` is the one that counts as the working directory;
  // empty: that of the process.
  explicit Config(const std::string& directory = {});

  bool Bool(ConfigKey key) const { return NumberOf(key, ConfigKind::kBool) != 0; }

  // A kInteger, kOctal or kMemory (bytes) value. Of kMemoryOrPercent: bytes, or a
  // percentage as a negative number.
  int64_t Integer(ConfigKey key) const { return numbers_[Index(key)]; }

  // The index among the words of the row; Enum<ConfigEviction>(key) gives it as an enum.
  template <class E = size_t>
  E Enum(ConfigKey key) const {
    return static_cast<E>(NumberOf(key, ConfigKind::kEnum));
  }

  // The bits of a kFlags or kKeyspaceEvents value: config_shutdown, config_event.
  uint32_t Flags(ConfigKey key) const {
    return static_cast<uint32_t>(numbers_[Index(key)]);
  }

  // A kString value. The view is valid until this Config changes.
  const std::string& String(ConfigKey key) const { return texts_[Index(key)]; }

  // A kAddresses value: bind, rdma-bind.
  const std::vector<std::string>& Addresses(ConfigKey key) const;
  const std::vector<ConfigSavePoint>& save_points() const { return save_points_; }
  const ConfigOutputLimit& output_limit(ConfigClientClass which) const {
    return output_limits_[static_cast<size_t>(which)];
  }
  const std::array<int32_t, 3>& oom_scores() const { return oom_scores_; }
  const std::vector<double>& percentiles() const { return percentiles_; }

  // The value as CONFIG GET shows it.
  std::string Text(ConfigKey key) const;

  // Gives `key` the value of `words`. Fails with the reason ("argument must be ..."), and
  // then nothing has changed. Traits are not looked at, save kRefused.
  Result<> Set(ConfigKey key, std::span<const std::string> words, ConfigSource source);

  // Set() as CONFIG SET does it, for a single text.
  Result<> Set(ConfigKey key, Bytes text);

  // Puts a number in force which the server found out itself, as the count of io-threads.
  // It does not count as given, and CONFIG REWRITE does not write it.
  void Resolve(ConfigKey key, int64_t number) {
    resolved_[Index(key)] = true;
    numbers_[Index(key)] = number;
  }

  // The same for a text, as a password from elsewhere.
  void Resolve(ConfigKey key, std::string text) {
    resolved_[Index(key)] = true;
    texts_[Index(key)] = std::move(text);
  }

  // Puts a value in force that the profile of the machine proposes. As with Resolve().
  Result<> Adopt(ConfigKey key, const std::string& text);

  ValueOrigin origin(ConfigKey key) const { return origins_[Index(key)]; }
  // Set() knows files and CONFIG SET; who reads the command line says so here.
  void NoteOrigin(ConfigKey key, ValueOrigin origin) { origins_[Index(key)] = origin; }

  // True if a file, an option or CONFIG SET gave the directive a value.
  bool IsGiven(ConfigKey key) const { return given_[Index(key)]; }
  bool IsResolved(ConfigKey key) const { return resolved_[Index(key)]; }

  // Names of the directives given which have no effect yet, in the order of the table.
  std::vector<std::string_view> NotYetInUse() const;

 private:
  static constexpr size_t Index(ConfigKey key) { return static_cast<size_t>(key); }
  int64_t NumberOf(ConfigKey key, [[maybe_unused]] ConfigKind kind) const {
    SKARN_DCHECK(DirectiveOf(key).kind == kind);
    return numbers_[Index(key)];
  }

  Result<> AssignNumber(const ConfigDirective& row, Bytes word, ConfigSource source);
  Result<> AssignString(const ConfigDirective& row, const std::string& word,
                        ConfigSource source);
  Result<> AssignWords(const ConfigDirective& row, std::span<const std::string> words,
                       ConfigSource source);
  Result<> AssignSavePoints(std::span<const std::string> words, ConfigSource source);
  Result<> AssignReplicaOf(std::span<const std::string> words);

  std::array<int64_t, kConfigKeyCount> numbers_ = {};
  std::vector<std::string> texts_;  // By key; used by kString and kReplicaOf.
  std::vector<std::string> bind_;
  std::vector<std::string> rdma_bind_;
  std::vector<ConfigSavePoint> save_points_;
  ConfigOutputLimits output_limits_ = {};
  std::array<int32_t, 3> oom_scores_ = {};
  std::vector<double> percentiles_;
  std::bitset<kConfigKeyCount> given_;
  std::bitset<kConfigKeyCount> resolved_;
  std::array<ValueOrigin, kConfigKeyCount> origins_ = {};
};

}  // namespace skarn

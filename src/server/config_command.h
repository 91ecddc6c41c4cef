// SPDX-License-Identifier: BSD-3-Clause
//
// CONFIG GET and CONFIG SET on a Config: what a client sees, without the client; and the
// change of everything at once.
// Threads: as Config; SetConfig() needs all workers stopped.
#pragma once

#include <expected>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "server/config.h"

namespace skarn {

struct ConfigPair {
  std::string name;
  std::string value;
};

// The directives which match any of the patterns, each name once. A pattern without
// special bytes gives the name as it was asked for, and hidden directives too; others
// give names and aliases in the order of the table.
std::vector<ConfigPair> GetConfig(const Config& config, std::span<const Bytes> patterns);

// Puts a change in force outside of the Config: opens a port, sets the log level. Called
// with the old and the new values once for all of its keys together, when one of them has
// changed. May refuse with a reason. If a later hook refuses, it is called again with the
// two exchanged.
using ConfigHook = std::function<Result<>(const Config& before, const Config& after)>;

struct SetConfigOptions {
  bool may_change_protected = false;  // As enable-protected-configs grants this client.
  bool is_loading = false;
};

class ConfigHooks {
 public:
  void Add(std::vector<ConfigKey> keys, ConfigHook hook);

  struct Refusal {
    size_t index;  // Among the keys.
    std::string reason;
  };
  // Calls the hooks of those keys whose values differ, in the order of the keys, so that
  // the refusal names the right one. All, or after a refusal none.
  std::expected<void, Refusal> Apply(const Config& before, const Config& after,
                                     std::span<const ConfigKey> keys) const;

 private:
  struct Entry {
    std::vector<ConfigKey> keys;
    ConfigHook hook;
  };
  std::vector<Entry> entries_;
};

// Sets all of the pairs or none. Fails with the whole text of the error reply ("ERR
// CONFIG SET failed ..."); then `config` and what the hooks did are as before.
Result<> SetConfig(Config& config, std::span<const Bytes> names_and_values,
                   const ConfigHooks& hooks, SetConfigOptions options);

// Puts all of `fresh` in the place of `config`, or nothing. Gives the names of what has
// changed; fails with "name: reason".
Result<std::vector<Bytes>> ReplaceConfig(Config& config, Config fresh,
                                         const ConfigHooks& hooks);

}  // namespace skarn

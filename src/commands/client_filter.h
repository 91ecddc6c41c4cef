// SPDX-License-Identifier: BSD-3-Clause
//
// Which clients CLIENT LIST and CLIENT KILL mean.
// Threads: the worker that runs the command, the gate closed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command/context.h"

namespace skarn {

// The letters of CLIENT LIST's field flags, "N" for none.
std::string ClientFlags(const Client& client);

class ClientFilter {
 public:
  // Reads "filter value ..." from args[first] on; whatever fits none is a syntax error.
  static Parsed<ClientFilter> Parse(const Args& args, size_t first,
                                    unsigned database_count, bool skips_caller);

  bool Matches(const Client& client, const Client& caller, int64_t now_us) const;

 private:
  // A filter with its opposite: NOT-NAME and the like.
  template <class T>
  struct Both {
    std::optional<T> wanted, unwanted;
    template <class Claim>
    bool Holds(Claim&& claim) const {
      return (!wanted || claim(*wanted)) && (!unwanted || !claim(*unwanted));
    }
    std::optional<T>& of(bool is_not) { return is_not ? unwanted : wanted; }
  };
  enum class Type : uint8_t { kNormal, kPrimary, kReplica, kPubSub };

  std::optional<ReplyError> ParseOne(const Args& args, size_t* index,
                                     unsigned database_count);
  std::optional<ReplyError> ParseNumber(Bytes option, const Args& args, size_t index,
                                        unsigned database_count, bool is_not,
                                        bool* is_known);
  static Parsed<std::vector<uint64_t>> ParseIds(const Args& args, size_t* index);
  static bool IsType(const Client& client, Type type);

  bool skips_caller_ = false;
  std::optional<int64_t> age_seconds_, idle_seconds_;
  Both<std::vector<uint64_t>> ids_;
  Both<Type> type_;
  Both<int64_t> db_;
  Both<std::string> user_, address_, local_address_, ip_, name_, lib_name_, lib_version_;
  Both<std::string> flags_, capabilities_;
};

}  // namespace skarn

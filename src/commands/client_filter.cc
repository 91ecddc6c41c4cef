// SPDX-License-Identifier: BSD-3-Clause
#include "commands/client_filter.h"

#include <algorithm>

#include <fmt/format.h>

#include "resp/shown_text.h"

namespace skarn {
namespace {

constexpr Bytes kFlagLetters = "bcdeirtuxABEIMNOPRSTU";
constexpr Bytes kCapabilityLetters = "r";

bool HasAll(Bytes letters, Bytes wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](char c) { return letters.find(c) != Bytes::npos; });
}

// "1.2.3.4" of "1.2.3.4:5", "::1" of "[::1]:5".
Bytes IpOf(Bytes address) {
  Bytes ip = address.substr(0, address.rfind(':'));
  if (ip.size() >= 2 && ip.front() == '[' && ip.back() == ']')
    ip = ip.substr(1, ip.size() - 2);
  return ip;
}

ReplyError UnknownLetters(Bytes what, Bytes option, Bytes letters, bool is_not) {
  if (!is_not) {
    return ReplyError(
        fmt::format("-ERR Unknown {} found in the provided filter: {}", what, letters));
  }
  return ReplyError(fmt::format("-ERR Unknown {} found in the NOT-{} filter: {}", what,
                                option, letters));
}

}  // namespace

std::string ClientFlags(const Client& client) {
  std::string flags;
  const auto add = [&](char letter, bool is_set) {
    if (is_set) flags += letter;
  };
  add('O', client.is_monitor);
  add('P', client.SubscriptionCount() > 0);
  add('x', client.in_transaction() || client.is_executing_exec);
  add('b', client.is_paused);
  add('d', client.transaction.token != nullptr &&
               client.transaction.token->is_dirty.load(std::memory_order_relaxed));
  add('c', client.closes_after_reply);
  add('A', client.closes_now);
  add('U', client.transport == Transport::kUnix);
  add('e', client.no_evict);
  add('T', client.no_touch);
  add('I', client.import_source);
  return flags.empty() ? "N" : flags;
}

bool ClientFilter::IsType(const Client& client, Type type) {
  switch (type) {
    case Type::kNormal:
      return client.client_class() == ClientClass::kNormal;
    case Type::kPubSub:
      return client.client_class() == ClientClass::kPubSub;
    case Type::kReplica:
      return client.client_class() == ClientClass::kReplica;
    case Type::kPrimary:
      return false;
  }
  return false;
}

Parsed<ClientFilter> ClientFilter::Parse(const Args& args, size_t first,
                                         unsigned database_count, bool skips_caller) {
  ClientFilter filter;
  filter.skips_caller_ = skips_caller;
  for (size_t i = first; i < args.size();) {
    if (auto error = filter.ParseOne(args, &i, database_count)) {
      return std::unexpected(std::move(*error));
    }
  }
  return filter;
}

// All numbers from args[*index] on; advances behind them.
Parsed<std::vector<uint64_t>> ClientFilter::ParseIds(const Args& args, size_t* index) {
  std::vector<uint64_t> ids;
  for (; *index < args.size(); ++*index) {
    const auto id = args.Integer(*index);
    if (!id) break;
    if (*id < 1) {
      return std::unexpected(
          ReplyError(std::string("-ERR client-id should be greater than 0")));
    }
    ids.push_back(static_cast<uint64_t>(*id));
  }
  if (ids.empty()) return std::unexpected(ReplyError(kSyntaxError));
  return ids;
}

std::optional<ReplyError> ClientFilter::ParseNumber(Bytes option, const Args& args,
                                                    size_t index, unsigned database_count,
                                                    bool is_not, bool* is_known) {
  const bool is_age = EqualsIgnoreCase(option, "MAXAGE") && !is_not;
  const bool is_idle = EqualsIgnoreCase(option, "IDLE") && !is_not;
  const bool is_db = EqualsIgnoreCase(option, "DB");
  *is_known = is_age || is_idle || is_db;
  if (!*is_known) return std::nullopt;
  const std::string_view shown = is_age    ? "maxage"
                                 : is_idle ? "idle"
                                 : is_not  ? "NOT-DB"
                                           : "DB";
  const auto number = args.Integer(index);
  if (!number) {
    return ReplyError(fmt::format("-ERR {} is not an integer or out of range", shown));
  }
  if (is_db) {
    if (*number < 0 || *number >= database_count) {
      return ReplyError(fmt::format("-ERR {} number should be between 0 and {}", shown,
                                    database_count - 1));
    }
    db_.of(is_not) = *number;
    return std::nullopt;
  }
  if (*number < 1)
    return ReplyError(fmt::format("-ERR {} should be greater than 0", shown));
  (is_age ? age_seconds_ : idle_seconds_) = *number;
  return std::nullopt;
}

std::optional<ReplyError> ClientFilter::ParseOne(const Args& args, size_t* index,
                                                 unsigned database_count) {
  if (*index + 1 >= args.size()) return ReplyError(kSyntaxError);
  Bytes option = args[*index];
  const Bytes value = args[*index + 1];
  const bool is_not = option.size() > 4 && EqualsIgnoreCase(option.substr(0, 4), "NOT-");
  if (is_not) option.remove_prefix(4);
  const auto is = [&](Bytes name) { return EqualsIgnoreCase(option, name); };
  if (is("ID")) {
    ++*index;
    auto ids = ParseIds(args, index);
    if (!ids) return std::move(ids.error());
    ids_.of(is_not) = std::move(*ids);
    return std::nullopt;
  }
  *index += 2;
  bool is_known = false;
  if (auto error =
          ParseNumber(option, args, *index - 1, database_count, is_not, &is_known)) {
    return error;
  }
  if (is_known) return std::nullopt;

  const struct {
    Bytes name;
    Both<std::string>* filter;
  } texts[] = {
      {"ADDR", &address_}, {"LADDR", &local_address_}, {"IP", &ip_},
      {"NAME", &name_},    {"LIB-NAME", &lib_name_},   {"LIB-VER", &lib_version_},
      {"USER", &user_},    {"FLAGS", &flags_},         {"CAPA", &capabilities_}};
  for (const auto& text : texts) {
    if (!is(text.name)) continue;
    if (is("USER") && value != "default") {
      return ReplyError(fmt::format("-ERR No such user '{}'", ShownText(value)));
    }
    if (is("FLAGS") && !HasAll(kFlagLetters, value)) {
      return UnknownLetters("flags", "FLAGS", value, is_not);
    }
    if (is("CAPA") && !HasAll(kCapabilityLetters, value)) {
      return UnknownLetters("capa", "CAPA", value, is_not);
    }
    text.filter->of(is_not) = std::string(value);
    return std::nullopt;
  }
  if (is("TYPE")) {
    constexpr std::pair<Bytes, Type> kTypes[] = {
        {"normal", Type::kNormal},  {"primary", Type::kPrimary},
        {"master", Type::kPrimary}, {"replica", Type::kReplica},
        {"slave", Type::kReplica},  {"pubsub", Type::kPubSub}};
    for (const auto& [name, type] : kTypes) {
      if (!EqualsIgnoreCase(value, name)) continue;
      type_.of(is_not) = type;
      return std::nullopt;
    }
    return ReplyError(fmt::format("-ERR Unknown client type '{}'", ShownText(value)));
  }
  if (is("SKIPME") && !is_not) {
    skips_caller_ = EqualsIgnoreCase(value, "yes");
    if (skips_caller_ || EqualsIgnoreCase(value, "no")) return std::nullopt;
  }
  return ReplyError(kSyntaxError);
}

bool ClientFilter::Matches(const Client& client, const Client& caller,
                           int64_t now_us) const {
  if (skips_caller_ && &client == &caller) return false;
  if (age_seconds_ && (now_us - client.created_us) / 1000000 < *age_seconds_)
    return false;
  if (idle_seconds_ && (now_us - client.last_interaction_us) / 1000000 < *idle_seconds_) {
    return false;
  }
  const auto equals = [](Bytes text) {
    // What was never set equals nothing, not even "".
    return [text](const std::string& wanted) { return !text.empty() && text == wanted; };
  };
  const auto has_all = [](Bytes letters) {
    return [letters](const std::string& wanted) { return HasAll(letters, wanted); };
  };
  const std::string flags = ClientFlags(client);
  const Bytes capabilities = client.capa_redirect ? "r" : "";
  return ids_.Holds([&](const std::vector<uint64_t>& ids) {
    return std::find(ids.begin(), ids.end(), client.id()) != ids.end();
  }) && type_.Holds([&](Type type) { return IsType(client, type); }) &&
         db_.Holds([&](int64_t db) { return client.db == db; }) &&
         user_.Holds([&](const std::string&) { return client.is_authenticated; }) &&
         address_.Holds(equals(client.peer_address)) &&
         local_address_.Holds(equals(client.local_address)) &&
         ip_.Holds(equals(IpOf(client.peer_address))) &&
         name_.Holds(equals(client.name)) && lib_name_.Holds(equals(client.lib_name)) &&
         lib_version_.Holds(equals(client.lib_version)) && flags_.Holds(has_all(flags)) &&
         capabilities_.Holds(has_all(capabilities));
}

}  // namespace skarn

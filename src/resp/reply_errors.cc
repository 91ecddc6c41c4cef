// SPDX-License-Identifier: BSD-3-Clause
#include "resp/reply_errors.h"

#include <fmt/format.h>

#include "resp/args.h"

namespace skarn {
namespace {

constexpr size_t kQuotedBytesMax = 128;

// At most `size_max` bytes, and none from a zero byte on.
Bytes Shortened(Bytes text, size_t size_max = kQuotedBytesMax) {
  text = text.substr(0, size_max);
  return text.substr(0, text.find('\0'));
}

std::string Capitals(Bytes bytes) {
  std::string upper(bytes);
  for (char& c : upper) c = ToUpper(c);
  return upper;
}

}  // namespace

ReplyError WrongArgumentCount(Bytes command) {
  return ReplyError(
      fmt::format("-ERR wrong number of arguments for '{}' command", command));
}

ReplyError InvalidExpireTime(Bytes command) {
  return ReplyError(fmt::format("-ERR invalid expire time in '{}' command", command));
}

ReplyError NotInMulti(Bytes command) {
  return ReplyError(
      fmt::format("-ERR Command '{}' not allowed inside a transaction", command));
}

ReplyError NoPermCommand(Bytes user, Bytes command) {
  return ReplyError(fmt::format(
      "-NOPERM User {} has no permissions to run the '{}' command", user, command));
}

ReplyError UnknownCommand(const Args& args) {
  std::string quoted;
  for (size_t i = 1; i < args.size() && quoted.size() < kQuotedBytesMax; ++i) {
    const Bytes word = Shortened(args[i], kQuotedBytesMax - quoted.size());
    quoted.append("'").append(word).append("' ");
  }
  return ReplyError(fmt::format("-ERR unknown command '{}', with args beginning with: {}",
                                Shortened(args[0]), quoted));
}

ReplyError UnknownSubcommand(Bytes container, Bytes subcommand) {
  return ReplyError(fmt::format("-ERR unknown subcommand '{}'. Try {} HELP.",
                                Shortened(subcommand), Capitals(container)));
}

}  // namespace skarn

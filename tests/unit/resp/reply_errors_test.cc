// SPDX-License-Identifier: BSD-3-Clause
#include "resp/reply_errors.h"

#include <vector>

#include <gtest/gtest.h>

#include "resp/args.h"

namespace skarn {
namespace {

std::string Unknown(std::vector<Bytes> words) {
  return std::string(UnknownCommand(Args(words)).text());
}

TEST(ReplyErrorsTest, UnknownCommandQuotesTheStart) {
  EXPECT_EQ(Unknown({"FOO"}), "-ERR unknown command 'FOO', with args beginning with: ");
  EXPECT_EQ(Unknown({"FOO", "a", "b"}),
            "-ERR unknown command 'FOO', with args beginning with: 'a' 'b' ");
  const std::string big(200, 'a');
  EXPECT_EQ(Unknown({"FOO", big, "b"}),
            "-ERR unknown command 'FOO', with args beginning with: '" +
                big.substr(0, 128) + "' ");
  EXPECT_EQ(Unknown({Bytes("F\0O", 3), Bytes("\0z", 2)}),
            "-ERR unknown command 'F', with args beginning with: '' ");
  const std::vector<Bytes> many(30, "xxxxxxxxxx");
  EXPECT_EQ(
      Unknown(many).size(),
      Bytes("-ERR unknown command 'xxxxxxxxxx', with args beginning with: ").size() +
          130);
}

TEST(ReplyErrorsTest, TextsWithNamesReadAsTheStockServers) {
  EXPECT_EQ(UnknownSubcommand("config", "foo").text(),
            "-ERR unknown subcommand 'foo'. Try CONFIG HELP.");
  EXPECT_EQ(WrongArgumentCount("config|get").text(),
            "-ERR wrong number of arguments for 'config|get' command");
  EXPECT_EQ(InvalidExpireTime("set").text(), "-ERR invalid expire time in 'set' command");
  EXPECT_EQ(NotInMulti("watch").text(),
            "-ERR Command 'watch' not allowed inside a transaction");
}

TEST(ReplyErrorsTest, ErrorKeepsItsTextWhenMoved) {
  ReplyError error = WrongArgumentCount("get");
  const ReplyError moved = std::move(error);
  EXPECT_EQ(moved.text(), "-ERR wrong number of arguments for 'get' command");
  EXPECT_EQ(ReplyError(kSyntaxError).text(), "-ERR syntax error");
}

}  // namespace
}  // namespace skarn

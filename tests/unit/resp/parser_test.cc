// SPDX-License-Identifier: BSD-3-Clause
#include "resp/parser.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace skarn {
namespace {

using Words = std::vector<std::string>;

// What a stream of bytes says: its requests, and how it stops.
struct Outcome {
  std::vector<Words> requests;
  std::string end;  // "more", "cross protocol" or the error text.

  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  for (const Words& words : outcome.requests) {
    for (const std::string& word : words) out << testing::PrintToString(word) << ' ';
    out << "| ";
  }
  return out << outcome.end;
}

// Feeds a parser as a connection does: the buffer grows by pieces and always moves, each
// time to a block of exactly its size, so that address sanitizer sees any step outside.
class Feeder {
 public:
  explicit Feeder(RequestLimits limits = {}) : limits_(limits) {}

  // False once the stream has stopped.
  bool Feed(Bytes piece) {
    pending_.append(piece);
    while (outcome_.end.empty()) {
      auto block = std::make_unique<char[]>(pending_.size());
      pending_.copy(block.get(), pending_.size());
      std::vector<Bytes> args = {"kept"};
      size_t consumed = 99;
      const ParseStatus status =
          parser_.Parse({block.get(), pending_.size()}, limits_, &consumed, &args);
      EXPECT_EQ(args[0], "kept");
      switch (status) {
        case ParseStatus::kNeedMore:
          EXPECT_EQ(consumed, 0u);
          EXPECT_EQ(args.size(), 1u);
          return true;
        case ParseStatus::kRequest:
          EXPECT_GT(args.size(), 1u);
          outcome_.requests.emplace_back(args.begin() + 1, args.end());
          break;
        case ParseStatus::kEmpty:
          EXPECT_GT(consumed, 0u);
          EXPECT_EQ(args.size(), 1u);
          break;
        case ParseStatus::kError:
          outcome_.end = parser_.error();
          break;
        case ParseStatus::kCrossProtocol:
          outcome_.end = "cross protocol";
          break;
      }
      EXPECT_FALSE(parser_.is_inside_request());
      parser_.ReleaseViews();
      pending_.erase(0, consumed);
    }
    return false;
  }

  Outcome Finish() {
    if (outcome_.end.empty()) outcome_.end = "more";
    return outcome_;
  }

  const RequestParser& parser() const { return parser_; }

 private:
  RequestLimits limits_;
  RequestParser parser_;
  std::string pending_;
  Outcome outcome_;
};

Outcome ParseAll(Bytes input, RequestLimits limits = {}) {
  Feeder feeder(limits);
  feeder.Feed(input);
  return feeder.Finish();
}

std::string Encode(const Words& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return bytes;
}

Outcome Error(const std::string& text, std::vector<Words> requests = {}) {
  return {std::move(requests), "-ERR Protocol error: " + text};
}

TEST(ParserTest, ReadsRequestsOfEveryShape) {
  std::vector<Words> requests = {
      {"PING"}, {"GET", "key"}, {""}, {"SET", "k", "a\r\nb\0c"}};
  for (const size_t size : {9, 10, 11, 99, 100, 101, 999, 1000, 12345, 100000, 1000000}) {
    requests.push_back({"ECHO", std::string(size, 'v')});
  }
  for (const size_t count : {9, 10, 11, 99, 100, 101, 1000}) {
    requests.push_back(Words(count, "word"));
  }
  std::string stream;
  for (const Words& request : requests) {
    const std::string bytes = Encode(request);
    EXPECT_EQ(ParseAll(bytes), (Outcome{{request}, "more"}));
    stream += bytes;
  }
  EXPECT_EQ(ParseAll(stream), (Outcome{requests, "more"}));
}

TEST(ParserTest, ReadsAnyNumberOfWords) {
  for (const size_t count : {1, 9, 10, 99, 100, 101, 998, 999, 1000, 1001, 12345}) {
    Words words;
    for (size_t i = 0; i < count; ++i) words.push_back(std::to_string(i));
    Feeder feeder;
    feeder.Feed(Encode(words) + Encode(words));
    EXPECT_EQ(feeder.Finish(), (Outcome{{words, words}, "more"})) << count;
  }
}

TEST(ParserTest, ReadsInlineRequests) {
  const Outcome ping = {{{"PING"}}, "more"};
  for (const char* line : {"PING\r\n", "PING\n", "  PING  \r\n", "\"PING\"\r\n",
                           "\r\n\nPING\n", "PING\r\r\n", " \r\nPING\r\n"}) {
    EXPECT_EQ(ParseAll(line), ping) << line;
  }
  EXPECT_EQ(ParseAll("SET a 'b c'\r\n*1\r\n$4\r\nPING\r\nGET a\n"),
            (Outcome{{{"SET", "a", "b c"}, {"PING"}, {"GET", "a"}}, "more"}));
  EXPECT_EQ(ParseAll("\"\"\r\n"), (Outcome{{{""}}, "more"}));
  EXPECT_EQ(ParseAll("x12\r\n"), (Outcome{{{"x12"}}, "more"}));
  EXPECT_EQ(ParseAll("12\r\n$4\r\nPING\r\n"),
            (Outcome{{{"12"}, {"$4"}, {"PING"}}, "more"}));
}

TEST(ParserTest, SkipsRequestsWithoutWords) {
  EXPECT_EQ(ParseAll("*0\r\n*-1\r\n*-2147483649\r\n*1\r\n$4\r\nPING\r\n"),
            (Outcome{{{"PING"}}, "more"}));
}

// All of these were tried on a Valkey 9.1.
TEST(ParserTest, RefusesWhatTheStockServersRefuse) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"*+1\r\n", "invalid multibulk length"},
      {"*01\r\n$4\r\nPING\r\n", "invalid multibulk length"},
      {"*-0\r\n", "invalid multibulk length"},
      {"*2147483648\r\n", "invalid multibulk length"},
      {"*9223372036854775808\r\n", "invalid multibulk length"},
      {"*\r\n", "invalid multibulk length"},
      {"*abc\r\n", "invalid multibulk length"},
      {"* 1\r\n", "invalid multibulk length"},
      {"*1\n$4\n\r\n", "invalid multibulk length"},
      {std::string("*\0001\r\n", 5), "invalid multibulk length"},
      {"*1\rX$4\r\n", "invalid CRLF in request"},
      {"*abc\rX", "invalid CRLF in request"},
      {"*1\r\n$4\rXPING\r\n", "invalid CRLF in request"},
      {"*1\r\n$a\rX", "invalid CRLF in request"},
      {"*1\r\n$4\r\nPINGX\n", "invalid CRLF in request"},
      {"*1\r\n$4\r\nPING\rX", "invalid CRLF in request"},
      {"*1\r\n$-1\r\n", "invalid bulk length"},
      {"*1\r\n$-0\r\n", "invalid bulk length"},
      {"*1\r\n$04\r\nPING\r\n", "invalid bulk length"},
      {"*1\r\n$\r\n", "invalid bulk length"},
      {"*1\r\n$a\r\n", "invalid bulk length"},
      {"*1\r\n$536870913\r\n", "invalid bulk length"},
      {"*1\r\n$9999999999999999999\r\n", "invalid bulk length"},
      {"*1\r\n+4\r\n", "expected '$', got '+'"},
      {"*1\r\n+\rX", "expected '$', got '+'"},
      {"*1\r\n\r\n", "expected '$', got '\r'"},
      {"*2\r\n$4\r\nECHO\r\n\r\n", "expected '$', got '\r'"},
      {"\"PING\r\n", "unbalanced quotes in request"},
      {"ECHO \"a\nb\"\r\n", "unbalanced quotes in request"},
  };
  for (const auto& [input, error] : cases) EXPECT_EQ(ParseAll(input), Error(error));
  EXPECT_EQ(ParseAll("PING\r\n*1\r\n$a\r\n"), Error("invalid bulk length", {{"PING"}}));
}

TEST(ParserTest, WaitsWhereTheStockServersWait) {
  for (const Bytes input :
       {Bytes("*2147483647\r\n"), Bytes("*1\r\n\xff"), Bytes("*1\r\n\n"),
        Bytes("*1\r\n\r"), Bytes("*1\r\n$4\r\nPINGX"), Bytes("*1\nPING"), Bytes("*1\r"),
        Bytes("*1\r\n$4\r"), Bytes("ECHO a\0b\r\n", 10), Bytes("\0PING\r\n", 7),
        Bytes("ECHO a"), Bytes("")}) {
    EXPECT_EQ(ParseAll(input), (Outcome{{}, "more"})) << testing::PrintToString(input);
  }
}

TEST(ParserTest, LimitsTheSizeOfLines) {
  const std::string digits(kProtocolLineBytesMax + 1, '1');
  const size_t max = kProtocolLineBytesMax;
  EXPECT_EQ(ParseAll(digits.substr(0, max)), (Outcome{{}, "more"}));
  EXPECT_EQ(ParseAll(digits), Error("too big inline request"));
  EXPECT_EQ(ParseAll("*" + digits.substr(0, max - 1)), (Outcome{{}, "more"}));
  EXPECT_EQ(ParseAll("*" + digits.substr(0, max)), Error("too big mbulk count string"));
  EXPECT_EQ(ParseAll("*1\r\n$" + digits.substr(0, max - 1)), (Outcome{{}, "more"}));
  EXPECT_EQ(ParseAll("*1\r\n$" + digits.substr(0, max)),
            Error("too big bulk count string"));
  // A line that is there as a whole may be longer.
  EXPECT_EQ(ParseAll(digits + "\r\n"), (Outcome{{{digits}}, "more"}));
}

TEST(ParserTest, LimitsUnauthenticatedClients) {
  const RequestLimits limits = {.is_authenticated = false};
  const Words ten(10, "w");
  EXPECT_EQ(ParseAll(Encode(ten), limits), (Outcome{{ten}, "more"}));
  EXPECT_EQ(ParseAll(Encode(Words(11, "w")), limits),
            Error("unauthenticated multibulk length"));
  const Words big = {"AUTH", std::string(16384, 'p')};
  EXPECT_EQ(ParseAll(Encode(big), limits), (Outcome{{big}, "more"}));
  EXPECT_EQ(ParseAll(Encode({"AUTH", std::string(16385, 'p')}), limits),
            Error("unauthenticated bulk length"));
}

TEST(ParserTest, LimitsBulks) {
  const RequestLimits limits = {.bulk_bytes_max = 1 << 20};
  const Words most = {"ECHO", std::string(1 << 20, 'x')};
  EXPECT_EQ(ParseAll(Encode(most), limits), (Outcome{{most}, "more"}));
  EXPECT_EQ(ParseAll(Encode({"ECHO", std::string((1 << 20) + 1, 'x')}), limits),
            Error("invalid bulk length"));
}

TEST(ParserTest, NoticesBrowsers) {
  for (const char* input :
       {"POST / HTTP/1.1\r\n", "host:\r\n", "Host: a\r\nPING\r\n", "*1\r\n$4\r\npost\r\n",
        "*1\r\n$5\r\nHost:\r\n", "\"POST\"\n"}) {
    EXPECT_EQ(ParseAll(input), (Outcome{{}, "cross protocol"})) << input;
  }
  EXPECT_EQ(ParseAll("POSTX\nHost:x\n*2\r\n$4\r\nPING\r\n$4\r\nPOST\r\n"),
            (Outcome{{{"POSTX"}, {"Host:x"}, {"PING", "POST"}}, "more"}));
}

const std::vector<std::string>& Corpus() {
  static const std::vector<std::string> corpus = {
      "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$11\r\nhello world\r\n",
      "*0\r\n*-1\r\nPING\r\n\r\n*1\r\n$0\r\n\r\n",
      "SET a \"b\\x41\" 'c'\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10\r\n0123456789\r\n",
      Encode(Words(12, "word")) + Encode({"ECHO", std::string(120, 'x')}),
      "*1\r\n$4\r\nPINGXX",
      "*2\r\n$4\r\nECHO\r\n+\r\n",
      "*1\r\n$a\r\nrest",
      "*01\r\n",
      "PING\r\n\"open\r\nPING\r\n",
      std::string("ECHO a\0b\r\nPING\r\n", 16),
      "GET a\r\nPOST /\r\nGET b\r\n",
      "*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$5\r\nhost:\r\n",
  };
  return corpus;
}

TEST(ParserTest, EverySplitGivesTheSameOutcome) {
  for (const std::string& input : Corpus()) {
    const Outcome whole = ParseAll(input);
    for (size_t split = 0; split <= input.size(); ++split) {
      Feeder feeder;
      if (feeder.Feed(Bytes(input).substr(0, split)))
        feeder.Feed(Bytes(input).substr(split));
      ASSERT_EQ(feeder.Finish(), whole) << "split at " << split;
    }
    Feeder feeder;
    for (const char c : input) {
      if (!feeder.Feed({&c, 1})) break;
    }
    ASSERT_EQ(feeder.Finish(), whole) << "byte by byte";
  }
}

TEST(ParserTest, DamagedRequestsGiveTheSameOutcomeInPieces) {
  constexpr uint64_t kSeed = 11;
  constexpr Bytes kBytes("*$0129-+\r\nPax \"'\0\xff", 18);
  Random random(kSeed);
  for (int round = 0; round < 20000; ++round) {
    std::string input = Corpus()[random.Below(Corpus().size())];
    for (uint64_t changes = random.Below(4); changes > 0; --changes) {
      input[random.Below(input.size())] = kBytes[random.Below(kBytes.size())];
    }
    const Outcome whole = ParseAll(input);
    Feeder feeder;
    Bytes rest = input;
    while (!rest.empty()) {
      const size_t size = std::min<size_t>(rest.size(), 1 + random.Below(8));
      if (!feeder.Feed(rest.substr(0, size))) break;
      rest.remove_prefix(size);
    }
    ASSERT_EQ(feeder.Finish(), whole) << testing::PrintToString(input);
  }
}

TEST(ParserTest, TellsWhatABulkStillNeeds) {
  RequestParser parser;
  std::vector<Bytes> args;
  size_t consumed;
  RequestParser::PendingBulk bulk;
  const std::string input = "*2\r\n$4\r\nECHO\r\n$100000\r\nabc";
  EXPECT_EQ(parser.pending_bulk_bytes(), 0u);
  EXPECT_EQ(parser.Parse(Bytes(input).substr(0, 16), {}, &consumed, &args),
            ParseStatus::kNeedMore);
  EXPECT_EQ(parser.pending_bulk_bytes(), 0u);
  EXPECT_FALSE(parser.FindPendingBulk(&bulk));
  EXPECT_EQ(parser.Parse(input, {}, &consumed, &args), ParseStatus::kNeedMore);
  EXPECT_EQ(parser.pending_bulk_bytes(), 100000u + 2 - 3);
  ASSERT_TRUE(parser.FindPendingBulk(&bulk));
  EXPECT_EQ(bulk.offset, input.size() - 3);
  EXPECT_EQ(bulk.size_bytes, 100000u);
}

TEST(ParserTest, TakesABulkThatWasReceivedElsewhere) {
  RequestParser parser;
  std::vector<Bytes> args;
  size_t consumed;
  RequestParser::PendingBulk bulk;
  std::string input = "*3\r\n$3\r\nSET\r\n$70000\r\nabc";
  ASSERT_EQ(parser.Parse(input, {}, &consumed, &args), ParseStatus::kNeedMore);
  ASSERT_TRUE(parser.FindPendingBulk(&bulk));
  const std::string payload(70000, 'p');
  input.resize(bulk.offset);
  parser.SupplyPendingBulk(payload);
  EXPECT_EQ(parser.pending_bulk_bytes(), 2u);
  EXPECT_FALSE(parser.FindPendingBulk(&bulk));
  input += "\r";
  ASSERT_EQ(parser.Parse(input, {}, &consumed, &args), ParseStatus::kNeedMore);
  EXPECT_EQ(parser.pending_bulk_bytes(), 1u);
  input += "\n$1\r\nv\r\nPING\r\n";
  ASSERT_EQ(parser.Parse(input, {}, &consumed, &args), ParseStatus::kRequest);
  ASSERT_EQ(args.size(), 3u);
  EXPECT_EQ(args[0], "SET");
  EXPECT_EQ(args[1].data(), payload.data());
  EXPECT_EQ(args[1].size(), payload.size());
  EXPECT_EQ(args[2], "v");
  EXPECT_EQ(input.substr(consumed), "PING\r\n");
}

TEST(ParserTest, InlineWordsLiveUntilReleased) {
  RequestParser parser;
  std::vector<Bytes> args;
  size_t consumed;
  std::string input = "SET first-key-of-some-length value\r\nGET second\r\nhalf";
  ASSERT_EQ(parser.Parse(input, {}, &consumed, &args), ParseStatus::kRequest);
  input.erase(0, consumed);
  ASSERT_EQ(parser.Parse(input, {}, &consumed, &args), ParseStatus::kRequest);
  input.erase(0, consumed);
  ASSERT_EQ(parser.Parse(input, {}, &consumed, &args), ParseStatus::kNeedMore);
  EXPECT_EQ(args, (std::vector<Bytes>{"SET", "first-key-of-some-length", "value", "GET",
                                      "second"}));
  parser.ReleaseViews();
  EXPECT_TRUE(parser.is_inside_request());
  args.clear();
  input += " done\r\n";
  ASSERT_EQ(parser.Parse(input, {}, &consumed, &args), ParseStatus::kRequest);
  EXPECT_EQ(args, (std::vector<Bytes>{"half", "done"}));
}

// Quadratic work would take hours here.
TEST(ParserTest, HugeRequestsInPiecesTakeLinearTime) {
  RequestParser parser;
  std::vector<Bytes> args;
  size_t consumed = 0;
  std::string input = "*200001\r\n$67108864\r\n" + std::string(64 << 20, '\r') + "\r\n";
  for (int i = 0; i < 200000; ++i) input += "$1\r\nw\r\n";
  for (size_t size = 64; size < input.size(); size += 1024) {
    ASSERT_EQ(parser.Parse(Bytes(input).substr(0, size), {}, &consumed, &args),
              ParseStatus::kNeedMore);
  }
  ASSERT_EQ(parser.Parse(input, {}, &consumed, &args), ParseStatus::kRequest);
  EXPECT_EQ(consumed, input.size());
  EXPECT_EQ(args.size(), 200001u);
}

TEST(ParserTest, ResetForgetsAHalfReadRequest) {
  RequestParser parser;
  std::vector<Bytes> args;
  size_t consumed;
  ASSERT_EQ(parser.Parse("*2\r\n$3\r\nGET", {}, &consumed, &args),
            ParseStatus::kNeedMore);
  EXPECT_TRUE(parser.is_inside_request());
  parser.Reset();
  ASSERT_EQ(parser.Parse("PING\r\n", {}, &consumed, &args), ParseStatus::kRequest);
  EXPECT_EQ(args, std::vector<Bytes>{"PING"});
}

}  // namespace
}  // namespace skarn

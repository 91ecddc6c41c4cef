// SPDX-License-Identifier: BSD-3-Clause
#include "resp/reply_writer.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "resp/reply_errors.h"

namespace skarn {
namespace {

std::string Written(int protocol, const std::function<void(ReplyWriter&)>& write) {
  OutputBuffer buffer;
  ReplyWriter reply(buffer, protocol);
  write(reply);
  return std::string(buffer.contiguous());
}

void ExpectReply(const std::string& resp2, const std::string& resp3,
                 const std::function<void(ReplyWriter&)>& write) {
  EXPECT_EQ(Written(2, write), resp2);
  EXPECT_EQ(Written(3, write), resp3);
}

void ExpectSame(const std::string& bytes,
                const std::function<void(ReplyWriter&)>& write) {
  ExpectReply(bytes, bytes, write);
}

TEST(ReplyWriterTest, WritesWhatBothProtocolsShare) {
  ExpectSame("+OK\r\n", [](ReplyWriter& r) { r.Ok(); });
  ExpectSame("+QUEUED\r\n", [](ReplyWriter& r) { r.Queued(); });
  ExpectSame("+a  b\r\n", [](ReplyWriter& r) { r.SimpleString("a\r\nb"); });
  ExpectSame("*0\r\n", [](ReplyWriter& r) { r.EmptyArray(); });
  ExpectSame("*3\r\n", [](ReplyWriter& r) { r.ArrayHeader(3); });
  ExpectSame("*123456\r\n", [](ReplyWriter& r) { r.ArrayHeader(123456); });
  ExpectSame("$0\r\n\r\n", [](ReplyWriter& r) { r.Bulk(""); });
  ExpectSame("$3\r\na\r\n\r\n", [](ReplyWriter& r) { r.Bulk("a\r\n"); });
  ExpectSame("$2\r\n-7\r\n", [](ReplyWriter& r) { r.BulkInteger(-7); });
  ExpectSame("$3\r\n1.1\r\n", [](ReplyWriter& r) { r.HumanLongDouble(1.1L); });
  for (const size_t size : {9u, 10u, 99u, 100u, 999u, 1000u, 70000u}) {
    const std::string value(size, 'v');
    ExpectSame("$" + std::to_string(size) + "\r\n" + value + "\r\n",
               [&](ReplyWriter& r) { r.Bulk(value); });
  }
}

TEST(ReplyWriterTest, WritesIntegersOfEverySize) {
  for (const int64_t value :
       {int64_t{0}, int64_t{9}, int64_t{10}, int64_t{-1}, int64_t{-10}, int64_t{12345},
        std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    ExpectSame(":" + std::to_string(value) + "\r\n",
               [&](ReplyWriter& r) { r.Integer(value); });
  }
}

TEST(ReplyWriterTest, WritesTypesTheProtocolsSpellDifferently) {
  ExpectReply("$-1\r\n", "_\r\n", [](ReplyWriter& r) { r.Null(); });
  ExpectReply("*-1\r\n", "_\r\n", [](ReplyWriter& r) { r.NullArray(); });
  ExpectReply("*4\r\n", "%2\r\n", [](ReplyWriter& r) { r.MapHeader(2); });
  ExpectReply("*2\r\n", "~2\r\n", [](ReplyWriter& r) { r.SetHeader(2); });
  ExpectReply("*3\r\n", ">3\r\n", [](ReplyWriter& r) { r.PushHeader(3); });
  ExpectReply(":1\r\n", "#t\r\n", [](ReplyWriter& r) { r.Boolean(true); });
  ExpectReply(":0\r\n", "#f\r\n", [](ReplyWriter& r) { r.Boolean(false); });
  ExpectReply("$3\r\n1.5\r\n", ",1.5\r\n", [](ReplyWriter& r) { r.Double(1.5); });
  ExpectReply("$4\r\n-inf\r\n", ",-inf\r\n", [](ReplyWriter& r) { r.Double(-INFINITY); });
  ExpectReply("$3\r\n123\r\n", "(123\r\n", [](ReplyWriter& r) { r.BigNumber("123"); });
  ExpectReply("$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n",
              [](ReplyWriter& r) { r.Verbatim("txt", "hi"); });
  ExpectReply("", "|1\r\n",
              [](ReplyWriter& r) { EXPECT_EQ(r.AttributeHeader(1), r.protocol() == 3); });
}

TEST(ReplyWriterTest, KeepsErrorsOnOneLineWithACode) {
  ExpectSame("-ERR syntax error\r\n", [](ReplyWriter& r) { r.Error(kSyntaxError); });
  ExpectSame("-ERR no code\r\n", [](ReplyWriter& r) { r.Error("no code"); });
  ExpectSame("-MOVED 1 a  b\r\n", [](ReplyWriter& r) { r.Error("-MOVED 1 a\r\nb"); });
  ExpectSame("-ERR a  b\r\n", [](ReplyWriter& r) { r.Error("a\r\nb"); });
  ExpectSame("--FOO a\r\n", [](ReplyWriter& r) { r.RawError("-FOO a"); });
  ExpectSame("-\r\n", [](ReplyWriter& r) { r.RawError(""); });
  ExpectSame("-ERR wrong number of arguments for 'get' command\r\n",
             [](ReplyWriter& r) { r.Error(WrongArgumentCount("get")); });
}

TEST(ReplyWriterTest, CountsErrorsAndKnowsTheLastCode) {
  OutputBuffer buffer;
  ReplyWriter reply(buffer, 2);
  EXPECT_EQ(reply.error_count(), 0u);
  EXPECT_EQ(reply.last_error_code(), "");
  reply.Error(kWrongType);
  EXPECT_EQ(reply.last_error_code(), "WRONGTYPE");
  reply.Error("plain");
  EXPECT_EQ(reply.last_error_code(), "ERR");
  reply.RawError("-x y");
  EXPECT_EQ(reply.last_error_code(), "-x");
  reply.RawError(std::string(100, 'C'));
  EXPECT_EQ(reply.last_error_code(), std::string(31, 'C'));
  EXPECT_EQ(reply.error_count(), 4u);
}

TEST(ReplyWriterTest, FillsInDeferredCounts) {
  for (const size_t count : {0u, 1u, 9u, 10u, 12345u}) {
    const std::string text = std::to_string(count);
    const auto write = [&](ReplyWriter& r) {
      r.Integer(1);
      const ReplyWriter::Deferred deferred = r.BeginDeferredArray();
      for (size_t i = 0; i < count; ++i) r.Bulk("x");
      r.EndDeferred(deferred, count);
      r.Integer(2);
    };
    std::string expected = ":1\r\n*" + text + "\r\n";
    for (size_t i = 0; i < count; ++i) expected += "$1\r\nx\r\n";
    ExpectSame(expected + ":2\r\n", write);
  }
}

TEST(ReplyWriterTest, NestsDeferredCountsOfAllKinds) {
  const auto write = [](ReplyWriter& r) {
    const ReplyWriter::Deferred map = r.BeginDeferredMap();
    r.Bulk("set");
    const ReplyWriter::Deferred set = r.BeginDeferredSet();
    for (int i = 0; i < 11; ++i) r.Integer(i);
    r.EndDeferred(set, 11);
    r.Bulk("push");
    const ReplyWriter::Deferred push = r.BeginDeferredPush();
    r.EndDeferred(push, 0);
    r.EndDeferred(map, 2);
  };
  std::string numbers;
  for (int i = 0; i < 11; ++i) numbers += ":" + std::to_string(i) + "\r\n";
  ExpectReply("*4\r\n$3\r\nset\r\n*11\r\n" + numbers + "$4\r\npush\r\n*0\r\n",
              "%2\r\n$3\r\nset\r\n~11\r\n" + numbers + "$4\r\npush\r\n>0\r\n", write);
}

TEST(ReplyWriterTest, SendsBigBulksByReference) {
  static int released = 0;
  const std::string big(50000, 'b');
  OutputBuffer buffer;
  ReplyWriter reply(buffer, 3);
  const ReplyWriter::Deferred deferred = reply.BeginDeferredArray();
  for (int i = 0; i < 12; ++i) {
    reply.BulkReference(
        big, [](void*) { ++released; }, nullptr);
  }
  reply.EndDeferred(deferred, 12);
  std::string sent;
  iovec pieces[64];
  const size_t used = buffer.FillIovecs(pieces, 64);
  for (size_t i = 0; i < used; ++i) {
    sent.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  std::string expected = "*12\r\n";
  for (int i = 0; i < 12; ++i) expected += "$50000\r\n" + big + "\r\n";
  EXPECT_EQ(sent, expected);
  buffer.Consume(sent.size());
  EXPECT_EQ(released, 12);
}

}  // namespace
}  // namespace skarn

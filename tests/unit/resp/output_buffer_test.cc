// SPDX-License-Identifier: BSD-3-Clause
#include "resp/output_buffer.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/random.h"

namespace skarn {
namespace {

void CountRelease(void* cookie) {
  ++*static_cast<int*>(cookie);
}

// What would be sent, read `iovec_count` pieces at a time.
std::string Pending(const OutputBuffer& buffer, size_t iovec_count = 64) {
  iovec pieces[64];
  const size_t used = buffer.FillIovecs(pieces, iovec_count);
  std::string sent;
  for (size_t i = 0; i < used; ++i) {
    EXPECT_GT(pieces[i].iov_len, 0u);
    sent.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  return sent;
}

TEST(OutputBufferTest, KeepsBytesInOrderWhileGrowing) {
  OutputBuffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(Pending(buffer), "");
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    const std::string piece = std::to_string(i) + ",";
    buffer.Append(piece);
    expected += piece;
  }
  EXPECT_EQ(Pending(buffer), expected);
  buffer.Consume(100);
  EXPECT_EQ(Pending(buffer), expected.substr(100));
  EXPECT_EQ(buffer.contiguous(), expected.substr(100));
  buffer.Consume(expected.size() - 100);
  EXPECT_TRUE(buffer.empty());
}

TEST(OutputBufferTest, StartsInTheCallersBlock) {
  char block[64];
  OutputBuffer buffer(block, sizeof block);
  buffer.Append("hello");
  EXPECT_EQ(buffer.contiguous().data(), block);
  buffer.Append(std::string(100, 'x'));
  EXPECT_NE(buffer.contiguous().data(), block);
  EXPECT_EQ(Pending(buffer), "hello" + std::string(100, 'x'));
}

TEST(OutputBufferTest, SendsReferencesInTheirPlace) {
  const std::string big(1000, 'B');
  int released = 0;
  OutputBuffer buffer;
  buffer.Append("one ");
  buffer.AppendReference(big, &CountRelease, &released);
  buffer.Append(" two ");
  buffer.AppendReference("three", &CountRelease, &released);
  buffer.AppendReference("four", &CountRelease, &released);
  buffer.AppendReference("", &CountRelease, &released);
  EXPECT_EQ(released, 1);
  const std::string expected = "one " + big + " two threefour";
  EXPECT_EQ(buffer.pending_bytes(), expected.size());
  EXPECT_EQ(Pending(buffer), expected);
  EXPECT_EQ(Pending(buffer, 1), "one ");
  EXPECT_EQ(Pending(buffer, 3), "one " + big + " two ");
  buffer.Consume(4 + 500);
  EXPECT_EQ(Pending(buffer), expected.substr(504));
  EXPECT_EQ(released, 1);
  buffer.Consume(500);
  EXPECT_EQ(released, 2);
  buffer.Consume(5 + 5);
  EXPECT_EQ(released, 3);
  buffer.Append("!");
  EXPECT_EQ(Pending(buffer), "four!");
  buffer.Clear();
  EXPECT_EQ(released, 4);
  EXPECT_TRUE(buffer.empty());
}

TEST(OutputBufferTest, MovesAndDiesWithoutLosingReferences) {
  int released = 0;
  {
    OutputBuffer first;
    first.Append("a");
    first.AppendReference("bc", &CountRelease, &released);
    OutputBuffer second = std::move(first);
    EXPECT_TRUE(first.empty());
    EXPECT_EQ(Pending(second), "abc");
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

TEST(OutputBufferTest, ReplaceMovesWhatIsBehind) {
  int released = 0;
  OutputBuffer buffer;
  buffer.Append("skip");
  buffer.Consume(2);
  buffer.Append("[*]");
  buffer.AppendReference("REF", &CountRelease, &released);
  buffer.Append("tail");
  buffer.Replace(3, 1, "12345");
  EXPECT_EQ(Pending(buffer), "ip[12345]REFtail");
  buffer.Replace(3, 5, "");
  EXPECT_EQ(Pending(buffer), "ip[]REFtail");
}

TEST(OutputBufferTest, TruncateDropsReferencesToo) {
  int released = 0;
  OutputBuffer buffer;
  buffer.Append("keep");
  const size_t position = buffer.position();
  buffer.Append("$3\r\n");
  buffer.AppendReference("REF", &CountRelease, &released);
  buffer.Append("\r\n");
  buffer.Truncate(position);
  EXPECT_EQ(released, 1);
  EXPECT_EQ(Pending(buffer), "keep");
  EXPECT_FALSE(buffer.has_references());
}

TEST(OutputBufferTest, GivesBackMemoryOnlyWhenEmpty) {
  OutputBuffer buffer;
  buffer.Append(std::string(100000, 'x'));
  buffer.ShrinkIfEmpty(1000);
  EXPECT_EQ(buffer.pending_bytes(), 100000u);
  buffer.Consume(100000);
  buffer.ShrinkIfEmpty(1 << 20);
  EXPECT_GT(buffer.capacity(), 0u);
  buffer.ShrinkIfEmpty(1000);
  EXPECT_EQ(buffer.capacity(), 0u);
  buffer.Append("again");
  EXPECT_EQ(Pending(buffer), "again");
}

TEST(OutputBufferTest, RandomUseAgreesWithAString) {
  constexpr uint64_t kSeed = 5;
  Random random(kSeed);
  const std::string source(5000, 'r');
  int released = 0;
  int referenced = 0;
  OutputBuffer buffer;
  std::string model;
  for (int i = 0; i < 20000; ++i) {
    const size_t size = 1 + random.Below(random.Below(10) == 0 ? 4000 : 40);
    if (random.Below(5) == 0) {
      buffer.AppendReference(Bytes(source).substr(0, size), &CountRelease, &released);
      model.append(source, 0, size);
      ++referenced;
    } else {
      const std::string piece(size, static_cast<char>('a' + i % 26));
      buffer.Append(piece);
      model += piece;
    }
    const size_t sent = random.Below(std::min<size_t>(model.size(), 500) + 1);
    buffer.Consume(sent);
    model.erase(0, sent);
    ASSERT_EQ(buffer.pending_bytes(), model.size());
    if (model.size() > 20000) {
      buffer.Consume(model.size());
      model.clear();
      ASSERT_EQ(released, referenced);
    }
    if (i % 50 == 0) {
      const std::string start = Pending(buffer);
      ASSERT_EQ(start, model.substr(0, start.size()));
    }
  }
}

}  // namespace
}  // namespace skarn

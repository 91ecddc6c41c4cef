// SPDX-License-Identifier: BSD-3-Clause
#include "command/bulk_receiver.h"

#include <algorithm>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "base/memory.h"
#include "net/block_pool.h"

namespace skarn {
namespace {

// A client's side of it: an input, its parser and what receives the big bulks.
class BulkReceiverTest : public ::testing::Test {
 protected:
  BulkReceiverTest() {
    input_.block = std::make_unique_for_overwrite<char[]>(kIoBlockBytes);
    input_.capacity = kIoBlockBytes;
  }

  // Takes bytes as an event loop does. Returns what did not fit.
  Bytes Receive(Bytes bytes) {
    const size_t count = std::min(bytes.size(), input_.room());
    std::memcpy(input_.tail(), bytes.data(), count);
    input_.Added(count);
    return bytes.substr(count);
  }
  ParseStatus Parse() {
    args_.clear();
    return parser_.Parse(input_.bytes(), {}, &consumed_, &args_);
  }
  bool Open() {
    RequestParser::PendingBulk bulk;
    return parser_.FindPendingBulk(&bulk) && bulks_->Open(bulk, input_);
  }

  // MSET with two big values; all but the last line end is here.
  void ReceiveTwoBulks() {
    Receive("*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$100000\r\n" + first_.substr(0, 7));
    ASSERT_EQ(Parse(), ParseStatus::kNeedMore);
    ASSERT_TRUE(Open());
    ASSERT_TRUE(Receive(Bytes(first_).substr(7)).empty());
    bulks_->CloseIfFull(input_, parser_);
    Receive("\r\n$1\r\nb\r\n$70000\r\n");
    ASSERT_EQ(Parse(), ParseStatus::kNeedMore);
    ASSERT_TRUE(Open());
    ASSERT_TRUE(Receive(second_).empty());
    bulks_->CloseIfFull(input_, parser_);
    ASSERT_EQ(input_.sink, nullptr);
  }
  std::string Request() const {
    return "*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$100000\r\n" + first_ +
           "\r\n$1\r\nb\r\n$70000\r\n" + second_;
  }

  const std::string first_ = std::string(99999, 'x') + "\n";
  const std::string second_ = "\r" + std::string(69999, 'y');
  InputBuffer input_;
  RequestParser parser_;
  std::unique_ptr<BulkReceiver> bulks_ = std::make_unique<BulkReceiver>();
  size_t consumed_ = 0;
  std::vector<Bytes> args_;
};

TEST_F(BulkReceiverTest, ReceivesPayloadsIntoBlobs) {
  ReceiveTwoBulks();
  EXPECT_EQ(bulks_->received_bytes(), 170000u);
  Receive("\r\nPING\r\n");
  ASSERT_EQ(Parse(), ParseStatus::kRequest);
  ASSERT_EQ(args_.size(), 5u);
  EXPECT_EQ(args_[2], first_);
  EXPECT_EQ(args_[2].data(), bulks_->blobs()[0]->data());
  EXPECT_EQ(args_[4], second_);
  EXPECT_EQ(args_[4].data(), bulks_->blobs()[1]->data());
  EXPECT_EQ(input_.bytes().substr(consumed_), "PING\r\n");
}

TEST_F(BulkReceiverTest, TakesNothingBehindThePayload) {
  Receive("*2\r\n$4\r\nECHO\r\n$100000\r\n");
  ASSERT_EQ(Parse(), ParseStatus::kNeedMore);
  ASSERT_TRUE(Open());
  EXPECT_EQ(bulks_->missing_bytes(), 100000u);
  EXPECT_TRUE(Receive(Bytes(first_).substr(0, 60000)).empty());
  bulks_->CloseIfFull(input_, parser_);
  EXPECT_EQ(bulks_->missing_bytes(), 40000u);
  EXPECT_EQ(bulks_->received_bytes(), 60000u);
  EXPECT_EQ(Receive(first_.substr(60000) + "\r\n"), "\r\n");
  bulks_->CloseIfFull(input_, parser_);
  EXPECT_EQ(bulks_->missing_bytes(), 0u);
  EXPECT_EQ(parser_.pending_bulk_bytes(), 2u);
}

TEST_F(BulkReceiverTest, PutsCompletePayloadsBack) {
  ReceiveTwoBulks();
  Receive("\r\n*1\r\n");
  ASSERT_TRUE(bulks_->PutBack(input_));
  EXPECT_EQ(input_.bytes(), Request() + "\r\n*1\r\n");
  bulks_.reset();
  parser_.Reset();
  ASSERT_EQ(Parse(), ParseStatus::kRequest);
  EXPECT_EQ(args_[2], first_);
  EXPECT_EQ(args_[4], second_);
}

TEST_F(BulkReceiverTest, PutsHalfAPayloadBack) {
  Receive("*2\r\n$4\r\nECHO\r\n$100000\r\nxxx");
  ASSERT_EQ(Parse(), ParseStatus::kNeedMore);
  ASSERT_TRUE(Open());
  Receive("xxxx");
  bulks_->CloseIfFull(input_, parser_);
  ASSERT_TRUE(bulks_->PutBack(input_));
  EXPECT_EQ(input_.bytes(), "*2\r\n$4\r\nECHO\r\n$100000\r\nxxxxxxx");
  EXPECT_EQ(input_.sink, nullptr);
  EXPECT_EQ(input_.capacity, kIoBlockBytes);
}

TEST_F(BulkReceiverTest, FreesWhatNobodyTookOver) {
  const int64_t before = memory::UsedBytesNow();
  ReceiveTwoBulks();
  EXPECT_GE(memory::UsedBytesNow(), before + 170000);
  Blob* const kept = bulks_->blobs()[1];
  kept->Reference();
  bulks_.reset();
  EXPECT_FALSE(kept->IsShared());
  EXPECT_EQ(kept->bytes(), second_);
  kept->Release();
  EXPECT_EQ(memory::UsedBytesNow(), before);
}

}  // namespace
}  // namespace skarn

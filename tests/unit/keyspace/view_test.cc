// SPDX-License-Identifier: BSD-3-Clause
#include "keyspace/view.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "keyspace_fixture.h"

namespace skarn {
namespace {

class ViewTest : public KeyspaceFixture {
 protected:
  Blob* MakeBlob(const std::string& value) {
    Blob* blob = Blob::Create(value.size(), value.size());
    value.copy(blob->data(), value.size());
    return blob;
  }
  void PutView(const std::string& key, Bytes value) {
    const Key made = MakeKey(key);
    Found found = view_.FindForWrite(made);
    view_.PutString(made, found, value, kNoExpiry);
  }
};

TEST_F(ViewTest, TakesOverABlobThatWasOffered) {
  const std::string big(100000, 'b');
  const std::vector<Blob*> blobs = {MakeBlob(big), MakeBlob(big)};
  view_.OfferBlobs(blobs);
  PutView("second", blobs[1]->bytes());
  PutView("first", blobs[0]->bytes());
  view_.OfferBlobs({});
  EXPECT_EQ(Peek("first")->blob(), blobs[0]);
  EXPECT_EQ(Peek("second")->blob(), blobs[1]);
  for (Blob* blob : blobs) {
    EXPECT_TRUE(blob->IsShared());
    blob->Release();
    EXPECT_FALSE(blob->IsShared());
  }
  // It is changed in place now.
  const Key key = MakeKey("first");
  Found found = view_.FindForWrite(key);
  EXPECT_EQ(view_.EditBytes(key, found, big.size() - 1, Encoding::kRawBytes),
            blobs[0]->data());
}

TEST_F(ViewTest, CopiesWhatIsNotAWholeBlobOfTheOffer) {
  const std::string big(100000, 'b');
  const std::vector<Blob*> blobs = {MakeBlob(big)};
  view_.OfferBlobs(blobs);
  PutView("copy", big);
  PutView("part", blobs[0]->bytes().substr(0, 99999));
  view_.OfferBlobs({});
  PutView("later", blobs[0]->bytes());
  EXPECT_FALSE(blobs[0]->IsShared());
  blobs[0]->Release();
  EXPECT_EQ(Peek("copy")->value(), big);
  EXPECT_EQ(Peek("part")->value(), big.substr(1));
  EXPECT_EQ(Peek("later")->value(), big);
}

TEST_F(ViewTest, ABlobMayGoToSeveralKeysAndIsThenReplacedNotChanged) {
  const std::string big(100000, 'b');
  const std::vector<Blob*> blobs = {MakeBlob(big)};
  view_.OfferBlobs(blobs);
  PutView("one", blobs[0]->bytes());
  PutView("two", blobs[0]->bytes());
  view_.OfferBlobs({});
  blobs[0]->Release();
  const Key key = MakeKey("one");
  Found found = view_.FindForWrite(key);
  *view_.EditBytes(key, found, big.size(), Encoding::kRawBytes) = 'x';
  EXPECT_EQ(Peek("two")->value(), big);
}

TEST_F(ViewTest, TheTimeOfOneWorkerIsTheTimeOfAll) {
  const ExpiryMillis now = NowMillis();
  EXPECT_EQ(keyspace_.AdvanceClock(now), now);
  view_.SetNow(now);
  EXPECT_EQ(keyspace_.AdvanceClock(now + 5), now + 5);
  EXPECT_EQ(keyspace_.AdvanceClock(now), now + 5) << "read before, told later";
  view_.CatchUp();
  EXPECT_EQ(view_.now(), now + 5);
}

TEST_F(ViewTest, TheTimeFollowsAClockThatIsSetBack) {
  const ExpiryMillis before = NowMillis();
  {
    ClockShift shift(60000);
    EXPECT_GE(keyspace_.AdvanceClock(NowMillis()), before + 60000);
  }
  const ExpiryMillis after = keyspace_.AdvanceClock(NowMillis());
  EXPECT_GE(after, before);
  EXPECT_LT(after, before + 30000);
}

}  // namespace
}  // namespace skarn

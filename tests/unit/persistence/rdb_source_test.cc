// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/rdb_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include <gtest/gtest.h>

#include "persistence/rdb_reader.h"
#include "tests/unit/persistence/test_data.h"

namespace skarn {
namespace {

TEST(RdbSourceTest, ReadsAFileFromWhereItsDescriptorStands) {
  const std::string bytes = ReadTestData("all-types-v80.rdb");
  const int fd = open(SKARN_TEST_DATA "/all-types-v80.rdb", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(lseek(fd, 9, SEEK_SET), 9);
  FileRdbSource source(fd);
  EXPECT_EQ(source.size_bytes(), bytes.size() - 9);
  RdbReader reader(source, 1000);
  EXPECT_EQ(reader.Raw(bytes.size() - 9), Bytes(bytes).substr(9));
  EXPECT_TRUE(reader.AtEnd());
  EXPECT_TRUE(reader.ok());
  close(fd);
}

TEST(RdbSourceTest, KnowsNoSizeOfAPipe) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(write(ends[1], "\x05hello", 6), 6);
  close(ends[1]);
  FileRdbSource source(ends[0]);
  EXPECT_FALSE(source.size_bytes());
  RdbReader reader(source, 2);
  EXPECT_EQ(reader.String(), "hello");
  EXPECT_TRUE(reader.AtEnd());
  close(ends[0]);
}

TEST(RdbSourceTest, TellsWhyAReadFails) {
  FileRdbSource source(-1);
  RdbReader reader(source);
  reader.Byte();
  EXPECT_EQ(reader.status().error().text, "offset 0: read: Bad file descriptor");
}

}  // namespace
}  // namespace skarn

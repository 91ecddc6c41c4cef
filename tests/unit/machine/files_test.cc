// SPDX-License-Identifier: BSD-3-Clause
#include "machine/files.h"

#include <sys/stat.h>

#include "tests/unit/machine/machine_tree.h"

namespace skarn {
namespace {

TEST(MachineFilesTest, LinksInATreeLeadNowhereElse) {
  MachineTree inside, outside;
  outside.Write("secret", "of the host\n");
  inside.Write("a/secret", "of the tree\n");
  const std::string name = outside.root().substr(1);  // "tmp/...".
  inside.Write(name + "/secret", "of the tree\n");
  std::filesystem::create_symlink(outside.root(), inside.root() + "/absolute");
  std::filesystem::create_symlink("../../../../../.." + outside.root(),
                                  inside.root() + "/a/up");
  std::filesystem::create_symlink(outside.root() + "/secret", inside.root() + "/last");
  const MachineFiles files = inside.files();
  for (const auto path : {"/absolute/secret", "/a/up/secret", "/last", "/a/../a/secret",
                          "/../../absolute/./secret", "//a//secret"}) {
    EXPECT_EQ(files.ReadLine(path), "of the tree") << path;
    EXPECT_TRUE(files.PathOf(path).starts_with(inside.root() + "/")) << path;
  }
  EXPECT_EQ(files.List("/absolute"), std::vector<std::string>{"secret"});
  EXPECT_FALSE(files.ReadWhole("/last").has_value());  // The last part is not followed.
}

TEST(MachineFilesTest, CirclesOfLinksEnd) {
  MachineTree tree;
  std::filesystem::create_symlink("b", tree.root() + "/a");
  std::filesystem::create_symlink("a", tree.root() + "/b");
  std::filesystem::create_symlink("self/self", tree.root() + "/self");
  const MachineFiles files = tree.files();
  for (const auto path : {"/a", "/a/x", "/self", "/self/x"}) {
    EXPECT_FALSE(files.Read(path).has_value()) << path;
    EXPECT_TRUE(files.List(path).empty()) << path;
    EXPECT_FALSE(files.Exists(std::string(path) + "/y")) << path;
  }
}

TEST(MachineFilesTest, OnlyRegularFilesAreRead) {
  MachineTree tree;
  tree.Write("folder/file", "x");
  ASSERT_EQ(mkfifo((tree.root() + "/pipe").c_str(), 0600), 0);
  const MachineFiles files = tree.files();
  for (const auto path : {"/folder", "/pipe"}) {
    EXPECT_FALSE(files.Read(path).has_value()) << path;
    EXPECT_FALSE(files.ReadWhole(path).has_value()) << path;
  }
  const auto absent = files.ReadWhole("/nosuch");
  ASSERT_TRUE(absent.has_value());
  EXPECT_FALSE(absent->has_value());
  const MachineFiles live;
  EXPECT_TRUE(live.is_live());
  EXPECT_FALSE(live.Read("/dev/zero").has_value());
}

TEST(MachineFilesTest, HalfALineOrFileIsNone) {
  MachineTree tree;
  tree.Write("long", std::string(5000, '1'));
  tree.Write("page", std::string(4096, '1') + "\n2\n");
  EXPECT_FALSE(tree.files().ReadLine("/long").has_value());
  EXPECT_EQ(tree.files().ReadLine("/page")->size(), 4096u);
  EXPECT_EQ(tree.files().Read("/long", 10)->size(), 10u);
  EXPECT_FALSE(tree.files().ReadWhole("/long", 4999).has_value());
  EXPECT_EQ((*tree.files().ReadWhole("/long", 5000))->size(), 5000u);
}

TEST(MachineFilesTest, TheRootOfTheSystemIsLiveHoweverItIsWritten) {
  for (const auto root : {"/", "//", "/./", "/tmp/.."}) {
    EXPECT_TRUE(MachineFiles(root).is_live()) << root;
  }
  EXPECT_FALSE(MachineFiles("/tmp").is_live());
}

}  // namespace
}  // namespace skarn

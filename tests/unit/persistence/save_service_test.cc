// SPDX-License-Identifier: BSD-3-Clause

#include "persistence/save_service.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <semaphore>
#include <set>

#include <gtest/gtest.h>

#include "base/memory.h"
#include "command/executor.h"

namespace skarn {
namespace {

namespace fs = std::filesystem;

constexpr size_t kWorker = 0;  // This thread, in the gate.
constexpr size_t kSaver = 1;

// Stops the first fsync that comes after Arm until Release.
class SlowDisk {
 public:
  void Arm() { is_armed_.store(true); }
  void AwaitFsync() { arrived_.acquire(); }
  void Release() { released_.release(); }
  void OnFsync() {
    if (!is_armed_.exchange(false)) return;
    arrived_.release();
    released_.acquire();
  }

 private:
  std::atomic<bool> is_armed_{false};
  std::binary_semaphore arrived_{0}, released_{0};
};

SlowDisk& Disk() {
  static SlowDisk disk;
  return disk;
}

}  // namespace
}  // namespace skarn

// In place of that of the C library.
extern "C" int fsync(int fd) {
  skarn::Disk().OnFsync();
  return static_cast<int>(syscall(SYS_fsync, fd));
}

namespace skarn {
namespace {

class SaveServiceTest : public ::testing::Test {
 protected:
  SaveServiceTest() : server_(16, 1 + kSaversMax) {
    char name[] = "/tmp/skarn-save-XXXXXX";
    directory_ = mkdtemp(name);
    fs::create_directory(directory_ / "other");
    before_ = fs::current_path();
    fs::current_path(directory_);
    auto worker = Worker::Create({}, server_.gate);
    worker_ = *std::move(worker);
    executor_ = std::make_unique<Executor>(server_, *worker_);
    server_.executors.push_back(executor_.get());
    saves_ = std::make_unique<SaveService>(server_, kSaver);
  }
  ~SaveServiceTest() override {
    saves_.reset();
    fs::current_path(before_);
    fs::remove_all(directory_);
  }

  void Put(const std::string& name, const std::string& value) {
    const Key key = MakeKey(name);
    Found found = executor_->view().FindForWrite(key);
    executor_->view().PutString(key, found, value, kNoExpiry);
    executor_->view().Changed(key, EventKind::kNone, "");
  }

  // Begins a save, and returns when its file is complete but for the fsync.
  void StartUpToFsync() {
    Disk().Arm();
    {
      GateLock lock(server_.gate, kWorker);
      ASSERT_TRUE(saves_->StartBackground());
    }
    Disk().AwaitFsync();
  }
  void Finish() {
    Disk().Release();
    saves_->Join();
  }

  static std::set<std::string> Names(const fs::path& directory) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory)) {
      if (entry.is_regular_file()) names.insert(entry.path().filename());
    }
    return names;
  }
  static std::string Content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  using Set = std::set<std::string>;

  memory::ThreadCache cache_;  // Outlives the keyspace.
  fs::path directory_, before_;
  ServerState server_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<SaveService> saves_;
};

TEST_F(SaveServiceTest, InstallsTheFile) {
  Put("key", "value");
  StartUpToFsync();
  Finish();
  EXPECT_EQ(Names("."), Set{"dump.rdb"});
  EXPECT_TRUE(saves_->status().last_ok);
  EXPECT_EQ(saves_->ChangesSinceSave(), 0U);
}

TEST_F(SaveServiceTest, InstallsNothingThatWasCancelledDuringTheFsync) {
  Put("key", "value");
  StartUpToFsync();
  {
    GateLock lock(server_.gate, kWorker);
    EXPECT_TRUE(saves_->CanCancel());
    saves_->Cancel();
    EXPECT_FALSE(saves_->CanCancel());
  }
  Finish();
  EXPECT_EQ(Names("."), Set{});
  EXPECT_TRUE(saves_->status().last_ok);
  EXPECT_EQ(saves_->status().saves, 0U);
}

TEST_F(SaveServiceTest, TheLastSaveIsNotReplacedByOneThatBeganBefore) {
  Put("key", "old");
  StartUpToFsync();
  Put("key", "newest");
  std::string last;
  {
    GateLock lock(server_.gate, kWorker);
    saves_->Cancel();
    ASSERT_TRUE(saves_->SaveNow());
    last = Content("dump.rdb");
  }
  Finish();
  EXPECT_NE(last.find("newest"), std::string::npos);
  EXPECT_EQ(Content("dump.rdb"), last);
  EXPECT_EQ(Names("."), Set{"dump.rdb"});
  EXPECT_EQ(saves_->ChangesSinceSave(), 0U);
}

TEST_F(SaveServiceTest, DirectoryAndNameAreThoseOfTheBeginning) {
  Put("key", "value");
  StartUpToFsync();
  {
    GateLock lock(server_.gate, kWorker);
    fs::current_path("other");
    server_.settings.dbfilename = "another.rdb";
  }
  Finish();
  EXPECT_TRUE(saves_->status().last_ok);
  EXPECT_EQ(Names(directory_), Set{"dump.rdb"});
  EXPECT_EQ(Names("."), Set{});
  StartUpToFsync();
  Finish();
  EXPECT_EQ(Names("."), Set{"another.rdb"});
}

TEST_F(SaveServiceTest, WithoutAThreadTheSaveHasFailed) {
  Put("key", "value");
  saves_->SetSavePoints({{.seconds = 3600, .changes = 1}});
  pthread_attr_t usual, vast;
  pthread_getattr_default_np(&usual);
  pthread_getattr_default_np(&vast);
  // No address space has room for such a stack.
  ASSERT_EQ(pthread_attr_setstacksize(&vast, size_t{1} << 50), 0);
  ASSERT_EQ(pthread_setattr_default_np(&vast), 0);
  {
    GateLock lock(server_.gate, kWorker);
    const Result<> started = saves_->StartBackground();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().text,
              "cannot start a thread: Resource temporarily unavailable");
  }
  pthread_setattr_default_np(&usual);
  EXPECT_FALSE(saves_->IsRunning());
  EXPECT_FALSE(saves_->status().last_ok);
  EXPECT_FALSE(server_.HasConcern(Concern::kSaving));
  EXPECT_TRUE(server_.HasConcern(Concern::kSaveFailed));
  EXPECT_EQ(server_.keyspace.lane(), nullptr);
  StartUpToFsync();
  Finish();
  EXPECT_TRUE(saves_->status().last_ok);
  EXPECT_FALSE(server_.HasConcern(Concern::kSaveFailed));
}

TEST_F(SaveServiceTest, WhoWaitsForACancelledSaveMayHoldTheGate) {
  for (int i = 0; i < 2000; ++i) Put("key" + std::to_string(i), "value");
  server_.settings.rdb_key_save_delay_us = 10'000;  // In all longer than any pause.
  {
    GateLock lock(server_.gate, kWorker);
    ASSERT_TRUE(saves_->StartBackground());
  }
  {
    GateLock lock(server_.gate, kWorker);
    saves_->CancelAndWait();
    EXPECT_EQ(server_.keyspace.lane(), nullptr);
    server_.settings.rdb_key_save_delay_us = 0;
    EXPECT_TRUE(saves_->SaveNow());
  }
  saves_->Join();
  EXPECT_EQ(Names("."), Set{"dump.rdb"});
  EXPECT_EQ(saves_->status().saves, 1U);
}

}  // namespace
}  // namespace skarn

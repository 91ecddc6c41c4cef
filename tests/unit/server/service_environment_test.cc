// SPDX-License-Identifier: BSD-3-Clause
#include "server/service_environment.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

namespace skarn {
namespace {

constexpr const char* kNames[] = {
    "NOTIFY_SOCKET", "WATCHDOG_USEC",  "WATCHDOG_PID", "LISTEN_FDS",
    "LISTEN_PID",    "LISTEN_FDNAMES", "UPSTART_JOB",  "CREDENTIALS_DIRECTORY"};

class ServiceEnvironmentTest : public testing::Test {
 protected:
  ServiceEnvironmentTest() {
    for (const char* name : kNames) unsetenv(name);
  }
  ~ServiceEnvironmentTest() override {
    for (const char* name : kNames) unsetenv(name);
  }
  static void Set(const char* name, const std::string& value) {
    setenv(name, value.c_str(), 1);
  }
  const std::string us_ = std::to_string(getpid());
};

TEST_F(ServiceEnvironmentTest, NothingIsThereByDefault) {
  const ServiceEnvironment found = TakeServiceEnvironment();
  EXPECT_EQ(found.notify_socket, "");
  EXPECT_EQ(found.watchdog_us, 0);
  EXPECT_EQ(found.passed_descriptor_count, 0);
  EXPECT_FALSE(found.is_upstart_job);
  EXPECT_EQ(found.credentials_directory, "");
}

TEST_F(ServiceEnvironmentTest, LeavesNoneOfTheVariablesBehind) {
  for (const char* name : kNames) Set(name, "1");
  TakeServiceEnvironment();
  for (const char* name : kNames) EXPECT_EQ(std::getenv(name), nullptr) << name;
}

TEST_F(ServiceEnvironmentTest, TakesWhatIsMeantForThisProcess) {
  Set("NOTIFY_SOCKET", "@here");
  Set("WATCHDOG_USEC", "30000000");
  Set("WATCHDOG_PID", us_);
  Set("LISTEN_FDS", "2");
  Set("LISTEN_PID", us_);
  const ServiceEnvironment found = TakeServiceEnvironment();
  EXPECT_EQ(found.notify_socket, "@here");
  EXPECT_EQ(found.watchdog_us, 30000000);
  EXPECT_EQ(found.passed_descriptor_count, 2);
}

TEST_F(ServiceEnvironmentTest, LeavesWhatIsMeantForOthers) {
  Set("WATCHDOG_USEC", "30000000");
  Set("WATCHDOG_PID", "1");
  Set("LISTEN_FDS", "2");
  Set("LISTEN_PID", "1");
  EXPECT_EQ(TakeServiceEnvironment().watchdog_us, 0);
  Set("LISTEN_FDS", "2");  // Without a process id, descriptors are for nobody.
  EXPECT_EQ(TakeServiceEnvironment().passed_descriptor_count, 0);
  Set("WATCHDOG_USEC", "30000000");
  EXPECT_EQ(TakeServiceEnvironment().watchdog_us, 30000000);
}

TEST_F(ServiceEnvironmentTest, TakesNonsenseForNothing) {
  for (const char* text : {"", "-1", "0", "x", "99999999999999999999999"}) {
    Set("WATCHDOG_USEC", text);
    Set("LISTEN_FDS", text);
    Set("LISTEN_PID", us_);
    const ServiceEnvironment found = TakeServiceEnvironment();
    EXPECT_EQ(found.watchdog_us, 0) << text;
    EXPECT_EQ(found.passed_descriptor_count, 0) << text;
  }
  Set("LISTEN_FDS", "1000000000");
  Set("LISTEN_PID", us_);
  EXPECT_EQ(TakeServiceEnvironment().passed_descriptor_count, kPassedDescriptorsMax);
}

TEST_F(ServiceEnvironmentTest, ChoosesTheManagerThatIsThere) {
  const ServiceEnvironment none;
  const ServiceEnvironment systemd = {.notify_socket = "/run/notify"};
  const ServiceEnvironment upstart = {.is_upstart_job = true};
  using enum ConfigSupervised;
  for (const ConfigSupervised wanted : {kUpstart, kSystemd, kAuto, kNo}) {
    EXPECT_EQ(SupervisionFor(wanted, none), Supervision::kNone);
  }
  EXPECT_EQ(SupervisionFor(kNo, systemd), Supervision::kNone);
  EXPECT_EQ(SupervisionFor(kUpstart, systemd), Supervision::kNone);
  EXPECT_EQ(SupervisionFor(kSystemd, systemd), Supervision::kSystemd);
  EXPECT_EQ(SupervisionFor(kAuto, systemd), Supervision::kSystemd);
  EXPECT_EQ(SupervisionFor(kAuto, upstart), Supervision::kUpstart);
  EXPECT_EQ(SupervisionFor(kSystemd, upstart), Supervision::kNone);
}

}  // namespace
}  // namespace skarn

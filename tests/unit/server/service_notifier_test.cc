// SPDX-License-Identifier: BSD-3-Clause
#include "server/service_notifier.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace skarn {
namespace {

using Patience = ServiceNotifier::Patience;

TEST(ServiceNotifierTest, SendsOneDatagramAMessage) {
  const std::string name = fmt::format("@skarn-notify-{}", getpid());
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data() + 1, name.size() - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
            0);
  const auto notifier = ServiceNotifier::To(name);
  ASSERT_TRUE(notifier.has_value());
  EXPECT_TRUE(notifier->is_active());
  for (const Bytes message : {"READY=1\nSTATUS=x", "STOPPING=1"}) {
    EXPECT_TRUE(notifier->Send(message, Patience::kNone).has_value());
    char buffer[64];
    const ssize_t size = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
    ASSERT_GT(size, 0);
    EXPECT_EQ(Bytes(buffer, static_cast<size_t>(size)), message);
  }
  close(fd);
  EXPECT_FALSE(notifier->Send("READY=1", Patience::kSome).has_value());
}

TEST(ServiceNotifierTest, RefusesWhatIsNoAddress) {
  for (const std::string& path :
       {std::string(), std::string("/"), std::string("x/y"), std::string("vsock:2:1"),
        "/" + std::string(200, 'x')}) {
    EXPECT_FALSE(ServiceNotifier::To(path).has_value()) << path;
  }
  EXPECT_FALSE(ServiceNotifier().is_active());
  EXPECT_TRUE(ServiceNotifier().Send("READY=1", Patience::kSome).has_value());
}

TEST(ServiceNotifierTest, AStatusIsOneShortLine) {
  EXPECT_EQ(StatusText("one\ntwo\r\x01"), "one two  ");
  EXPECT_LE(StatusText(std::string(100000, 'x')).size(), 1000u);
}

}  // namespace
}  // namespace skarn

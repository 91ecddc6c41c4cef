// SPDX-License-Identifier: BSD-3-Clause
//
// What a CONFIG SET does besides new settings for the workers: sockets, the log, the
// working directory, limits of the process.
#include <errno.h>
#include <unistd.h>

#include <system_error>

#include <fmt/format.h>

#include "base/allocator.h"
#include "base/log.h"
#include "base/memory.h"
#include "server/process.h"
#include "server/process_title.h"
#include "server/server.h"

namespace skarn {

void Server::AddConfigHooks() {
  config_hooks_.Add({ConfigKey::kBind}, [this](const Config&, const Config& after) {
    return Rebind(after, "Failed to bind to specified addresses.");
  });
  config_hooks_.Add({ConfigKey::kPort}, [this](const Config&, const Config& after) {
    return Rebind(after, "Unable to listen on this port. Check server logs.");
  });
  config_hooks_.Add({ConfigKey::kProcTitleTemplate},
                    [this](const Config&, const Config& after) -> Result<> {
                      SetProcessTitle(after, state_->config_file);
                      return {};
                    });
  config_hooks_.Add({ConfigKey::kDir},
                    [](const Config&, const Config& after) -> Result<> {
                      if (chdir(after.String(ConfigKey::kDir).c_str()) == 0) return {};
                      return Fail(std::generic_category().message(errno), errno);
                    });
  config_hooks_.Add({ConfigKey::kMaxclients},
                    [this](const Config& before, const Config& after) {
                      return ChangeMaxClients(before, after);
                    });
  config_hooks_.Add(
      {ConfigKey::kLoglevel, ConfigKey::kLogFormat, ConfigKey::kLogTimestampFormat},
      [](const Config&, const Config& after) { return ApplyLogSettings(after); });
  config_hooks_.Add({ConfigKey::kAllocatorDecayMs},
                    [](const Config&, const Config& after) -> Result<> {
                      allocator::SetDecay(after.Integer(ConfigKey::kAllocatorDecayMs));
                      return {};
                    });
  config_hooks_.Add(
      {ConfigKey::kIoThreads}, [this](const Config&, const Config& after) -> Result<> {
        const auto wanted = static_cast<uint64_t>(after.Integer(ConfigKey::kIoThreads));
        if (wanted == 0) return Fail("argument must be between 1 and 256 inclusive");
        if (wanted == workers_.size()) return {};
        return Fail("the number of workers is fixed while the server runs");
      });
  config_hooks_.Add({ConfigKey::kMaxmemory},
                    [](const Config&, const Config& after) -> Result<> {
                      const int64_t limit = after.Integer(ConfigKey::kMaxmemory);
                      const int64_t used = memory::GetUsage().used_bytes;
                      if (limit != 0 && limit < used) {
                        Log(LogLevel::kWarning,
                            "The new maxmemory value set via CONFIG SET ({}) is smaller "
                            "than the current memory "
                            "usage ({}). Keys are evicted or commands refused, as "
                            "maxmemory-policy says.",
                            limit, used);
                      }
                      return {};
                    });
}

Result<> Server::ChangeMaxClients(const Config& before, const Config& after) {
  const uint64_t wanted = static_cast<uint64_t>(after.Integer(ConfigKey::kMaxclients));
  const uint64_t possible = AdjustOpenFiles(wanted, workers_.size());
  if (possible >= wanted) return {};
  AdjustOpenFiles(static_cast<uint64_t>(before.Integer(ConfigKey::kMaxclients)),
                  workers_.size());
  return Fail(
      fmt::format("The operating system is not able to handle the specified number of "
                  "clients, try with {}",
                  possible));
}

// Without a password nobody is a stranger.
void Server::LetEveryoneIn() {
  for (Executor* executor : state_->executors) {
    executor->ForEachClient([&](Client& client) {
      client.is_authenticated = true;
      executor->UpdateConcerns(client);
    });
  }
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// MONITOR: shows the commands of all clients to those who asked.
//
// A line is made by the worker that ran the command, and goes by message to the workers
// that have monitors. Lines of one worker keep their order; each carries its time.
//
// Threads: calls on the worker of the executor they name. Owner: the hooks.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "command/executor.h"

namespace skarn {

class Monitors {
 public:
  explicit Monitors(size_t worker_count) : workers_(worker_count) {}

  void Add(Executor& executor, Client& client);
  void Drop(Executor& executor, Client& client);
  void Feed(Executor& executor, const Client& client, const Command& command,
            const Args& args);

 private:
  class LineMessage;
  // Shared by the messages to several workers; the last one frees it.
  using LinePtr = std::shared_ptr<const std::string>;

  struct alignas(128) PerWorker {
    std::vector<Client*> clients;    // Worker.
    std::atomic<uint32_t> count{0};  // Of them, for those who feed.
  };
  // `in_reply` is the client whose reply may be half written.
  void Show(Executor& executor, const LinePtr& line, const Client* in_reply);
  static void ShowTo(Executor& executor, Client& client, Bytes line);

  std::vector<PerWorker> workers_;
  Mutex mutex_{
      LockRank::kPubSub};  // So that the concern is up exactly while there are some.
  size_t total_ SKARN_GUARDED_BY(mutex_) = 0;
};

}  // namespace skarn

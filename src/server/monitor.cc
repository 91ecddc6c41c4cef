// SPDX-License-Identifier: BSD-3-Clause
#include "server/monitor.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.h"
#include "command/redaction.h"
#include "server/admin.h"
#include "server/config_line.h"
#include "server/hooks.h"

namespace skarn {

class Monitors::LineMessage : public Message {
 public:
  // For one client, or all of the worker (0).
  LineMessage(Monitors& monitors, Executor& executor, LinePtr line,
              uint64_t client_id = 0)
      : monitors_(monitors),
        executor_(executor),
        line_(std::move(line)),
        client_id_(client_id) {}
  void Deliver(Worker&) override {
    if (client_id_ == 0) return monitors_.Show(executor_, line_, nullptr);
    if (Client* client = executor_.FindClient(client_id_))
      ShowTo(executor_, *client, *line_);
  }

 private:
  Monitors& monitors_;
  Executor& executor_;
  const LinePtr line_;
  const uint64_t client_id_;
};

void Monitors::Add(Executor& executor, Client& client) {
  client.is_monitor = true;
  executor.UpdateConcerns(client);
  PerWorker& own = workers_[executor.worker().index()];
  own.clients.push_back(&client);
  own.count.fetch_add(1, std::memory_order_relaxed);
  MutexLock lock(mutex_);
  ++total_;
  executor.server().SetConcern(Concern::kMonitored, true);
}

void Monitors::Drop(Executor& executor, Client& client) {
  client.is_monitor = false;
  executor.UpdateConcerns(client);
  PerWorker& own = workers_[executor.worker().index()];
  std::erase(own.clients, &client);
  own.count.fetch_sub(1, std::memory_order_relaxed);
  MutexLock lock(mutex_);
  if (--total_ == 0) executor.server().SetConcern(Concern::kMonitored, false);
}

void Monitors::Feed(Executor& executor, const Client& client, const Command& command,
                    const Args& args) {
  const int64_t now_us = NowMicros();
  const bool is_unix = client.transport == Transport::kUnix;
  const Bytes address = client.peer_address;
  auto line = std::make_shared<std::string>(fmt::format(
      "+{}.{:06} [{} {}{}]", now_us / 1000000, now_us % 1000000, client.db,
      is_unix ? "unix:" : "", is_unix ? address.substr(0, address.rfind(':')) : address));
  for (size_t i = 0; i < args.size(); ++i) {
    *line += ' ';
    *line += QuoteConfigWord(IsSecret(command, args, i) ? kRedacted : args[i]);
  }
  *line += "\r\n";
  for (size_t i = 0; i < workers_.size(); ++i) {
    if (workers_[i].count.load(std::memory_order_relaxed) == 0) continue;
    Executor& target = *executor.server().executors[i];
    if (&target == &executor) {
      Show(executor, line, &client);
    } else {
      target.worker().Post(std::make_unique<LineMessage>(*this, target, line));
    }
  }
}

void Monitors::Show(Executor& executor, const LinePtr& line, const Client* in_reply) {
  for (Client* client : workers_[executor.worker().index()].clients) {
    if (client == in_reply) {
      // Its own command: the line comes behind the reply.
      executor.PostAfterReply(
          std::make_unique<LineMessage>(*this, executor, line, client->id()));
    } else {
      ShowTo(executor, *client, *line);
    }
  }
}

void Monitors::ShowTo(Executor& executor, Client& client, Bytes line) {
  if (client.closes_now || client.closes_after_reply || !client.is_monitor) return;
  executor.WriterFor(client).Raw(line);
  executor.Flush(client);
}

namespace commands {

// MONITOR
void Monitor(CommandContext& context, const Args&, ReplyWriter& reply) {
  Client& client = context.client;
  if (client.is_executing_exec) {
    return reply.Error("-ERR MONITOR isn't allowed for DENY BLOCKING client");
  }
  if (client.is_monitor) return;
  static_cast<Hooks*>(context.server.hooks)->monitors().Add(context.executor, client);
  reply.Ok();
}

}  // namespace commands
}  // namespace skarn

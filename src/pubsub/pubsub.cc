// SPDX-License-Identifier: BSD-3-Clause
#include "pubsub/pubsub.h"

#include <algorithm>

#include "base/glob.h"

namespace skarn {

// Wakes a worker to look into its inbox.
class PubSub::InboxMessage : public Message {
 public:
  InboxMessage(PubSub& pubsub, Executor& executor)
      : pubsub_(pubsub), executor_(executor) {}
  void Deliver(Worker&) override { pubsub_.DeliverInbox(executor_); }

 private:
  PubSub& pubsub_;
  Executor& executor_;
};

// A message to the client that is being served: it comes behind the reply.
class PubSub::LateDelivery : public Message {
 public:
  LateDelivery(Executor& executor, Client& client, const Bytes* pattern,
               const Publication& publication)
      : executor_(executor),
        client_id_(client.id()),
        has_pattern_(pattern != nullptr),
        pattern_(pattern != nullptr ? *pattern : Bytes()),
        publication_(publication) {}
  void Deliver(Worker&) override {
    const Bytes pattern = pattern_;
    Client* client = executor_.FindClient(client_id_);
    if (client != nullptr) {
      SendTo(executor_, *client, has_pattern_ ? &pattern : nullptr, publication_);
    }
  }

 private:
  Executor& executor_;
  const uint64_t client_id_;
  const bool has_pattern_;
  const std::string pattern_;
  const Publication publication_;
};

// SUBSCRIBE and its kin write whole pushes, between which messages may stand, but not
// inside EXEC.
const Client* PubSub::InReply(const Client& client) {
  return client.is_executing_exec ? &client : nullptr;
}

// ---- subscriptions
// -----------------------------------------------------------------------------

PubSub::Inbox PubSub::Count(Executor& executor, Kind kind, Bytes name, int by) {
  const size_t index = executor.worker().index();
  Inbox inbox;
  MutexLock lock(mutex_);
  NameMap<Counts>& all = CountsOf(kind);
  auto found = all.find(name);
  if (found == all.end()) {
    found = all.emplace(std::string(name), Counts()).first;
    found->second.by_worker.resize(inboxes_.size());
  }
  Counts& counts = found->second;
  counts.total += static_cast<size_t>(by);
  counts.by_worker[index] += static_cast<uint32_t>(by);
  if (counts.total == 0) all.erase(found);
  subscription_count_.fetch_add(static_cast<size_t>(by), std::memory_order_release);
  inbox.swap(inboxes_[index]);
  return inbox;
}

bool PubSub::Subscribe(Executor& executor, Client& client, Kind kind, Bytes name) {
  auto& names = kind == Kind::kChannel ? client.channels : client.patterns;
  if (!names.emplace(name).second) return false;
  Deliver(executor, Count(executor, kind, name, 1), InReply(client));
  Local& local = workers_[executor.worker().index()];
  auto& listeners = kind == Kind::kChannel ? local.channels : local.patterns;
  listeners[std::string(name)].push_back(&client);
  return true;
}

bool PubSub::Unsubscribe(Executor& executor, Client& client, Kind kind, Bytes name) {
  auto& names = kind == Kind::kChannel ? client.channels : client.patterns;
  const auto mine = names.find(std::string(name));
  if (mine == names.end()) return false;
  Deliver(executor, Count(executor, kind, name, -1), InReply(client));
  Local& local = workers_[executor.worker().index()];
  auto& all = kind == Kind::kChannel ? local.channels : local.patterns;
  const auto found = all.find(name);
  SKARN_DCHECK(found != all.end());
  Listeners& listeners = found->second;
  listeners.erase(std::find(listeners.begin(), listeners.end(), &client));
  if (listeners.empty()) all.erase(found);
  names.erase(mine);  // `name` may be its own bytes.
  return true;
}

void PubSub::Drop(Executor& executor, Client& client) {
  while (!client.channels.empty()) {
    Unsubscribe(executor, client, Kind::kChannel, *client.channels.begin());
  }
  while (!client.patterns.empty()) {
    Unsubscribe(executor, client, Kind::kPattern, *client.patterns.begin());
  }
}

// ---- messages
// ----------------------------------------------------------------------------------

size_t PubSub::MarkReceivers(Bytes channel) {
  size_t receivers = 0;
  marked_.assign(inboxes_.size(), false);
  const auto mark = [&](const Counts& counts) SKARN_REQUIRES(mutex_) {
    receivers += counts.total;
    for (size_t i = 0; i < marked_.size(); ++i) {
      if (counts.by_worker[i] != 0) marked_[i] = true;
    }
  };
  const auto found = channels_.find(channel);
  if (found != channels_.end()) mark(found->second);
  for (const auto& [pattern, counts] : patterns_) {
    if (GlobMatch(pattern, channel)) mark(counts);
  }
  return receivers;
}

size_t PubSub::Publish(Executor& executor, Bytes channel, Bytes message) {
  if (is_idle()) return 0;
  const size_t own = executor.worker().index();
  const std::vector<Executor*>& executors = executor.server().executors;
  size_t receivers;
  Inbox inbox;
  {
    MutexLock lock(mutex_);
    receivers = MarkReceivers(channel);
    if (receivers == 0) return 0;
    const auto publication = std::make_shared<const Publication>(
        Publication{.channel = std::string(channel), .message = std::string(message)});
    for (size_t i = 0; i < marked_.size(); ++i) {
      if (!marked_[i]) continue;
      const bool was_empty = inboxes_[i].empty();
      inboxes_[i].push_back(publication);
      if (was_empty && i != own) {
        executors[i]->worker().Post(std::make_unique<InboxMessage>(*this, *executors[i]));
      }
    }
    inbox.swap(inboxes_[own]);
  }
  Deliver(executor, inbox, executor.current_client());
  return receivers;
}

void PubSub::DeliverInbox(Executor& executor) {
  Inbox inbox;
  {
    MutexLock lock(mutex_);
    inbox.swap(inboxes_[executor.worker().index()]);
  }
  Deliver(executor, inbox, nullptr);
}

void PubSub::Deliver(Executor& executor, const Inbox& inbox, const Client* in_reply) {
  const Local& local = workers_[executor.worker().index()];
  for (const PublicationPtr& publication : inbox) {
    const auto found = local.channels.find(publication->channel);
    if (found != local.channels.end()) {
      Send(executor, found->second, nullptr, *publication, in_reply);
    }
    for (const auto& [pattern, listeners] : local.patterns) {
      if (!GlobMatch(pattern, publication->channel)) continue;
      const Bytes shown = pattern;
      Send(executor, listeners, &shown, *publication, in_reply);
    }
  }
}

void PubSub::Send(Executor& executor, const Listeners& listeners, const Bytes* pattern,
                  const Publication& publication, const Client* in_reply) {
  for (Client* client : listeners) {
    if (client == in_reply) {
      executor.PostAfterReply(
          std::make_unique<LateDelivery>(executor, *client, pattern, publication));
    } else {
      SendTo(executor, *client, pattern, publication);
    }
  }
}

void PubSub::SendTo(Executor& executor, Client& client, const Bytes* pattern,
                    const Publication& publication) {
  if (client.closes_now || client.closes_after_reply) return;
  ReplyWriter push = executor.WriterFor(client);
  push.PushHeader(pattern == nullptr ? 3 : 4);
  push.Bulk(pattern == nullptr ? "message" : "pmessage");
  if (pattern != nullptr) push.Bulk(*pattern);
  push.Bulk(publication.channel);
  push.Bulk(publication.message);
  executor.Flush(client);
}

// ---- questions
// ---------------------------------------------------------------------------------

std::vector<std::string> PubSub::Channels(Bytes pattern) {
  std::vector<std::string> names;
  MutexLock lock(mutex_);
  for (const auto& [name, counts] : channels_) {
    if (GlobMatch(pattern, name)) names.push_back(name);
  }
  return names;
}

size_t PubSub::SubscriberCount(Bytes channel) {
  MutexLock lock(mutex_);
  const auto found = channels_.find(channel);
  return found == channels_.end() ? 0 : found->second.total;
}

size_t PubSub::channel_count() {
  MutexLock lock(mutex_);
  return channels_.size();
}

size_t PubSub::pattern_count() {
  MutexLock lock(mutex_);
  return patterns_.size();
}

}  // namespace skarn

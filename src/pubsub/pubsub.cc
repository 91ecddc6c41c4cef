// SPDX-License-Identifier: BSD-3-Clause
#include "pubsub/pubsub.h"

#include <algorithm>

#include "base/glob.h"

namespace skarn {
namespace {

// What one turn writes to subscribers: below a millisecond.
constexpr size_t kSliceBytes = 512 << 10;
// PUBLISH waits above the first, until there is less than the second.
constexpr size_t kFullBytes = 4 << 20;
constexpr size_t kRoomBytes = 2 << 20;
// Of a message besides its bytes and its channel's.
constexpr size_t kMessageHeadBytes = 64;
constexpr size_t kBucketsKept = 1024;

// A table that was once big gives its room back as it empties.
template <class Map>
void FreeBuckets(Map* map) {
  if (map->bucket_count() > std::max(kBucketsKept, 8 * map->size())) map->rehash(0);
}

}  // namespace

// Wakes a worker to look into its inbox.
class PubSub::InboxMessage : public Message {
 public:
  InboxMessage(PubSub& pubsub, Executor& executor)
      : pubsub_(pubsub), executor_(executor) {}
  void Deliver(Worker&) override { pubsub_.DeliverSlice(executor_); }

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

PubSub::Publications PubSub::Count(Executor& executor, Kind kind, Bytes name, int by) {
  const size_t index = executor.worker().index();
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
  if (counts.total == 0) {
    all.erase(found);
    FreeBuckets(&all);
  }
  subscription_count_.fetch_add(static_cast<size_t>(by), std::memory_order_release);
  return Take(executor, SIZE_MAX);
}

bool PubSub::Subscribe(Executor& executor, Client& client, Kind kind, Bytes name) {
  auto& names = kind == Kind::kChannel ? client.channels : client.patterns;
  if (!names.emplace(name).second) return false;
  client.subscribed_name_bytes += name.size();
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
  if (listeners.empty()) {
    all.erase(found);
    FreeBuckets(&all);
  }
  client.subscribed_name_bytes -= name.size();
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

size_t PubSub::CountReceivers(Bytes channel) {
  size_t total = 0;
  receivers_.assign(inboxes_.size(), 0);
  const auto add = [&](const Counts& counts) SKARN_REQUIRES(mutex_) {
    total += counts.total;
    for (size_t i = 0; i < receivers_.size(); ++i) receivers_[i] += counts.by_worker[i];
  };
  const auto found = channels_.find(channel);
  if (found != channels_.end()) add(found->second);
  for (const auto& [pattern, counts] : patterns_) {
    if (GlobMatch(pattern, channel)) add(counts);
  }
  return total;
}

// The own inbox is delivered at once, whatever it holds.
bool PubSub::MustWait(Executor& executor, Client& client) {
  const size_t own = executor.worker().index();
  for (size_t i = 0; i < receivers_.size(); ++i) {
    if (i == own || receivers_[i] == 0 || inboxes_[i].cost_bytes < kFullBytes) continue;
    inboxes_[i].waiters.push_back({.worker = own, .client_id = client.id()});
    return true;
  }
  return false;
}

void PubSub::PutIntoInboxes(Executor& executor, Bytes channel, Bytes message) {
  const size_t own = executor.worker().index();
  const std::vector<Executor*>& executors = executor.server().executors;
  const size_t size = channel.size() + message.size() + kMessageHeadBytes;
  const auto publication = std::make_shared<const Publication>(
      Publication{.channel = std::string(channel), .message = std::string(message)});
  for (size_t i = 0; i < receivers_.size(); ++i) {
    if (receivers_[i] == 0) continue;
    Inbox& inbox = inboxes_[i];
    inbox.queue.emplace_back(publication, size * receivers_[i]);
    inbox.cost_bytes += size * receivers_[i];
    if (i == own || inbox.is_announced) continue;
    inbox.is_announced = true;
    executors[i]->worker().Post(std::make_unique<InboxMessage>(*this, *executors[i]));
  }
}

std::optional<size_t> PubSub::PublishFor(Executor& executor, Client* client,
                                         Bytes channel, Bytes message) {
  if (is_idle()) return 0;
  size_t receivers;
  Publications publications;
  {
    MutexLock lock(mutex_);
    receivers = CountReceivers(channel);
    if (receivers == 0) return 0;
    if (client != nullptr && MustWait(executor, *client)) return std::nullopt;
    PutIntoInboxes(executor, channel, message);
    publications = Take(executor, SIZE_MAX);
  }
  Deliver(executor, publications, executor.current_client());
  return receivers;
}

size_t PubSub::Publish(Executor& executor, Bytes channel, Bytes message) {
  return *PublishFor(executor, nullptr, channel, message);
}

std::optional<size_t> PubSub::PublishOrWait(Executor& executor, Client& client,
                                            Bytes channel, Bytes message) {
  const auto receivers = PublishFor(executor, &client, channel, message);
  client.is_parked = !receivers;
  return receivers;
}

PubSub::Publications PubSub::Take(Executor& executor, size_t cost_bytes_max) {
  Inbox& inbox = inboxes_[executor.worker().index()];
  Publications taken;
  size_t cost_bytes = 0;
  while (!inbox.queue.empty() && (taken.empty() || cost_bytes < cost_bytes_max)) {
    cost_bytes += inbox.queue.front().second;
    taken.push_back(std::move(inbox.queue.front().first));
    inbox.queue.pop_front();
  }
  inbox.cost_bytes -= cost_bytes;
  if (inbox.waiters.empty() || inbox.cost_bytes >= kRoomBytes) return taken;
  const std::vector<Executor*>& executors = executor.server().executors;
  for (const Waiter& waiter : inbox.waiters) {
    executors[waiter.worker]->ResumeLater(waiter.client_id);
  }
  inbox.waiters.clear();
  return taken;
}

void PubSub::DeliverSlice(Executor& executor) {
  Publications slice;
  {
    MutexLock lock(mutex_);
    Inbox& inbox = inboxes_[executor.worker().index()];
    // Events of keys and EXEC cannot wait: what they pile up goes the faster.
    slice = Take(executor, std::max(kSliceBytes, inbox.cost_bytes / 8));
    inbox.is_announced = !inbox.queue.empty();
    if (inbox.is_announced) {
      executor.worker().Post(std::make_unique<InboxMessage>(*this, executor));
    }
  }
  Deliver(executor, slice, nullptr);
}

void PubSub::Deliver(Executor& executor, const Publications& publications,
                     const Client* in_reply) {
  const Local& local = workers_[executor.worker().index()];
  for (const PublicationPtr& publication : publications) {
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

std::vector<std::string> PubSub::Channels(const Bytes* pattern) {
  std::vector<std::string> names;
  MutexLock lock(mutex_);
  for (const auto& [name, counts] : channels_) {
    if (pattern == nullptr || GlobMatch(*pattern, name)) names.push_back(name);
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

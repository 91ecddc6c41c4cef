// SPDX-License-Identifier: BSD-3-Clause
//
// PubSub: who listens to which channel, and the delivery of messages.
//
// Each worker knows its own subscribers. What all share is, for each channel and pattern,
// how many clients of each worker listen, so that a publisher knows the number of
// receivers without asking anybody. A message is put into the inbox of each worker that
// has receivers; the registry's mutex gives all messages one order, in which every worker
// delivers them. A worker takes its inbox before it changes its own subscribers: a
// message reaches exactly the clients that were counted for it.
//
//   Publish: mutex { count, put into inboxes } -> wake | deliver the own inbox at once
//   inbox of a worker -> its subscribers of the channel, then of the patterns
//
// A worker delivers a slice of its inbox a turn, so that what it has written is sent and
// others are served in between; and a PUBLISH waits, put aside, while an inbox it needs
// is full. Without that, publishers on one worker would outrun the sender on another.
//
// Threads: calls that name an executor, on its worker; the rest from any. Shards may be
// locked, and none is taken. Owner: the server.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/key_hash.h"
#include "base/mutex.h"
#include "command/executor.h"

namespace skarn {

class PubSub {
 public:
  enum class Kind : uint8_t { kChannel, kPattern };

  explicit PubSub(size_t worker_count) : workers_(worker_count), inboxes_(worker_count) {}

  // False when the client listens already.
  bool Subscribe(Executor& executor, Client& client, Kind kind, Bytes name);
  // False when it did not listen.
  bool Unsubscribe(Executor& executor, Client& client, Kind kind, Bytes name);
  // Ends all subscriptions of the client without a word to it.
  void Drop(Executor& executor, Client& client);

  // Returns how many times the message is received: a client counts for its channel and
  // for each of its patterns.
  size_t Publish(Executor& executor, Bytes channel, Bytes message);
  // The same for a client which can wait: nothing when an inbox is full. The client is
  // parked then, and its request runs again when there is room.
  std::optional<size_t> PublishOrWait(Executor& executor, Client& client, Bytes channel,
                                      Bytes message);
  // Nobody listens to anything: for those who would have to make up a message first.
  bool is_idle() const {
    return subscription_count_.load(std::memory_order_acquire) == 0;
  }

  // Those with subscribers, of names that match `pattern`; null: all of them.
  std::vector<std::string> Channels(const Bytes* pattern);
  size_t SubscriberCount(Bytes channel);
  size_t channel_count();
  size_t pattern_count();

 private:
  struct Publication {
    std::string channel, message;
  };
  // Shared by the inboxes of the workers that deliver it; the last one frees it.
  using PublicationPtr = std::shared_ptr<const Publication>;
  using Publications = std::vector<PublicationPtr>;
  struct Waiter {
    size_t worker;
    uint64_t client_id;
  };
  // What a worker has to deliver. A publication costs what its receivers there are sent.
  struct Inbox {
    std::deque<std::pair<PublicationPtr, size_t>> queue;  // With the cost of each.
    size_t cost_bytes = 0;
    bool is_announced = false;    // An InboxMessage is under way.
    std::vector<Waiter> waiters;  // Clients that wait for room.
  };

  template <class T>
  using NameMap = std::unordered_map<std::string, T, NameHash, std::equal_to<>>;
  using Listeners = std::vector<Client*>;

  // How many clients of each worker listen.
  struct Counts {
    size_t total = 0;
    std::vector<uint32_t> by_worker;
  };
  // What a worker knows.
  struct Local {
    NameMap<Listeners> channels;
    NameMap<Listeners> patterns;
  };

  class InboxMessage;
  class LateDelivery;

  NameMap<Counts>& CountsOf(Kind kind) SKARN_REQUIRES(mutex_) {
    return kind == Kind::kChannel ? channels_ : patterns_;
  }
  // Counts a subscription more or less, and takes the inbox in the same step.
  Publications Count(Executor& executor, Kind kind, Bytes name, int by);
  size_t CountReceivers(Bytes channel) SKARN_REQUIRES(mutex_);
  std::optional<size_t> PublishFor(Executor& executor, Client* client, Bytes channel,
                                   Bytes message);
  bool MustWait(Executor& executor, Client& client) SKARN_REQUIRES(mutex_);
  void PutIntoInboxes(Executor& executor, Bytes channel, Bytes message)
      SKARN_REQUIRES(mutex_);
  // The oldest of the worker's inbox, at least one, up to a cost. Lets waiters go on.
  Publications Take(Executor& executor, size_t cost_bytes_max) SKARN_REQUIRES(mutex_);
  void DeliverSlice(Executor& executor);
  // `in_reply` is a client whose reply is half written: its messages come behind it.
  void Deliver(Executor& executor, const Publications& publications,
               const Client* in_reply);
  static const Client* InReply(const Client& client);
  static void Send(Executor& executor, const Listeners& listeners, const Bytes* pattern,
                   const Publication& publication, const Client* in_reply);
  static void SendTo(Executor& executor, Client& client, const Bytes* pattern,
                     const Publication& publication);

  std::vector<Local> workers_;  // By worker index; each touched by its worker only.
  std::atomic<size_t> subscription_count_{0};
  Mutex mutex_{LockRank::kPubSub};
  NameMap<Counts> channels_ SKARN_GUARDED_BY(mutex_);
  NameMap<Counts> patterns_ SKARN_GUARDED_BY(mutex_);
  std::vector<Inbox> inboxes_ SKARN_GUARDED_BY(mutex_);
  // How often each worker sends the message at hand.
  std::vector<size_t> receivers_ SKARN_GUARDED_BY(mutex_);
};

}  // namespace skarn

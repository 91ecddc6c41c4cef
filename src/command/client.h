// SPDX-License-Identifier: BSD-3-Clause
//
// Client: who is behind a connection: name, database, protocol, transaction,
// subscriptions. Threads: the worker that owns the connection; others only while the gate
// is closed. Owner: the worker.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "command/bulk_receiver.h"
#include "keyspace/watch.h"
#include "net/connection.h"
#include "resp/parser.h"

namespace skarn {

struct Command;

// A command inside MULTI, with its words in one block, which stays where it is.
struct QueuedCommand {
  const Command* command = nullptr;
  std::unique_ptr<char[]> bytes;
  std::vector<Bytes> words;  // Into `bytes`.
};

struct WatchedKey {
  unsigned db = 0;
  std::string key;
};

struct Transaction {
  bool is_open = false;     // Between MULTI and EXEC or DISCARD.
  bool has_failed = false;  // A command was refused while queueing: EXECABORT.
  std::vector<QueuedCommand> queue;
  size_t queue_bytes = 0;
  std::vector<WatchedKey> watched;
  size_t watched_key_bytes = 0;
  WatchTokenPtr token;
};

enum class ReplyMode : uint8_t { kOn, kOff, kSkipNext, kSkipThis };
enum class ClientClass : uint8_t { kNormal, kReplica, kPubSub };

class Client : public Connection {
 public:
  using Connection::Connection;

  RequestParser parser;
  std::unique_ptr<BulkReceiver> bulks;  // Null but for a request with big bulks.
  unsigned db = 0;
  uint8_t protocol = 2;
  bool is_authenticated = false;
  bool in_transaction() const { return transaction.is_open; }
  bool is_monitor = false;
  bool no_evict = false;
  bool no_touch = false;
  bool is_paused = false;  // Parked by CLIENT PAUSE; its request stays in the buffer.
  bool is_parked = false;  // Parked on a busy shard.
  bool waits_for_unpause = false;  // Paused by CLIENT PAUSE.
  // Its next request has to wait, or none will come.
  bool IsSuspended() const {
    return is_parked || is_paused || closes_now || closes_after_reply;
  }
  // Received, and not executed yet.
  size_t InputBytes() const {
    return input.bytes().size() + (bulks == nullptr ? 0 : bulks->received_bytes());
  }
  uint32_t concerns = 0;  // Of this client: Executor::UpdateConcerns.
  bool is_executing_exec = false;
  bool has_used_transactions = false;  // MULTI or WATCH, ever: CLIENT LIST tells.
  bool capa_redirect = false;
  bool import_source = false;
  ReplyMode reply_mode = ReplyMode::kOn;
  Transaction transaction;
  std::string name, lib_name, lib_version;
  std::set<std::string> channels, patterns,
      shard_channels;  // SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE
  size_t subscribed_name_bytes = 0;

  ClientClass client_class() const {
    return SubscriptionCount() > 0 ? ClientClass::kPubSub : ClientClass::kNormal;
  }
  size_t SubscriptionCount() const {
    return channels.size() + patterns.size() + shard_channels.size();
  }

  // For CLIENT LIST and the client statistics.
  int64_t created_us = 0, last_interaction_us = 0;
  const Command* last_command = nullptr;  // Null: an unknown one.
  uint64_t command_count = 0;
  uint64_t net_input_bytes = 0, net_output_bytes = 0;
  size_t reply_peak_bytes = 0;  // The most that waited to be sent at once, lately.
  int64_t reply_peak_since_us = 0;
  size_t counted_memory_bytes = 0;  // Its part of Executor::client_memory_bytes.
  int64_t soft_limit_since_us =
      0;  // Since when the soft output limit is exceeded; 0: it is not.
};

}  // namespace skarn

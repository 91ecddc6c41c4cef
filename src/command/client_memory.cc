// SPDX-License-Identifier: BSD-3-Clause
#include "command/client_memory.h"

#include <algorithm>

#include "net/worker.h"

namespace skarn {
namespace {

// A node of a std::set<std::string>, and its place in the list of its worker. A watched
// key stands in the client's list and in that of its shard.
constexpr size_t kSubscriptionBytes = 128;
constexpr size_t kWatchBytes = 160;
constexpr size_t kReplyBufferBytesMin = 1024;
constexpr size_t kBigArgumentBytes = 32 * 1024;

}  // namespace

ClientMemory MemoryOf(const Client& client) {
  ClientMemory memory;
  if (!client.input.empty()) {
    memory.query_bytes = client.input.bytes().size();
    // What stands before a big argument that is coming in is parsed already.
    RequestParser::PendingBulk bulk;
    size_t parsed = client.bulks == nullptr ? 0 : client.bulks->last_offset();
    if (client.parser.FindPendingBulk(&bulk) && bulk.size_bytes >= kBigArgumentBytes) {
      parsed = bulk.offset;
    }
    memory.query_bytes -= std::min(memory.query_bytes, parsed);
    memory.query_free_bytes = client.input.capacity - memory.query_bytes;
    if (client.bulks != nullptr) {
      memory.query_bytes += client.bulks->received_bytes();
      memory.query_free_bytes += client.bulks->missing_bytes();
    }
  }
  const Transaction& transaction = client.transaction;
  memory.queued_bytes =
      transaction.queue_bytes + transaction.queue.size() * sizeof(QueuedCommand);
  memory.watch_bytes =
      transaction.watched.size() * kWatchBytes + 2 * transaction.watched_key_bytes;
  memory.subscription_bytes =
      client.SubscriptionCount() * kSubscriptionBytes + client.subscribed_name_bytes;
  memory.output_bytes = client.UnsentBytes();
  memory.reply_peak_bytes = client.reply_peak_bytes;
  memory.reply_buffer_bytes =
      std::clamp(client.reply_peak_bytes, kReplyBufferBytesMin, kReplyBufferBytesMax);
  size_t output = client.output.capacity();
  if (memory.output_bytes > output) output = memory.output_bytes;
  memory.total_bytes = sizeof(Client) + memory.query_bytes + memory.query_free_bytes +
                       client.parser.held_bytes() + memory.queued_bytes +
                       memory.watch_bytes + memory.subscription_bytes + output +
                       client.name.size() + client.lib_name.size() +
                       client.lib_version.size();
  return memory;
}

}  // namespace skarn

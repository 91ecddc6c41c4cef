// SPDX-License-Identifier: BSD-3-Clause
//
// CLIENT LIST, INFO and KILL. LIST and KILL run with the gate closed and look at all
// workers.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "command/client_memory.h"
#include "command/executor.h"
#include "commands/client_attributes.h"
#include "commands/client_filter.h"
#include "commands/connection.h"

namespace skarn {
namespace {

// One line of CLIENT LIST. `argument_bytes` are of the command the client is running
// right now.
void Describe(const Client& client, int64_t now_us, size_t argument_bytes,
              std::string* out) {
  const ClientMemory memory = MemoryOf(client);
  const Transaction& transaction = client.transaction;
  const int64_t queued =
      client.has_used_transactions ? static_cast<int64_t>(transaction.queue.size()) : -1;
  auto to = std::back_inserter(*out);
  fmt::format_to(
      to, "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} capa={} db={}",
      client.id(), client.peer_address, client.local_address, client.fd(),
      ShownAttribute(client.name), (now_us - client.created_us) / 1000000,
      (now_us - client.last_interaction_us) / 1000000, ClientFlags(client),
      client.capa_redirect ? "r" : "", client.db);
  fmt::format_to(to, " sub={} psub={} ssub={} multi={} watch={}", client.channels.size(),
                 client.patterns.size(), client.shard_channels.size(), queued,
                 transaction.watched.size());
  // All replies stand in one buffer: the list of further ones is always empty.
  fmt::format_to(
      to, " qbuf={} qbuf-free={} argv-mem={} multi-mem={} rbs={} rbp={} obl={}",
      memory.query_bytes, memory.query_free_bytes, argument_bytes, memory.queued_bytes,
      memory.reply_buffer_bytes, memory.reply_peak_bytes, memory.output_bytes);
  fmt::format_to(
      to, " oll=0 omem={} tot-mem={} events=r{} cmd={} user=default redir=-1 resp={}",
      memory.output_bytes, memory.total_bytes + argument_bytes,
      client.wants_write ? "w" : "",
      client.last_command == nullptr ? "NULL" : client.last_command->full_name,
      client.protocol);
  fmt::format_to(to, " lib-name={} lib-ver={} tot-net-in={} tot-net-out={} tot-cmds={}\n",
                 ShownAttribute(client.lib_name), ShownAttribute(client.lib_version),
                 client.net_input_bytes, client.net_output_bytes, client.command_count);
}

size_t SizeOf(const Args& args) {
  size_t sum = 0;
  for (const Bytes word : args) sum += word.size();
  return sum;
}

// The clients of all workers that pass the filter, oldest first.
std::vector<Client*> MatchingClients(CommandContext& context,
                                     const ClientFilter& filter) {
  std::vector<Client*> selected;
  for (Executor* executor : context.server.executors) {
    executor->ForEachClient([&](Client& client) {
      if (client.closes_now) return;
      if (filter.Matches(client, context.client, context.executor.now_us())) {
        selected.push_back(&client);
      }
    });
  }
  std::sort(selected.begin(), selected.end(),
            [](const Client* a, const Client* b) { return a->id() < b->id(); });
  return selected;
}

// The caller reads its reply first.
void Kill(CommandContext& context, Client& client) {
  if (&client == &context.client) {
    client.CloseAfterReply();
  } else {
    context.executor.Close(client);
  }
}

void KillByAddress(CommandContext& context, Bytes address, ReplyWriter& reply) {
  const Bytes words[] = {"ADDR", address};
  const auto filter = ClientFilter::Parse(
      Args(words, 2), 0, context.server.keyspace.database_count(), false);
  const std::vector<Client*> found = MatchingClients(context, *filter);
  if (found.empty()) return reply.Error("-ERR No such client");
  Kill(context, *found.front());
  reply.Ok();
}

}  // namespace

namespace commands {

// CLIENT INFO
void ClientInfo(CommandContext& context, const Args& args, ReplyWriter& reply) {
  std::string text;
  Describe(context.client, context.executor.now_us(), SizeOf(args), &text);
  reply.Verbatim("txt", text);
}

// CLIENT LIST [filter value ...]
void ClientList(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const auto filter =
      ClientFilter::Parse(args, 2, context.server.keyspace.database_count(), false);
  if (!filter) return reply.Error(filter.error());
  std::string text;
  for (const Client* client : MatchingClients(context, *filter)) {
    Describe(*client, context.executor.now_us(),
             client == &context.client ? SizeOf(args) : 0, &text);
  }
  reply.Verbatim("txt", text);
}

// CLIENT KILL address | filter value [filter value ...]
void ClientKill(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (args.size() == 3) return KillByAddress(context, args[2], reply);
  const auto filter =
      ClientFilter::Parse(args, 2, context.server.keyspace.database_count(), true);
  if (!filter) return reply.Error(filter.error());
  const std::vector<Client*> found = MatchingClients(context, *filter);
  for (Client* client : found) Kill(context, *client);
  reply.Integer(static_cast<int64_t>(found.size()));
}

}  // namespace commands
}  // namespace skarn

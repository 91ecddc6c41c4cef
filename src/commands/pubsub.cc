// SPDX-License-Identifier: BSD-3-Clause
#include "commands/pubsub.h"

#include <fmt/format.h>

#include "command/help.h"
#include "pubsub/pubsub.h"

namespace skarn {
namespace {

using Kind = PubSub::Kind;

constexpr std::string_view kHelpLines[] = {
    "CHANNELS [<pattern>]",
    "    List the channels with subscribers, or those of them that match.",
    "NUMPAT",
    "    Return how many patterns are subscribed to.",
    "NUMSUB [<channel> ...]",
    "    Return how many subscribers the channels have, those by pattern left out.",
};

// One confirmation. They are pushes, also where nobody speaks RESP3.
void Confirm(const Client& client, Bytes what, const Bytes* name, ReplyWriter& reply) {
  reply.PushHeader(3);
  reply.Bulk(what);
  if (name == nullptr) {
    reply.Null();
  } else {
    reply.Bulk(*name);
  }
  reply.Integer(static_cast<int64_t>(client.channels.size() + client.patterns.size()));
}

void SubscribeTo(CommandContext& context, Kind kind, const Args& args,
                 ReplyWriter& reply) {
  const Bytes what = kind == Kind::kChannel ? "subscribe" : "psubscribe";
  for (const Bytes name : args.Subspan(1)) {
    context.server.pubsub->Subscribe(context.executor, context.client, kind, name);
    Confirm(context.client, what, &name, reply);
  }
  context.executor.UpdateConcerns(context.client);
}

void UnsubscribeFrom(CommandContext& context, Kind kind, const Args& args,
                     ReplyWriter& reply) {
  const Bytes what = kind == Kind::kChannel ? "unsubscribe" : "punsubscribe";
  PubSub& pubsub = *context.server.pubsub;
  Client& client = context.client;
  if (args.size() > 1) {
    for (const Bytes name : args.Subspan(1)) {
      pubsub.Unsubscribe(context.executor, client, kind, name);
      Confirm(client, what, &name, reply);
    }
  } else {
    const auto& names = kind == Kind::kChannel ? client.channels : client.patterns;
    if (names.empty()) Confirm(client, what, nullptr, reply);
    while (!names.empty()) {
      const std::string last = *names.begin();
      pubsub.Unsubscribe(context.executor, client, kind, last);
      const Bytes name = last;
      Confirm(client, what, &name, reply);
    }
  }
  context.executor.UpdateConcerns(client);
}

}  // namespace

namespace commands {

// SUBSCRIBE channel [channel ...]
void Subscribe(CommandContext& context, const Args& args, ReplyWriter& reply) {
  SubscribeTo(context, Kind::kChannel, args, reply);
}

// PSUBSCRIBE pattern [pattern ...]
void Psubscribe(CommandContext& context, const Args& args, ReplyWriter& reply) {
  SubscribeTo(context, Kind::kPattern, args, reply);
}

// UNSUBSCRIBE [channel ...]
void Unsubscribe(CommandContext& context, const Args& args, ReplyWriter& reply) {
  UnsubscribeFrom(context, Kind::kChannel, args, reply);
}

// PUNSUBSCRIBE [pattern ...]
void Punsubscribe(CommandContext& context, const Args& args, ReplyWriter& reply) {
  UnsubscribeFrom(context, Kind::kPattern, args, reply);
}

// PUBLISH channel message
void Publish(CommandContext& context, const Args& args, ReplyWriter& reply) {
  PubSub& pubsub = *context.server.pubsub;
  // The rest of a transaction cannot come later.
  if (context.client.is_executing_exec) {
    return reply.Integer(
        static_cast<int64_t>(pubsub.Publish(context.executor, args[1], args[2])));
  }
  const auto receivers =
      pubsub.PublishOrWait(context.executor, context.client, args[1], args[2]);
  if (receivers) reply.Integer(static_cast<int64_t>(*receivers));
}

// PUBSUB CHANNELS [pattern]
void PubsubChannels(CommandContext& context, const Args& args, ReplyWriter& reply) {
  if (args.size() > 3) {
    return reply.Error(ReplyError(
        fmt::format("-ERR unknown subcommand or wrong number of arguments for '{}'. "
                    "Try PUBSUB HELP.",
                    args[1])));
  }
  // "*" is no match for the empty name.
  const Bytes pattern = args.size() == 3 ? args[2] : Bytes();
  const auto names =
      context.server.pubsub->Channels(args.size() == 3 ? &pattern : nullptr);
  reply.ArrayHeader(names.size());
  for (const std::string& name : names) reply.Bulk(name);
}

// PUBSUB NUMSUB [channel ...]
void PubsubNumsub(CommandContext& context, const Args& args, ReplyWriter& reply) {
  reply.ArrayHeader((args.size() - 2) * 2);
  for (const Bytes channel : args.Subspan(2)) {
    reply.Bulk(channel);
    reply.Integer(static_cast<int64_t>(context.server.pubsub->SubscriberCount(channel)));
  }
}

// PUBSUB NUMPAT
void PubsubNumpat(CommandContext& context, const Args&, ReplyWriter& reply) {
  reply.Integer(static_cast<int64_t>(context.server.pubsub->pattern_count()));
}

// PUBSUB HELP
void PubsubHelp(CommandContext&, const Args&, ReplyWriter& reply) {
  ReplyHelp(reply, "PUBSUB", kHelpLines);
}

}  // namespace commands
}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// CommandHarness: runs handlers in a process of their own, without sockets or workers: a
// keyspace, a client in database 0, a clock that stands still. Handlers that reach for
// their executor, their worker or the server cannot run here. Threads: one. Owner: the
// test.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "command/context.h"
#include "command/table.h"

namespace skarn {

class CommandHarness : private KeyEventListener {
 public:
  static constexpr ExpiryMillis kStart = 1'700'000'000'000;

  explicit CommandHarness(std::initializer_list<std::span<const CommandSpec>> families)
      : keyspace_(16), view_(keyspace_, *this), client_(Nothing<Worker>(), -1, 1) {
    for (const auto& family : families) table_.Add(family);
    view_.SetEventMask(~0u);
    SetNow(kStart);
  }

  // What happened in the last command.
  std::vector<std::string> events;  // "set:key"
  uint64_t changes = 0;             // By which "dirty" grew.
  Settings settings;

  KeyspaceView& view() { return view_; }
  void SetProtocol(uint8_t protocol) { client_.protocol = protocol; }
  void SetNow(ExpiryMillis now) { view_.SetNow(now); }
  void Sleep(int64_t millis) { view_.SetNow(view_.now() + millis); }

  // Runs a command whose words hold no blanks, and returns the encoded reply.
  std::string Run(Bytes line) {
    std::vector<std::string> words;
    while (!line.empty()) {
      const size_t size = std::min(line.find(' '), line.size());
      if (size != 0) words.emplace_back(line.substr(0, size));
      line.remove_prefix(std::min(size + 1, line.size()));
    }
    return RunWords(words);
  }

  std::string RunWords(const std::vector<std::string>& words) {
    const std::vector<Bytes> views(words.begin(), words.end());
    const Args args{std::span<const Bytes>(views)};
    OutputBuffer& output = client_.output;
    output.Clear();
    ReplyWriter reply(output, client_.protocol);
    const uint64_t changes_before = view_.stats().changes;
    events.clear();
    if (const Command* command = Admit(args, reply)) Call(*command, args, reply);
    changes = view_.stats().changes - changes_before;
    return Encoded(output);
  }

 private:
  // A reference for members that no handler under test touches.
  template <class T>
  static T& Nothing() {
    alignas(16) static char nothing[16];
    return *reinterpret_cast<T*>(nothing);
  }

  const Command* Admit(const Args& args, ReplyWriter& reply) const {
    const Command* command = table_.Find(args);
    if (command == nullptr || command->handler == nullptr) {
      reply.Error(UnknownCommand(args));
      return nullptr;
    }
    const int count = static_cast<int>(args.size());
    if (command->arity > 0 ? count != command->arity : count < -command->arity) {
      reply.Error(WrongArgumentCount(command->full_name));
      return nullptr;
    }
    return command;
  }

  void Call(const Command& command, const Args& args, ReplyWriter& reply) {
    std::vector<int> positions;
    if (!FindKeyPositions(command, args, &positions)) positions.clear();
    std::vector<Key> keys;
    for (const int position : positions) keys.push_back(MakeKey(args[size_t(position)]));
    view_.SelectDatabase(client_.db);
    CommandContext context{.client = client_,
                           .command = command,
                           .keys = keys,
                           .keyspace = view_,
                           .settings = settings,
                           .executor = Nothing<Executor>(),
                           .server = Nothing<ServerState>()};
    command.handler(context, args, reply);
    view_.EraseExpired();
  }

  static std::string Encoded(const OutputBuffer& output) {
    std::string text;
    std::vector<iovec> pieces(1024);
    const size_t count = output.FillIovecs(pieces.data(), pieces.size());
    for (size_t i = 0; i < count; ++i) {
      text.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    }
    return text;
  }

  void OnKeyEvent(EventKind, Bytes event, unsigned, Bytes key) override {
    events.push_back(std::string(event) + ":" + std::string(key));
  }
  void OnShardFree(Shard&) override {}

  Keyspace keyspace_;
  KeyspaceView view_;
  Client client_;
  CommandTable table_;
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Commands that were slow or large go into the command log, and slow ones into the
// latency events.
#include <vector>

#include "command/executor.h"
#include "command/redaction.h"
#include "server/hooks.h"
#include "server/server.h"

namespace skarn {
namespace {

// The request as it came over the wire.
int64_t RequestBytes(const Args& args) {
  size_t size = 4;  // "*N\r\n"
  for (const Bytes word : args) size += 6 + word.size();
  return static_cast<int64_t>(size);
}

// The words without passwords.
std::vector<Bytes> PublicWords(const Command& command, const Args& args) {
  std::vector<Bytes> words(args.begin(), args.end());
  for (size_t i = 1; i < words.size(); ++i) {
    if (IsSecret(command, args, i)) words[i] = kRedacted;
  }
  return words;
}

}  // namespace

void Hooks::OnNoteworthyCommand(Executor& executor, Client& client,
                                const Command& command, const Args& args, uint64_t cycles,
                                size_t reply_bytes) {
  const Settings& settings = state_.settings;
  const int64_t micros =
      static_cast<int64_t>(static_cast<double>(cycles) / state_.cycles_per_us);
  const int64_t latency_ms = micros / 1000;
  if (settings.latency_threshold_ms > 0 && latency_ms >= settings.latency_threshold_ms) {
    server_->latency().Add(command.Has(CommandFlag::kFast) ? "fast-command" : "command",
                           static_cast<uint32_t>(latency_ms));
  }
  if (command.Has(CommandFlag::kSkipCommandLog)) return;
  const std::vector<Bytes> words = PublicWords(command, args);
  const auto note = [&](CommandLogKind kind, int64_t value, int64_t threshold,
                        int64_t max) {
    if (threshold < 0 || value < threshold) return;
    server_->command_log().Add(executor.worker().index(), kind, value, max, client,
                               Args(std::span<const Bytes>(words)));
  };
  note(CommandLogKind::kSlow, micros, settings.commandlog_slow_us,
       settings.commandlog_slow_max);
  note(CommandLogKind::kLargeRequest, RequestBytes(args),
       settings.commandlog_large_request_bytes, settings.commandlog_large_request_max);
  note(CommandLogKind::kLargeReply, static_cast<int64_t>(reply_bytes),
       settings.commandlog_large_reply_bytes, settings.commandlog_large_reply_max);
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// CommandLog: the last commands that were slow, that were large, and whose replies were
// large. Each worker keeps its own; they are merged by their ids when somebody asks.
// Threads: Add on the worker it names; the rest with the gate closed. Owner: the server.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "command/client.h"
#include "resp/args.h"

namespace skarn {

enum class CommandLogKind : uint8_t { kSlow, kLargeRequest, kLargeReply };
inline constexpr size_t kCommandLogKinds = 3;

class CommandLog {
 public:
  // What is kept of a request: so many words, and so much of each.
  static constexpr size_t kWordsMax = 32;
  static constexpr size_t kWordBytesMax = 128;

  struct Record {
    uint64_t id = 0;
    int64_t time_seconds = 0;
    int64_t value = 0;  // Microseconds, or bytes.
    std::vector<std::string> words;
    std::string peer, client_name;
  };

  explicit CommandLog(size_t worker_count) : workers_(worker_count) {}

  // `length_max` is how many records the log may have in all; older ones go.
  void Add(size_t worker, CommandLogKind kind, int64_t value, int64_t length_max,
           const Client& client, const Args& args);

  // Newest first; at most `count`, and `length_max`.
  std::vector<const Record*> Newest(CommandLogKind kind, size_t count,
                                    int64_t length_max) const;
  size_t Length(CommandLogKind kind, int64_t length_max) const;
  void Reset(CommandLogKind kind);

 private:
  using Ring = std::deque<Record>;  // Newest in front.
  struct alignas(128) PerWorker {
    std::array<Ring, kCommandLogKinds> rings;
  };

  std::vector<PerWorker> workers_;
  std::array<std::atomic<uint64_t>, kCommandLogKinds> next_ids_{};
};

}  // namespace skarn

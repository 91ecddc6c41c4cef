// SPDX-License-Identifier: BSD-3-Clause
#include "server/command_log.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.h"

namespace skarn {
namespace {

std::string Shortened(Bytes word) {
  if (word.size() <= CommandLog::kWordBytesMax) return std::string(word);
  return fmt::format("{}... ({} more bytes)", word.substr(0, CommandLog::kWordBytesMax),
                     word.size() - CommandLog::kWordBytesMax);
}

std::vector<std::string> KeptWords(const Args& args) {
  std::vector<std::string> words;
  const size_t kept = std::min(args.size(), CommandLog::kWordsMax);
  for (size_t i = 0; i < kept; ++i) {
    const bool is_cut = i + 1 == kept && args.size() > kept;
    words.push_back(is_cut
                        ? fmt::format("... ({} more arguments)", args.size() - kept + 1)
                        : Shortened(args[i]));
  }
  return words;
}

}  // namespace

void CommandLog::Add(size_t worker, CommandLogKind kind, int64_t value,
                     int64_t length_max, const Client& client, const Args& args) {
  if (length_max <= 0) return;
  const size_t index = static_cast<size_t>(kind);
  Ring& ring = workers_[worker].rings[index];
  ring.push_front({.id = next_ids_[index].fetch_add(1, std::memory_order_relaxed),
                   .time_seconds = NowMillis() / 1000,
                   .value = value,
                   .words = KeptWords(args),
                   .peer = client.peer_address,
                   .client_name = client.name});
  while (ring.size() > static_cast<size_t>(length_max)) ring.pop_back();
}

std::vector<const CommandLog::Record*> CommandLog::Newest(CommandLogKind kind,
                                                          size_t count,
                                                          int64_t length_max) const {
  std::vector<const Record*> records;
  for (const PerWorker& worker : workers_) {
    for (const Record& record : worker.rings[static_cast<size_t>(kind)]) {
      records.push_back(&record);
    }
  }
  std::sort(records.begin(), records.end(),
            [](const Record* a, const Record* b) { return a->id > b->id; });
  const size_t max = static_cast<size_t>(std::max<int64_t>(0, length_max));
  records.resize(std::min({records.size(), count, max}));
  return records;
}

size_t CommandLog::Length(CommandLogKind kind, int64_t length_max) const {
  size_t length = 0;
  for (const PerWorker& worker : workers_) {
    length += worker.rings[static_cast<size_t>(kind)].size();
  }
  return std::min(length, static_cast<size_t>(std::max<int64_t>(0, length_max)));
}

void CommandLog::Reset(CommandLogKind kind) {
  for (PerWorker& worker : workers_) worker.rings[static_cast<size_t>(kind)].clear();
}

}  // namespace skarn

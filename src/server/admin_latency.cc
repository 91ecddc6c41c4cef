// SPDX-License-Identifier: BSD-3-Clause
//
// LATENCY: spikes that were noted, and the durations of commands.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/clock.h"
#include "command/context.h"
#include "command/help.h"
#include "resp/shown_text.h"
#include "server/access.h"
#include "server/admin.h"
#include "server/info.h"
#include "server/latency_monitor.h"
#include "server/server.h"

namespace skarn::commands {
namespace {

using Event = LatencyMonitor::Event;

constexpr std::string_view kLatencyHelp[] = {
    "DOCTOR",
    "    Return a human readable latency analysis report.",
    "GRAPH <event>",
    "    Return an ASCII latency graph for the <event> class.",
    "HISTORY <event>",
    "    Return time-latency samples for the <event> class.",
    "LATEST",
    "    Return the latest latency samples for all events.",
    "RESET [<event> ...]",
    "    Reset latency data of one or more <event> classes.",
    "    (default: reset all data for all event classes)",
    "HISTOGRAM [COMMAND ...]",
    "    Return a cumulative distribution of latencies in the format of a histogram for "
    "the "
    "specified command names.",
    "    If no commands are specified then all histograms are replied.",
};

// ---- histograms
// --------------------------------------------------------------------------------

// Cumulative counts at powers of two of nanoseconds, from 1024 on. The bound is told in
// microseconds, as the upper end of a step of 1/128, which is how the reference counts.
void WriteHistogram(const std::vector<uint64_t>& durations, ReplyWriter& reply) {
  constexpr unsigned kFirstPower = 10;
  uint64_t total = 0;
  for (const uint64_t count : durations) total += count;
  reply.MapHeader(2);
  reply.Bulk("calls");
  reply.Integer(static_cast<int64_t>(total));
  reply.Bulk("histogram_usec");
  const auto header = reply.BeginDeferredMap();
  size_t lines = 0;
  uint64_t seen = 0, told = 0;
  size_t bucket = 0;
  for (unsigned power = kFirstPower; seen < total && power < 62; ++power) {
    const uint64_t bound = uint64_t{1} << power;
    const size_t end = std::min(DurationBucket(bound), durations.size());
    for (; bucket < end; ++bucket) seen += durations[bucket];
    if (seen == told) continue;
    told = seen;
    reply.Integer(static_cast<int64_t>((bound + (bound >> 7) - 1) / 1000));
    reply.Integer(static_cast<int64_t>(seen));
    ++lines;
  }
  reply.EndDeferred(header, lines);
}

size_t WriteCommand(Server& server, const Command& command, ReplyWriter& reply) {
  const std::vector<uint64_t> durations = SumDurations(server, command.index);
  if (durations.empty()) return 0;
  reply.Bulk(command.full_name);
  WriteHistogram(durations, reply);
  return 1;
}

size_t WriteFamily(Server& server, const Command& command, ReplyWriter& reply) {
  size_t count = WriteCommand(server, command, reply);
  for (const auto& subcommand : command.subcommands) {
    count += WriteCommand(server, *subcommand, reply);
  }
  return count;
}

// ---- graphs
// ------------------------------------------------------------------------------------

std::string AgeText(int64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 86400) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86400);
}

// Columns of samples, four lines high with three heights each, and below them their age,
// from top to bottom.
std::string DrawGraph(std::span<const LatencyMonitor::Sample> samples, uint32_t low,
                      uint32_t high) {
  constexpr int kRows = 4, kHeights = 3;
  constexpr char kMarks[] = "_-`";
  const int64_t now = NowMillis() / 1000;
  std::string text;
  for (int row = kRows - 1; row >= 0; --row) {
    for (const auto& sample : samples) {
      const double part =
          high == low ? 0 : double(sample.latency_ms - low) / double(high - low);
      const int height = static_cast<int>(part * (kRows * kHeights - 1));
      const int within = height - row * kHeights;
      text += within >= 0 && within < kHeights ? kMarks[within] : ' ';
    }
    text += '\n';
  }
  std::vector<std::string> labels;
  size_t longest = 0;
  for (const auto& sample : samples) {
    labels.push_back(AgeText(now - sample.time_seconds));
    longest = std::max(longest, labels.back().size());
  }
  text += std::string(samples.size(), ' ') + '\n';
  for (size_t line = 0; line < longest; ++line) {
    for (const std::string& label : labels)
      text += line < label.size() ? label[line] : ' ';
    text += '\n';
  }
  return text;
}

std::string GraphOf(const Event& event) {
  constexpr size_t kColumns = 80;
  uint32_t low = UINT32_MAX, high = 0;
  for (const auto& sample : event.samples) {
    low = std::min(low, sample.latency_ms);
    high = std::max(high, sample.latency_ms);
  }
  std::string text = fmt::format("{} - high {} ms, low {} ms (all time high {} ms)\n",
                                 event.name, high, low, event.worst_ms);
  text += std::string(kColumns, '-') + '\n';
  const std::span<const LatencyMonitor::Sample> all(event.samples);
  for (size_t at = 0; at < all.size(); at += kColumns) {
    text += DrawGraph(all.subspan(at, std::min(kColumns, all.size() - at)), low, high);
  }
  return text;
}

// ---- the doctor
// --------------------------------------------------------------------------------

std::string Describe(size_t number, const Event& event) {
  double deviation = 0, sum = 0;
  for (const auto& sample : event.samples) sum += sample.latency_ms;
  const double count = static_cast<double>(event.samples.size());
  const double mean = sum / count;
  for (const auto& sample : event.samples)
    deviation += std::abs(sample.latency_ms - mean);
  const double span = static_cast<double>(
      std::max<int64_t>(1, NowMillis() / 1000 - event.samples.front().time_seconds));
  return fmt::format(
      "{}. {}: {} latency spikes (average {:.0f}ms, mean deviation {:.0f}ms, period "
      "{:.2f} sec). "
      "Worst all time event {}ms.\n",
      number, event.name, event.samples.size(), mean, deviation / count, span / count,
      event.worst_ms);
}

std::string AdviceFor(const std::vector<Event>& events, const Settings& settings) {
  std::string text;
  const bool has_commands =
      std::any_of(events.begin(), events.end(),
                  [](const Event& event) { return event.name.ends_with("command"); });
  if (has_commands) {
    const int64_t threshold_us = settings.latency_threshold_ms * 1000;
    if (settings.commandlog_slow_us < 0 || settings.commandlog_slow_us > threshold_us) {
      text += fmt::format(
          "- The slow log leaves out commands that count as spikes here. CONFIG SET "
          "slowlog-log-slower-than {} makes it show them.\n",
          threshold_us);
    }
    text +=
        "- SLOWLOG GET names the commands that took long. Split big ranges, use SCAN "
        "instead of "
        "KEYS, keep values small.\n";
  }
  const bool has_frees =
      std::any_of(events.begin(), events.end(), [](const Event& event) {
        return event.name.starts_with("expire") || event.name.starts_with("eviction");
      });
  if (has_frees) {
    text +=
        "- Expiry or eviction takes long: the lazyfree directives let big values be "
        "freed in the "
        "background.\n";
  }
  return text;
}

}  // namespace

void LatencyHelp(CommandContext&, const Args&, ReplyWriter& reply) {
  ReplyHelp(reply, "LATENCY", kLatencyHelp);
}

void LatencyHistogram(CommandContext& context, const Args& args, ReplyWriter& reply) {
  Server& server = ServerOf(context);
  const auto header = reply.BeginDeferredMap();
  size_t count = 0;
  if (args.size() == 2) {
    for (const auto& command : context.server.command_table.commands()) {
      count += WriteFamily(server, *command, reply);
    }
  }
  for (size_t i = 2; i < args.size(); ++i) {
    const Command* command = context.server.command_table.FindFullName(args[i]);
    if (command != nullptr) count += WriteFamily(server, *command, reply);
  }
  reply.EndDeferred(header, count);
}

void LatencyHistory(CommandContext& context, const Args& args, ReplyWriter& reply) {
  for (const Event& event : ServerOf(context).latency().Events()) {
    if (event.name != args[2]) continue;
    reply.ArrayHeader(event.samples.size());
    for (const auto& sample : event.samples) {
      reply.ArrayHeader(2);
      reply.Integer(sample.time_seconds);
      reply.Integer(sample.latency_ms);
    }
    return;
  }
  reply.EmptyArray();
}

void LatencyLatest(CommandContext& context, const Args&, ReplyWriter& reply) {
  const std::vector<Event> events = ServerOf(context).latency().Events();
  reply.ArrayHeader(events.size());
  for (const Event& event : events) {
    reply.ArrayHeader(6);
    reply.Bulk(event.name);
    reply.Integer(event.samples.back().time_seconds);
    reply.Integer(event.samples.back().latency_ms);
    reply.Integer(event.worst_ms);
    reply.Integer(static_cast<int64_t>(event.sum_ms));
    reply.Integer(static_cast<int64_t>(event.count));
  }
}

void LatencyGraph(CommandContext& context, const Args& args, ReplyWriter& reply) {
  for (const Event& event : ServerOf(context).latency().Events()) {
    if (event.name == args[2]) return reply.Verbatim("txt", GraphOf(event));
  }
  reply.Error(ReplyError(
      fmt::format("-ERR No samples available for event '{}'", ShownText(args[2]))));
}

void LatencyReset(CommandContext& context, const Args& args, ReplyWriter& reply) {
  LatencyMonitor& monitor = ServerOf(context).latency();
  size_t count = args.size() == 2 ? monitor.ResetAll() : 0;
  for (size_t i = 2; i < args.size(); ++i) count += monitor.Reset(args[i]);
  reply.Integer(static_cast<int64_t>(count));
}

void LatencyDoctor(CommandContext& context, const Args&, ReplyWriter& reply) {
  const std::vector<Event> events = ServerOf(context).latency().Events();
  if (events.empty() && context.settings.latency_threshold_ms == 0) {
    return reply.Verbatim(
        "txt",
        "Latency monitoring is off, so there is nothing to report. CONFIG SET "
        "latency-monitor-threshold <milliseconds> turns it on.\n");
  }
  if (events.empty()) {
    return reply.Verbatim("txt", "No latency spike was seen while this server ran.\n");
  }
  std::string text = "Latency spikes were seen on this server:\n\n";
  for (size_t i = 0; i < events.size(); ++i) text += Describe(i + 1, events[i]);
  if (const std::string advice = AdviceFor(events, context.settings); !advice.empty()) {
    text += "\nWhat may help:\n\n" + advice;
  }
  reply.Verbatim("txt", text);
}

}  // namespace skarn::commands

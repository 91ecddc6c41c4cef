// SPDX-License-Identifier: BSD-3-Clause
//
// The sections of INFO. Each appends its lines, "name:value", to a text.
// Threads: with the gate closed. Owner: none; functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/bytes.h"
#include "command/statistics.h"
#include "keyspace/view.h"
#include "net/worker.h"

namespace skarn {

class Server;

// Statistics of all workers together.
struct Totals {
  WorkerStatistics work;  // Without durations.
  KeyspaceStats keys;
  NetStatistics net;
};
Totals SumStatistics(Server& server);

// The durations of a command on all workers; empty when none was counted.
std::vector<uint64_t> SumDurations(Server& server, uint32_t command_index);

class InfoText {
 public:
  template <class Value>
  void Add(Bytes name, const Value& value) {
    fmt::format_to(std::back_inserter(text_), "{}:{}\r\n", name, value);
  }
  void AddRatio(Bytes name, double value) { Add(name, fmt::format("{:.2f}", value)); }
  void AddPercent(Bytes name, double value) { Add(name, fmt::format("{:.2f}%", value)); }
  // The bytes, and once more for people: name and name_human.
  void AddBytes(Bytes name, int64_t bytes);
  void Title(Bytes title) {
    if (!text_.empty()) text_ += "\r\n";
    fmt::format_to(std::back_inserter(text_), "# {}\r\n", title);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// "1.30M"
std::string HumanBytes(int64_t bytes);

// info_server.cc
void InfoServer(Server& server, InfoText& out);
void InfoTls(Server& server, InfoText& out);
void InfoClients(Server& server, InfoText& out);
void InfoMemory(Server& server, InfoText& out);
void InfoPersistence(Server& server, InfoText& out);
void InfoReplication(Server& server, InfoText& out);
void InfoCpu(Server& server, InfoText& out);
void InfoCluster(Server& server, InfoText& out);
void InfoSkarn(Server& server, InfoText& out);

// info_machine.cc
void InfoMachine(Server& server, InfoText& out);

// info_stats.cc
void InfoStats(Server& server, InfoText& out);
void InfoDebug(Server& server, InfoText& out);
void InfoCommandstats(Server& server, InfoText& out);
void InfoErrorstats(Server& server, InfoText& out);
void InfoLatencystats(Server& server, InfoText& out);
void InfoKeyspace(Server& server, InfoText& out);

// All sections, as INFO everything shows them.
std::string WholeInfo(Server& server);

}  // namespace skarn

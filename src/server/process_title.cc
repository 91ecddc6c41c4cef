// SPDX-License-Identifier: BSD-3-Clause
#include "server/process_title.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace skarn {
namespace {

// The words of the command line lie one behind another, and those of the environment
// behind them.
struct TitleRoom {
  char* begin = nullptr;
  size_t size = 0;
  std::string name;  // argv[0]
};
TitleRoom& Room() {
  static TitleRoom room;
  return room;
}

std::string ValueOf(Bytes name, const Config& config, const std::string& config_file) {
  const int64_t port = config.Integer(ConfigKey::kPort);
  if (name == "title") return Room().name;
  if (name == "listen-addr") {
    const auto& addresses = config.Addresses(ConfigKey::kBind);
    if (port == 0 && !config.String(ConfigKey::kUnixsocket).empty()) {
      return config.String(ConfigKey::kUnixsocket);
    }
    std::string address = addresses.empty() ? "*" : addresses.front();
    if (address.starts_with('-')) address.erase(0, 1);
    const bool is_ipv6 = address.find(':') != std::string::npos;
    return is_ipv6 ? fmt::format("[{}]:{}", address, port)
                   : fmt::format("{}:{}", address, port);
  }
  if (name == "port") return std::to_string(port);
  if (name == "tls-port") return config.Text(ConfigKey::kTlsPort);
  if (name == "cluster-port") return config.Text(ConfigKey::kClusterPort);
  if (name == "unixsocket") return config.String(ConfigKey::kUnixsocket);
  if (name == "config-file") return config_file;
  return "";  // server-mode: neither a cluster nor a sentinel.
}

}  // namespace

void InitProcessTitle(int argc, char** argv) {
  TitleRoom& room = Room();
  room.name = argv[0];
  char* end = argv[0];
  for (int i = 0; i < argc; ++i) {
    if (argv[i] == end) end += std::strlen(argv[i]) + 1;
  }
  size_t count = 0;
  for (; environ[count] != nullptr; ++count) {
    if (environ[count] == end) end += std::strlen(environ[count]) + 1;
  }
  // The environment moves, for good: getenv may be asked until the end.
  char** moved = static_cast<char**>(malloc((count + 1) * sizeof(char*)));
  if (moved == nullptr) return;
  for (size_t i = 0; i < count; ++i) moved[i] = strdup(environ[i]);
  moved[count] = nullptr;
  environ = moved;
  room.begin = argv[0];
  room.size = static_cast<size_t>(end - argv[0]);
}

std::string ProcessTitleFor(const Config& config, const std::string& config_file) {
  const std::string& text = config.String(ConfigKey::kProcTitleTemplate);
  std::string title;
  for (size_t at = 0; at < text.size();) {
    const size_t close = text[at] == '{' ? text.find('}', at) : std::string::npos;
    if (close == std::string::npos) {
      title += text[at++];
      continue;
    }
    title += ValueOf(Bytes(text).substr(at + 1, close - at - 1), config, config_file);
    at = close + 1;
  }
  while (title.ends_with(' ')) title.pop_back();
  return title;
}

void SetProcessTitle(const Config& config, const std::string& config_file) {
  const TitleRoom& room = Room();
  if (room.begin == nullptr || !config.Bool(ConfigKey::kSetProcTitle)) return;
  const std::string title = ProcessTitleFor(config, config_file);
  const size_t size = std::min(title.size(), room.size - 1);
  std::memset(room.begin, 0, room.size);
  std::memcpy(room.begin, title.data(), size);
}

}  // namespace skarn

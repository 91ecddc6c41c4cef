// SPDX-License-Identifier: BSD-3-Clause
#include "tools/tune/nic_control.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "tools/tune/host_files.h"

namespace skarn {
namespace {

constexpr std::string_view kCounterEnding = "_allowance_exceeded";

// A socket to ask the driver of one card through.
class Driver {
 public:
  explicit Driver(const std::string& name)
      : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), name_(name) {}
  ~Driver() {
    if (fd_ >= 0) close(fd_);
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // `request` begins with the number of the question. Returns 0 or an errno value.
  int Ask(void* request) const {
    ifreq ask = {};
    if (fd_ < 0 || name_.size() >= sizeof(ask.ifr_name)) return EINVAL;
    std::memcpy(ask.ifr_name, name_.data(), name_.size());
    ask.ifr_data = static_cast<char*>(request);
    return ioctl(fd_, SIOCETHTOOL, &ask) == 0 ? 0 : errno;
  }

 private:
  const int fd_;
  const std::string name_;
};

// Counters by name, those of interest only.
void ReadCounters(const Driver& driver, NicValues* values) {
  constexpr uint32_t kCountersMax = 16384;
  std::vector<uint64_t> info_room(sizeof(ethtool_sset_info) / 8 + 1);
  auto* const info = reinterpret_cast<ethtool_sset_info*>(info_room.data());
  info->cmd = ETHTOOL_GSSET_INFO;
  info->sset_mask = uint64_t{1} << ETH_SS_STATS;
  if (driver.Ask(info) != 0 || info->sset_mask == 0) return;
  const uint32_t count = info->data[0];
  if (count == 0 || count > kCountersMax) return;

  std::vector<uint64_t> name_room(
      (sizeof(ethtool_gstrings) + size_t{count} * ETH_GSTRING_LEN) / 8 + 1);
  auto* const names = reinterpret_cast<ethtool_gstrings*>(name_room.data());
  names->cmd = ETHTOOL_GSTRINGS;
  names->string_set = ETH_SS_STATS;
  names->len = count;
  std::vector<uint64_t> value_room(sizeof(ethtool_stats) / 8 + 1 + count);
  auto* const numbers = reinterpret_cast<ethtool_stats*>(value_room.data());
  numbers->cmd = ETHTOOL_GSTATS;
  numbers->n_stats = count;
  if (driver.Ask(names) != 0 || driver.Ask(numbers) != 0) return;
  for (uint32_t i = 0; i < count; ++i) {
    const char* const text =
        reinterpret_cast<const char*>(names->data) + size_t{i} * ETH_GSTRING_LEN;
    const std::string name(text, strnlen(text, ETH_GSTRING_LEN));
    if (name.ends_with(kCounterEnding))
      (*values)[name] = fmt::to_string(numbers->data[i]);
  }
}

NicValues ReadLive(const std::string& name) {
  NicValues values;
  const Driver driver(name);
  ethtool_channels channels = {};
  channels.cmd = ETHTOOL_GCHANNELS;
  if (driver.Ask(&channels) == 0 && channels.max_combined > 0) {
    values["combined"] = fmt::to_string(channels.combined_count);
    values["combined-max"] = fmt::to_string(channels.max_combined);
  }
  ethtool_coalesce coalesce = {};
  coalesce.cmd = ETHTOOL_GCOALESCE;
  if (driver.Ask(&coalesce) == 0) {
    values["adaptive-rx"] = coalesce.use_adaptive_rx_coalesce != 0 ? "on" : "off";
  }
  ReadCounters(driver, &values);
  return values;
}

Result<> WriteLive(const std::string& name, const std::string& key,
                   const std::string& value) {
  const Driver driver(name);
  int error = EINVAL;
  if (key == "combined") {
    ethtool_channels channels = {};
    channels.cmd = ETHTOOL_GCHANNELS;
    error = driver.Ask(&channels);
    channels.cmd = ETHTOOL_SCHANNELS;
    const auto count = NumberOf(value);
    if (!count || *count < 1 || *count > channels.max_combined)
      return Fail("no such count");
    channels.combined_count = static_cast<uint32_t>(*count);
    if (error == 0) error = driver.Ask(&channels);
  } else if (key == "adaptive-rx") {
    ethtool_coalesce coalesce = {};
    coalesce.cmd = ETHTOOL_GCOALESCE;
    error = driver.Ask(&coalesce);
    coalesce.cmd = ETHTOOL_SCOALESCE;
    coalesce.use_adaptive_rx_coalesce = value == "on";
    if (error == 0) error = driver.Ask(&coalesce);
  }
  if (error != 0) return FailErrno("ethtool", error);
  return {};
}

std::string RecordedPath(const std::string& name) {
  return "/ethtool/" + name;
}

}  // namespace

NicValues ReadNic(const MachineFiles& files, const std::string& name) {
  if (files.is_live()) return ReadLive(name);
  NicValues values;
  const std::string text = files.Read(RecordedPath(name)).value_or("");
  for (const std::string_view line : LinesOf(text)) {
    const auto words = SplitText(line, ' ');
    if (words.size() == 2) values[std::string(words[0])] = words[1];
  }
  return values;
}

Result<> WriteNic(const MachineFiles& files, const std::string& name,
                  const std::string& key, const std::string& value) {
  if (files.is_live()) return WriteLive(name, key, value);
  const std::string text = files.Read(RecordedPath(name)).value_or("");
  std::string changed = text;
  for (const std::string_view line : LinesOf(text)) {
    const auto words = SplitText(line, ' ');
    if (words.size() != 2 || words[0] != key) continue;
    changed = text;  // The last of equal names is the one that was read.
    changed.replace(static_cast<size_t>(words[1].data() - text.data()), words[1].size(),
                    value);
  }
  return WriteInPlace(files.PathOf(RecordedPath(name)), changed);
}

}  // namespace skarn

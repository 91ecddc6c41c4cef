// SPDX-License-Identifier: BSD-3-Clause
//
// Any configuration text either is refused with a reason or gives values which CONFIG
// REWRITE writes so that reading them again gives the same values. No file is opened:
// lines with include are left out, and so are directories, which depend on the machine.
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "server/config.h"
#include "server/config_launch.h"
#include "server/config_line.h"
#include "server/config_rewrite.h"

namespace skarn {
namespace {

Result<Launch> Read(const std::string& text) {
  return ReadLaunch(std::vector<std::string>{"-"},
                    [&]() -> Result<std::string> { return text; });
}

std::string WithoutFiles(Bytes text) {
  std::string kept;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const Bytes line = text.substr(0, end);
    text.remove_prefix(end == Bytes::npos ? text.size() : end + 1);
    const auto words = SplitConfigLine(line);
    const bool names_file = words && !words->empty() &&
                            (EqualsIgnoreCase(words->front(), "include") ||
                             EqualsIgnoreCase(words->front(), "dir"));
    if (!names_file) kept.append(line) += '\n';
  }
  return kept;
}

void CheckText(Bytes data) {
  const auto words = SplitConfigLine(QuoteConfigWord(data));
  SKARN_CHECK(words && words->size() == 1 && words->front() == data);

  const std::string text = WithoutFiles(data);
  const auto launch = Read(text);
  if (!launch) {
    SKARN_CHECK(launch.error().text.ends_with('\n'));
    return;
  }
  const std::string rewritten =
      RewrittenConfig(text, launch->config, RewriteScope::kChanged);
  const auto again = Read(rewritten);
  SKARN_CHECK(again.has_value());
  for (const ConfigDirective& row : ConfigDirectives()) {
    SKARN_CHECK(again->config.Text(row.key) == launch->config.Text(row.key));
  }
  SKARN_CHECK(RewrittenConfig(rewritten, again->config, RewriteScope::kChanged) ==
              rewritten);
}

}  // namespace
}  // namespace skarn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes) {
  skarn::CheckText({reinterpret_cast<const char*>(data), size_bytes});
  return 0;
}

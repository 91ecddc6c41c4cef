// SPDX-License-Identifier: BSD-3-Clause
//
// Any text as a list of CPUs and as a profile: refused, or understood in one way only.
#include <cstdint>

#include "base/check.h"
#include "machine/profile.h"

namespace skarn {
namespace {

void CheckCpuList(std::string_view text) {
  const auto cpus = ParseCpuList(text);
  if (!cpus) return;
  SKARN_CHECK(ParseCpuList(FormatCpuList(*cpus)) == cpus);
  SKARN_CHECK(cpus->empty() || (cpus->front() >= 0 && cpus->back() <= kCpuNumberMax));
  const std::string mask = FormatCpuMask(*cpus);
  SKARN_CHECK(mask.find_first_not_of("0123456789abcdef,") == std::string::npos);
  SKARN_CHECK((mask == "0") == cpus->empty());
}

// A machine that is as the bits of `seed` say.
MachineFacts FactsOf(uint8_t seed) {
  MachineFacts facts;
  if ((seed & 1) != 0) facts.cloud = Cloud::kEc2;
  if ((seed & 2) != 0) facts.instance_family = "c7g";
  if ((seed & 4) != 0) facts.cpu_id = "arm-41-d40";
  if ((seed & 8) != 0) facts.architecture = "aarch64";
  if ((seed & 16) != 0) facts.features = {"avx2", "sve"};
  if ((seed & 32) != 0) facts.granted_cpus = facts.cores = kCpuNumberMax + 1;
  if ((seed & 64) != 0) facts.memory_bytes = uint64_t{1} << 58;
  if ((seed & 128) != 0) facts.kernel_major = facts.kernel_minor = 999;
  return facts;
}

void CheckProfile(std::string_view text, const MachineFacts& facts) {
  const auto profile = ParseProfile("fuzzed", text);
  if (!profile) {
    SKARN_CHECK(profile.error().text.starts_with("profile fuzzed, line "));
    return;
  }
  for (const ProfileValue& value : ProfileValues(*profile, facts)) {
    SKARN_CHECK(!value.name.empty() && !value.value.empty() && !value.reason.empty());
  }
}

}  // namespace
}  // namespace skarn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const skarn::MachineFacts facts = skarn::FactsOf(data[0]);
  skarn::CheckCpuList(text);
  skarn::CheckProfile(text, facts);
  constexpr size_t kNameMax = 64;  // All profiles are read for it: not at each input.
  if (text.size() > kNameMax) return 0;
  // Whatever a family is called, there is a profile for it.
  skarn::MachineFacts named = facts;
  named.instance_family = text;
  SKARN_CHECK(!skarn::MatchProfile(named).profile.name.empty());
  return 0;
}

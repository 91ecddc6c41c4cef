// SPDX-License-Identifier: BSD-3-Clause
//
// Lists of CPU numbers as the kernel and configuration files write them: "0-3,8,10-14:2".
// Threads: any; functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skarn {

inline constexpr int kCpuNumberMax = 8191;  // Above it a list is taken for nonsense.

using CpuList = std::vector<int>;  // Ascending, each once.

// Nothing for what is no such list, or names a CPU above kCpuNumberMax. An empty text is
// an empty list.
std::optional<CpuList> ParseCpuList(std::string_view text);

// "0-3,8".
std::string FormatCpuList(const CpuList& cpus);

// The mask of the kernel's files, in words of 32 bits: "ff" or "1,00000000".
std::string FormatCpuMask(const CpuList& cpus);

// Lets the calling thread run on these CPUs only. Returns 0 or an errno value.
int SetThreadCpus(const CpuList& cpus);
// Whether the system ends a program that calls SetThreadCpus, as a filter of system calls
// may.
bool IsSettingCpusDeadly();
// The CPUs that the calling thread may run on; empty if the system does not tell.
CpuList ThreadCpus();

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Reading and writing of single configuration values: numbers, sizes and the small
// languages of the directives which take several words. Pure functions; a failure is the
// reason shown to the user. Threads: any.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "server/config.h"
#include "server/config_directives.h"

namespace skarn {

// A size: digits and an optional unit, b k kb m mb g gb in either case, k being 1000 and
// kb 1024. No digits count as 0, as they do in the reference.
std::optional<uint64_t> ParseMemorySize(Bytes text);

// The number of a kBool, kEnum, kInteger, kOctal, kMemory or kMemoryOrPercent row.
Result<int64_t> ParseConfigNumber(const ConfigDirective& row, Bytes text);

// The bits of a kFlags row. At least one word is wanted.
Result<uint32_t> ParseConfigFlags(const ConfigDirective& row,
                                  std::span<const std::string> words);

// The bits of config_event.
Result<uint32_t> ParseKeyspaceEvents(Bytes letters);

// Pairs of seconds and changes; none for no words or one empty word.
Result<std::vector<ConfigSavePoint>> ParseSavePoints(std::span<const std::string> words);

// `limits` with the classes named in `words` changed.
Result<ConfigOutputLimits> ParseOutputLimits(const ConfigOutputLimits& limits,
                                             std::span<const std::string> words);

Result<std::array<int32_t, 3>> ParseOomScores(std::span<const std::string> words);
Result<std::vector<double>> ParsePercentiles(std::span<const std::string> words);

// Applies the ConfigCheck of the row to a kString value.
Result<> CheckConfigString(const ConfigDirective& row, const std::string& text);

// `path` without symbolic links and dots, so that it stays right when the server changes
// its directory; as it is if there is no such file.
std::string AbsoluteConfigPath(const std::string& path);

// Splits at every single space, so that two spaces enclose an empty word. Nothing gives
// no words.
std::vector<std::string> SplitAtSpaces(Bytes text);

std::string FormatConfigNumber(const ConfigDirective& row, int64_t number);
std::string FormatConfigFlags(const ConfigDirective& row, uint32_t flags);
std::string FormatKeyspaceEvents(uint32_t classes);
std::string FormatOutputLimits(const ConfigOutputLimits& limits);
std::string FormatPercentiles(std::span<const double> percentiles);

}  // namespace skarn

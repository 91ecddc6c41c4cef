// SPDX-License-Identifier: BSD-3-Clause
//
// What skarn-tune prints, for people and as JSON. Threads: one; functions.
#pragma once

#include <string>

#include "server/machine_settings.h"
#include "tools/tune/apply.h"
#include "tools/tune/check.h"

namespace skarn {

enum class Format : uint8_t { kText, kJson };

std::string ShowReport(const MachineChoice& choice, const Config& config, Format format);
std::string CheckReport(const CheckResult& result, Format format);
std::string PlanReport(const Plan& plan, Format format);
// `verb`: "applied" or "reverted".
std::string OutcomeReport(const Outcome& outcome, std::string_view verb, Format format);

// "text" with quotes and escapes; bytes that are no ASCII as \u00XX.
std::string JsonText(std::string_view text);

}  // namespace skarn

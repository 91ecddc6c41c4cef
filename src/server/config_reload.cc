// SPDX-License-Identifier: BSD-3-Clause
#include "server/config_reload.h"

#include <algorithm>

namespace skarn {
namespace {

bool RenamesAlike(const std::vector<RenamedCommand>& one,
                  const std::vector<RenamedCommand>& other) {
  return std::ranges::equal(one, other,
                            [](const RenamedCommand& a, const RenamedCommand& b) {
                              return a.from == b.from && a.to == b.to;
                            });
}

bool IsFixed(const ConfigDirective& row, std::span<const ConfigKey> fixed) {
  return row.Has(config_trait::kImmutable) ||
         std::ranges::find(fixed, row.key) != fixed.end();
}

}  // namespace

std::vector<std::string_view> NeedingRestart(const Launch& launched, const Launch& fresh,
                                             std::span<const ConfigKey> fixed) {
  std::vector<std::string_view> names;
  for (const ConfigDirective& row : ConfigDirectives()) {
    if (IsFixed(row, fixed) &&
        launched.config.Text(row.key) != fresh.config.Text(row.key)) {
      names.push_back(row.name);
    }
  }
  if (!RenamesAlike(launched.renamed_commands, fresh.renamed_commands)) {
    names.push_back("rename-command");
  }
  return names;
}

std::vector<std::string_view> NeedingRestart(std::span<const MachineSetting> settings,
                                             const Config& running, const Config& fresh,
                                             std::span<const ConfigKey> fixed) {
  std::vector<std::string_view> names;
  for (const MachineSetting& setting : settings) {
    const ConfigDirective* const row = FindDirective(setting.name);
    if (row == nullptr || !IsFixed(*row, fixed)) continue;
    if (running.Text(row->key) != fresh.Text(row->key)) names.push_back(row->name);
  }
  return names;
}

void KeepResolved(const Config& running, const Config& launched, Config& fresh) {
  for (const ConfigDirective& row : ConfigDirectives()) {
    if (!running.IsResolved(row.key) || row.kind != ConfigKind::kInteger) continue;
    if (launched.Text(row.key) != fresh.Text(row.key)) continue;
    fresh.Resolve(row.key, running.Integer(row.key));
  }
}

}  // namespace skarn

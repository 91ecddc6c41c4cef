// SPDX-License-Identifier: BSD-3-Clause
#include "tools/tune/plan.h"

#include <algorithm>

namespace skarn {
namespace {

// "[always] madvise never" with another word chosen; nothing if it is not among them. A
// text without a choice becomes the word.
std::optional<std::string> WithChoice(const std::string& text, const std::string& word) {
  const size_t open = text.find('[');
  const size_t close = text.find(']', open == std::string::npos ? 0 : open);
  if (open == std::string::npos || close == std::string::npos) return word + "\n";
  std::string changed;
  bool is_found = false;
  std::string plain = text;
  std::erase_if(plain, [](char c) { return c == '[' || c == ']' || c == '\n'; });
  for (const std::string_view choice : SplitText(plain, ' ')) {
    if (!changed.empty()) changed += ' ';
    is_found = is_found || choice == word;
    changed += choice == word ? "[" + word + "]" : std::string(choice);
  }
  if (!is_found) return std::nullopt;
  return changed + "\n";
}

// A first line of text, as the kernel writes values: numbers may have tabs between them.
bool IsReadable(std::string_view text) {
  const std::string_view line = TrimBlanks(text.substr(0, text.find('\n')));
  return !line.empty() && std::ranges::all_of(line, [](char c) {
    return c == '\t' || (c >= ' ' && c <= '~');
  });
}

}  // namespace

const ProfileValue* PlanMaker::Host(std::string_view name) const {
  const auto found = std::ranges::find(request_.host, name, &ProfileValue::name);
  return found == request_.host.end() ? nullptr : &*found;
}

std::optional<std::string> PlanMaker::Original(const Change& change) const {
  const Change* const known = request_.state.Find(change.kind, change.path);
  if (known != nullptr) return known->before;
  return ContentNow(request_.files, change).value_or(std::nullopt);
}

void PlanMaker::WantValue(const std::string& path, const std::string& value,
                          std::string name, std::string reason) {
  const auto now = request_.files.ReadWhole(path);
  if (!now || !*now || !IsReadable(**now)) {
    return LeaveAlone(std::move(name), "there is no readable " + path);
  }
  const auto after = WithChoice(**now, value);
  if (!after) return LeaveAlone(std::move(name), "the kernel offers no " + value);
  Want({.path = path,
        .after = *after,
        .name = std::move(name),
        .reason = std::move(reason)});
}

void PlanMaker::Want(Change change) {
  const auto content = ContentNow(request_.files, change);
  if (!content) return LeaveAlone(change.name, content.error().text);
  const std::optional<std::string>& now = *content;
  if (IsSame(change.kind, now, change.after)) return;
  const Change* const known = request_.state.Find(change.kind, change.path);
  const bool is_whole =
      change.kind == ChangeKind::kFile || change.kind == ChangeKind::kLink;
  if (is_whole && known != nullptr && !IsSame(change.kind, now, known->after)) {
    return LeaveAlone(change.path, "it was edited since skarn-tune wrote it");
  }
  change.before = known != nullptr ? known->before : now;
  plan_.changes.push_back(std::move(change));
}

Plan MakeQueuePlan(const PlanRequest& request) {
  Plan plan;
  PlanMaker maker(request, plan);
  PlanQueues(maker);
  return plan;
}

Plan MakePlan(const PlanRequest& request) {
  Plan plan;
  PlanMaker maker(request, plan);
  PlanSysctls(maker);
  PlanMemory(maker);
  PlanQueues(maker);
  PlanNics(maker);
  if (request.scope == PlanScope::kLasting) PlanUnits(maker);
  return plan;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "tools/tune/report.h"

#include <algorithm>

#include <fmt/format.h>

namespace skarn {
namespace {

// An object or array being written.
class Json {
 public:
  explicit Json(char open, char close) : close_(close), text_(1, open) {}

  Json& Add(std::string_view name, std::string value) {
    return Raw(fmt::format("{}: {}", JsonText(name), value));
  }
  Json& Text(std::string_view name, std::string_view value) {
    return Add(name, JsonText(value));
  }
  Json& Raw(std::string_view value) {
    if (text_.size() > 1) text_ += ", ";
    text_ += value;
    return *this;
  }
  std::string Done() { return std::move(text_) + close_; }

 private:
  char close_;
  std::string text_;
};

Json Object() {
  return Json('{', '}');
}
Json Array() {
  return Json('[', ']');
}

std::string OptionalText(const std::optional<std::string>& text) {
  return text ? JsonText(*text) : "null";
}

std::string ChangesJson(const std::vector<Change>& changes) {
  Json array = Array();
  for (const Change& change : changes) {
    array.Raw(Object()
                  .Text("name", change.name)
                  .Text("path", change.path)
                  .Add("before", OptionalText(change.before))
                  .Text("after", change.after)
                  .Text("reason", change.reason)
                  .Done());
  }
  return array.Done();
}

std::string LeftAloneJson(const std::vector<LeftAlone>& all) {
  Json array = Array();
  for (const LeftAlone& one : all) {
    array.Raw(Object().Text("what", one.what).Text("why", one.why).Done());
  }
  return array.Done();
}

// Control bytes of a file shall not reach a terminal.
std::string Shown(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    shown += (c >= ' ' && c <= '~') || c == '\n' ? c : '?';
  }
  return shown;
}

// The lines of a content behind "- " or "+ ".
std::string DiffLines(std::string_view mark, std::string_view content) {
  std::string text;
  for (const std::string_view line : LinesOf(content)) {
    fmt::format_to(std::back_inserter(text), "  {} {}\n", mark, Shown(line));
  }
  return text;
}

std::string LeftAloneLines(const std::vector<LeftAlone>& all) {
  std::string text;
  for (const LeftAlone& one : all) {
    fmt::format_to(std::back_inserter(text), "left alone: {}: {}\n", Shown(one.what),
                   Shown(one.why));
  }
  return text;
}

struct ShownSetting {
  std::string name, value, origin, reason, left_alone;
};

// What the profile says about the server, and what is in force in the end.
std::vector<ShownSetting> SettingsOf(const MachineChoice& choice, const Config& config) {
  std::vector<ShownSetting> settings;
  for (const MachineSetting& setting : choice.settings) {
    ShownSetting shown{.name = setting.name,
                       .value = setting.value,
                       .origin = "profile",
                       .reason = setting.reason,
                       .left_alone = setting.left_alone};
    if (const ConfigDirective* row = FindDirective(setting.name)) {
      shown.value = config.Text(row->key);
      shown.origin = ValueOriginName(config.origin(row->key));
    }
    settings.push_back(std::move(shown));
  }
  return settings;
}

std::string ShowJson(const MachineChoice& choice, const Config& config) {
  Json facts = Object();
  for (const auto& [name, value] : DescribeFacts(choice.facts)) facts.Text(name, value);
  Json notes = Array(), settings = Array(), host = Array();
  for (const std::string& note : choice.facts.notes) notes.Raw(JsonText(note));
  for (const ShownSetting& setting : SettingsOf(choice, config)) {
    settings.Raw(Object()
                     .Text("name", setting.name)
                     .Text("value", setting.value)
                     .Text("origin", setting.origin)
                     .Text("reason", setting.reason)
                     .Text("left_alone", setting.left_alone)
                     .Done());
  }
  for (const ProfileValue& value : choice.host) {
    host.Raw(Object()
                 .Text("name", value.name)
                 .Text("value", value.value)
                 .Text("reason", value.reason)
                 .Done());
  }
  return Object()
             .Add("facts", facts.Done())
             .Add("notes", notes.Done())
             .Text("profile", choice.profile)
             .Text("profile_match", choice.why)
             .Text("profile_summary", choice.summary)
             .Add("settings", settings.Done())
             .Add("host", host.Done())
             .Done() +
         "\n";
}

}  // namespace

std::string JsonText(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c < ' ' || c > '~') {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string ShowReport(const MachineChoice& choice, const Config& config, Format format) {
  if (format == Format::kJson) return ShowJson(choice, config);
  std::string text = "Machine\n";
  const auto out = std::back_inserter(text);
  for (const auto& [name, value] : DescribeFacts(choice.facts)) {
    fmt::format_to(out, "  {:<28}{}\n", name, Shown(value));
  }
  for (const std::string& note : choice.facts.notes) {
    fmt::format_to(out, "  note: {}\n", Shown(note));
  }
  fmt::format_to(out, "\nProfile {}{}\n", choice.profile,
                 choice.why.empty() ? "" : " (" + choice.why + ")");
  if (!choice.summary.empty()) fmt::format_to(out, "  {}\n", choice.summary);
  if (!choice.settings.empty()) fmt::format_to(out, "\nServer\n");
  for (const ShownSetting& setting : SettingsOf(choice, config)) {
    fmt::format_to(out, "  {:<28}{:<10}{}: {}\n", setting.name, setting.value,
                   setting.origin,
                   setting.left_alone.empty() ? setting.reason
                                              : "left alone, " + setting.left_alone);
  }
  if (!choice.host.empty()) fmt::format_to(out, "\nHost (skarn-tune plan)\n");
  for (const ProfileValue& value : choice.host) {
    fmt::format_to(out, "  {:<28}{:<10}{}\n", value.name, value.value, value.reason);
  }
  return text;
}

std::string CheckReport(const CheckResult& result, Format format) {
  if (format == Format::kJson) {
    Json findings = Array(), unknown = Array();
    for (const Finding& one : result.findings) {
      findings.Raw(Object().Text("what", one.what).Text("advice", one.advice).Done());
    }
    for (const std::string& one : result.unknown) unknown.Raw(JsonText(one));
    return Object()
               .Add("findings", findings.Done())
               .Add("unknown", unknown.Done())
               .Done() +
           "\n";
  }
  std::string text;
  for (const Finding& one : result.findings) {
    fmt::format_to(std::back_inserter(text), "{}\n    {}\n", Shown(one.what), one.advice);
  }
  for (const std::string& one : result.unknown) {
    fmt::format_to(std::back_inserter(text), "not known: {}\n", Shown(one));
  }
  if (result.findings.empty()) text += "Nothing found that holds this machine back.\n";
  return text;
}

std::string PlanReport(const Plan& plan, Format format) {
  if (format == Format::kJson) {
    return Object()
               .Add("changes", ChangesJson(plan.changes))
               .Add("left_alone", LeftAloneJson(plan.left_alone))
               .Done() +
           "\n";
  }
  std::string text;
  for (const Change& change : plan.changes) {
    fmt::format_to(std::back_inserter(text), "{}\n  # {}\n", Shown(change.path),
                   change.reason);
    if (change.before) text += DiffLines("-", *change.before);
    text += DiffLines("+", change.after);
  }
  text += LeftAloneLines(plan.left_alone);
  if (plan.changes.empty()) text += "Nothing to change.\n";
  return text;
}

std::string OutcomeReport(const Outcome& outcome, std::string_view verb, Format format) {
  if (format == Format::kJson) {
    return Object()
               .Add(verb, ChangesJson(outcome.done))
               .Add("left_alone", LeftAloneJson(outcome.left_alone))
               .Done() +
           "\n";
  }
  std::string text;
  for (const Change& change : outcome.done) {
    fmt::format_to(std::back_inserter(text), "{}: {}\n", verb, Shown(change.path));
  }
  text += LeftAloneLines(outcome.left_alone);
  if (outcome.done.empty() && outcome.left_alone.empty()) text += "Nothing to do.\n";
  return text;
}

}  // namespace skarn

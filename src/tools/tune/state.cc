// SPDX-License-Identifier: BSD-3-Clause
#include "tools/tune/state.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tools/tune/host_files.h"
#include "tools/tune/nic_control.h"

namespace skarn {
namespace {

constexpr std::string_view kTitle = "skarn-tune state 1";
constexpr std::array<std::string_view, 5> kKindNames = {"value", "file", "link", "nic",
                                                        "folder"};

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '\n') {
      quoted += "\\n";
    } else if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c < ' ' || c > '~') {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

// One escape behind the backslash; moves `at` to its last character.
std::optional<char> Unescaped(std::string_view line, size_t* at) {
  const char c = line[*at];
  if (c == 'n') return '\n';
  if (c == '"' || c == '\\') return c;
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (c != 'x' || *at + 2 >= line.size()) return std::nullopt;
  const size_t high = kDigits.find(line[*at + 1]), low = kDigits.find(line[*at + 2]);
  if (high == std::string_view::npos || low == std::string_view::npos) {
    return std::nullopt;
  }
  *at += 2;
  return static_cast<char>(high * 16 + low);
}

// Takes a word, quoted or bare, off the line.
std::optional<std::string> TakeWord(std::string_view* line) {
  *line = TrimBlanks(*line);
  if (!line->starts_with('"')) {
    const size_t end = std::min(line->find(' '), line->size());
    std::string word(line->substr(0, end));
    line->remove_prefix(end);
    return word.empty() ? std::nullopt : std::optional(std::move(word));
  }
  std::string word;
  for (size_t at = 1; at < line->size(); ++at) {
    if ((*line)[at] == '"') {
      line->remove_prefix(at + 1);
      return word;
    }
    if ((*line)[at] != '\\') {
      word += (*line)[at];
      continue;
    }
    if (++at == line->size()) return std::nullopt;
    const auto c = Unescaped(*line, &at);
    if (!c) return std::nullopt;
    word += *c;
  }
  return std::nullopt;
}

std::optional<Change> ReadChange(std::string_view line) {
  Change change;
  const auto kind = TakeWord(&line);
  if (!kind) return std::nullopt;
  const auto known = std::ranges::find(kKindNames, *kind);
  if (known == kKindNames.end()) return std::nullopt;
  change.kind = static_cast<ChangeKind>(known - kKindNames.begin());
  const auto path = TakeWord(&line);
  const bool was_absent = TrimBlanks(line).starts_with("- ");
  auto before = TakeWord(&line);
  auto after = TakeWord(&line);
  if (!path || !before || !after || !TrimBlanks(line).empty()) return std::nullopt;
  // The changes are made below the root, whatever the file says.
  if (change.kind != ChangeKind::kNic &&
      (!path->starts_with('/') || path->contains(".."))) {
    return std::nullopt;
  }
  change.path = *path;
  if (!was_absent) change.before = std::move(before);
  change.after = *std::move(after);
  return change;
}

}  // namespace

Result<State> State::Read(const MachineFiles& files, const std::string& path) {
  State state;
  if (!files.Exists(path)) return state;
  const auto text = files.Read(path);
  if (!text) return Fail(fmt::format("cannot read {}", path));
  size_t number = 0;
  for (const std::string_view line : LinesOf(*text)) {
    ++number;
    if (number == 1 && line == kTitle) continue;
    const auto change = number == 1 ? std::nullopt : ReadChange(line);
    if (!change) return Fail(fmt::format("{}, line {}: makes no sense", path, number));
    state.changes_.push_back(*change);
  }
  return state;
}

const Change* State::Find(ChangeKind kind, std::string_view path) const {
  const auto found = std::ranges::find_if(changes_, [&](const Change& change) {
    return change.kind == kind && change.path == path;
  });
  return found == changes_.end() ? nullptr : &*found;
}

void State::Note(const Change& change) {
  for (Change& known : changes_) {
    if (known.kind != change.kind || known.path != change.path) continue;
    known.after = change.after;
    return;
  }
  changes_.push_back(change);
}

void State::Remove(ChangeKind kind, std::string_view path) {
  std::erase_if(changes_, [&](const Change& change) {
    return change.kind == kind && change.path == path;
  });
}

Result<> State::Write(const MachineFiles& files, const std::string& path) const {
  const std::string real = files.PathOf(path);
  if (changes_.empty()) {
    if (unlink(real.c_str()) != 0 && errno != ENOENT) return FailErrno("remove", errno);
    rmdir(real.substr(0, real.rfind('/')).c_str());  // Stays if somebody else is in it.
    return {};
  }
  std::string text(kTitle);
  text += '\n';
  for (const Change& change : changes_) {
    fmt::format_to(std::back_inserter(text), "{} {} {} {}\n",
                   kKindNames[static_cast<size_t>(change.kind)], Quoted(change.path),
                   change.before ? Quoted(*change.before) : "-", Quoted(change.after));
  }
  if (auto made = MakeFoldersFor(real); !made) return std::unexpected(made.error());
  return ReplaceWholeFile(real, text, 0600);
}

std::optional<std::string> ContentNow(const MachineFiles& files, const Change& change) {
  switch (change.kind) {
    case ChangeKind::kValue:
    case ChangeKind::kFile:
      return files.Read(change.path);
    case ChangeKind::kFolder:
      return files.Exists(change.path) ? std::optional<std::string>("") : std::nullopt;
    case ChangeKind::kLink: {
      char target[4096];
      const ssize_t size =
          readlink(files.PathOf(change.path).c_str(), target, sizeof(target));
      if (size > 0) return std::string(target, static_cast<size_t>(size));
      return files.Exists(change.path) ? std::optional<std::string>("") : std::nullopt;
    }
    case ChangeKind::kNic:
      break;
  }
  const size_t blank = change.path.find(' ');
  const NicValues values = ReadNic(files, change.path.substr(0, blank));
  const auto found =
      values.find(change.path.substr(std::min(blank, change.path.size() - 1) + 1));
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

bool IsSame(ChangeKind kind, const std::optional<std::string>& a,
            const std::optional<std::string>& b) {
  if (!a || !b || kind != ChangeKind::kValue) return a == b;
  const auto word = [](const std::string& text) {
    std::string chosen = ChosenWord(TrimBlanks(text));
    std::ranges::replace(chosen, '\t', ' ');
    return chosen;
  };
  return word(*a) == word(*b);
}

}  // namespace skarn

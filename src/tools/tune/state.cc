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
constexpr std::string_view kEnd = "end";
constexpr std::string_view kProfile = "profile ";
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

// Whether a change may be made at this place: below the root, whatever the file says.
bool IsPlace(ChangeKind kind, const std::string& path) {
  const auto is_odd = [](char c) { return c < ' ' || c > '~'; };
  if (path.empty() || std::ranges::any_of(path, is_odd)) return false;
  if (kind != ChangeKind::kNic) return path.starts_with('/') && !path.contains("..");
  const size_t blank = path.rfind(' ');  // "NAME KEY"
  return blank != std::string::npos && blank > 0 && !path.contains('/') &&
         !path.starts_with('.');
}

// The rest of a line that begins with kProfile.
std::optional<std::string> ReadProfile(std::string_view line) {
  line.remove_prefix(kProfile.size());
  auto name = TakeWord(&line);
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (!name || name->empty() || !TrimBlanks(line).empty()) return std::nullopt;
  return std::ranges::all_of(*name, is_plain) ? name : std::nullopt;
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
  if (!IsPlace(change.kind, *path)) return std::nullopt;
  change.path = *path;
  if (!was_absent) change.before = std::move(before);
  change.after = *std::move(after);
  return change;
}

}  // namespace

Result<State> State::Read(const MachineFiles& files, const std::string& path) {
  constexpr size_t kStateBytesMax = 64 << 20;  // A few contents of files, in escapes.
  const auto text = files.ReadWhole(path, kStateBytesMax);
  if (!text) return std::unexpected(Error(text.error()).In(path));
  if (!*text) return State();
  auto state = Parse(**text);
  if (!state) return std::unexpected(std::move(state.error()).In(path));
  return state;
}

Result<State> State::Parse(std::string_view text) {
  State state;
  size_t number = 0;
  bool has_end = false;
  for (const std::string_view line : LinesOf(text)) {
    ++number;
    if (number == 1 && line == kTitle) continue;
    if (number > 1 && !has_end && state.profile_.empty() && line.starts_with(kProfile)) {
      auto name = ReadProfile(line);
      if (!name) return Fail(fmt::format("line {} makes no sense", number));
      state.profile_ = *std::move(name);
      continue;
    }
    const auto change = number == 1 || has_end ? std::nullopt : ReadChange(line);
    if (change) {
      state.changes_.push_back(*change);
    } else if (number > 1 && line == kEnd && !has_end) {
      has_end = true;
    } else {
      return Fail(fmt::format("line {} makes no sense", number));
    }
  }
  if (!has_end) return Fail("makes no sense: the end is missing");
  return state;
}

std::string State::Text() const {
  std::string text = fmt::format("{}\n", kTitle);
  if (!profile_.empty()) text += fmt::format("{}{}\n", kProfile, Quoted(profile_));
  for (const Change& change : changes_) {
    fmt::format_to(std::back_inserter(text), "{} {} {} {}\n",
                   kKindNames[static_cast<size_t>(change.kind)], Quoted(change.path),
                   change.before ? Quoted(*change.before) : "-", Quoted(change.after));
  }
  return fmt::format("{}{}\n", text, kEnd);
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
  if (is_empty()) {
    if (unlink(real.c_str()) != 0 && errno != ENOENT) return FailErrno("remove", errno);
    rmdir(real.substr(0, real.rfind('/')).c_str());  // Stays if somebody else is in it.
    return {};
  }
  if (auto made = MakeFoldersFor(real); !made) return std::unexpected(made.error());
  return ReplaceWholeFile(real, Text(), 0600);
}

namespace {

Result<std::optional<std::string>> LinkNow(const std::string& real) {
  char target[4096];
  const ssize_t size = readlink(real.c_str(), target, sizeof(target));
  if (size > 0) return std::string(target, static_cast<size_t>(size));
  if (errno == ENOENT) return std::nullopt;
  return errno == EINVAL ? Fail("not a symbolic link") : FailErrno("read", errno);
}

// "00000000,0000000f" -> "f", however many CPUs the kernel makes room for.
std::string_view WithoutLeadingZeros(std::string_view mask) {
  constexpr std::string_view kWord = "00000000";
  while (mask.starts_with(kWord) && mask.substr(kWord.size(), 1) == ",") {
    mask.remove_prefix(kWord.size() + 1);
  }
  if (std::min(mask.find(','), mask.size()) != kWord.size()) return mask;
  const size_t zeros = std::min(mask.find_first_not_of('0'), kWord.size() - 1);
  return mask.substr(zeros);
}

}  // namespace

Result<std::optional<std::string>> ContentNow(const MachineFiles& files,
                                              const Change& change) {
  switch (change.kind) {
    case ChangeKind::kValue:
    case ChangeKind::kFile:
      return files.ReadWhole(change.path);
    case ChangeKind::kFolder:
      return files.Exists(change.path) ? std::optional<std::string>("") : std::nullopt;
    case ChangeKind::kLink:
      return LinkNow(files.PathOf(change.path));
    case ChangeKind::kNic:
      break;
  }
  const size_t blank = std::min(change.path.rfind(' '), change.path.size());
  const NicValues values = ReadNic(files, change.path.substr(0, blank));
  const auto found =
      values.find(change.path.substr(std::min(blank + 1, change.path.size())));
  if (found == values.end()) return Fail("the card does not tell");
  return found->second;
}

bool IsSame(ChangeKind kind, const std::optional<std::string>& a,
            const std::optional<std::string>& b) {
  if (!a || !b || kind != ChangeKind::kValue) return a == b;
  const auto word = [](const std::string& text) {
    std::string chosen = ChosenWord(TrimBlanks(text));
    std::ranges::replace(chosen, '\t', ' ');
    return std::string(WithoutLeadingZeros(chosen));
  };
  return word(*a) == word(*b);
}

}  // namespace skarn

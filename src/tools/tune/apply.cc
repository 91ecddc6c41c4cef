// SPDX-License-Identifier: BSD-3-Clause
#include "tools/tune/apply.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "tools/tune/host_files.h"
#include "tools/tune/nic_control.h"

namespace skarn {
namespace {

Result<> MakeLink(const std::string& path, const std::string& target) {
  const std::string temporary = path + ".skarn-tune.tmp";
  unlink(temporary.c_str());
  if (symlink(target.c_str(), temporary.c_str()) != 0) return FailErrno("link", errno);
  struct stat status;
  const bool is_free = lstat(path.c_str(), &status) != 0 || S_ISLNK(status.st_mode);
  if (is_free && rename(temporary.c_str(), path.c_str()) == 0) {
    SyncFolderOf(path);
    return {};
  }
  const int error = is_free ? errno : EEXIST;
  unlink(temporary.c_str());
  return FailErrno("link", error);
}

// Puts `content` at the place of the change; nothing: takes away what is there.
Result<> Put(const MachineFiles& files, const Change& change,
             const std::optional<std::string>& content) {
  const std::string path = files.PathOf(change.path);
  if (!content) {
    if (unlink(path.c_str()) == 0) return {};
    return FailErrno("remove", errno);
  }
  switch (change.kind) {
    case ChangeKind::kValue:
      // The kernel takes the word; a recorded file has all of its text.
      return WriteInPlace(
          path, files.is_live() ? ChosenWord(TrimBlanks(*content)) + "\n" : *content);
    case ChangeKind::kFile:
      return ReplaceWholeFile(path, *content, 0644);
    case ChangeKind::kLink:
      return MakeLink(path, *content);
    case ChangeKind::kNic: {
      const size_t blank = change.path.rfind(' ');
      return WriteNic(files, change.path.substr(0, blank), change.path.substr(blank + 1),
                      *content);
    }
    case ChangeKind::kFolder:
      break;
  }
  return {};
}

bool NeedsFolder(const Change& change) {
  return change.kind == ChangeKind::kFile || change.kind == ChangeKind::kLink;
}

// Makes a change, and notes in it what the kernel made of the value: it may write it in
// another way.
Result<> Make(const MachineFiles& files, Change& change) {
  if (NeedsFolder(change)) {
    auto made = MakeFoldersFor(files.PathOf(change.path));
    if (!made) return std::unexpected(std::move(made.error()));
  }
  if (Result<> done = Put(files, change, change.after); !done) return done;
  if (change.kind != ChangeKind::kValue) return {};
  const auto now = ContentNow(files, change);
  if (!now || !*now || IsSame(change.kind, *now, change.after)) return {};
  if (IsSame(change.kind, *now, change.before)) {
    return Fail("the kernel has taken the value without a word, and kept the old one");
  }
  change.after = **now;
  return {};
}

// The folders that are to be made for a file, outermost first.
std::vector<std::string> MissingFolders(const MachineFiles& files,
                                        const std::string& path) {
  std::vector<std::string> folders;
  for (size_t at = path.find('/', 1); at != std::string::npos;
       at = path.find('/', at + 1)) {
    const std::string folder = path.substr(0, at);
    if (!files.Exists(folder)) folders.push_back(folder);
  }
  return folders;
}

// Takes away those that were made and are empty again, the innermost first.
void RemoveFolders(const MachineFiles& files, std::vector<std::string> folders) {
  std::ranges::sort(folders, std::greater<>());
  for (const std::string& folder : folders) rmdir(files.PathOf(folder).c_str());
}

// Whether one of the files that are still recorded lies in the folder.
bool HoldsAny(const std::string& folder, const std::vector<Change>& changes) {
  return std::ranges::any_of(changes, [&](const Change& change) {
    return NeedsFolder(change) && change.path.starts_with(folder + "/");
  });
}

// Adds what came of a second plan; what both have left alone is told once.
void AddTo(Outcome& all, const Outcome& more) {
  all.done.insert(all.done.end(), more.done.begin(), more.done.end());
  for (const LeftAlone& one : more.left_alone) {
    const bool is_told = std::ranges::any_of(all.left_alone, [&](const LeftAlone& told) {
      return told.what == one.what && told.why == one.why;
    });
    if (!is_told) all.left_alone.push_back(one);
  }
}

// A value of the kernel or of a card has no place any more: nothing can be taken back,
// now or later. A file of the host that is gone is another matter: it can come back.
bool IsGone(const MachineFiles& files, const Change& change) {
  if (change.kind == ChangeKind::kValue) return !files.Exists(change.path);
  if (change.kind != ChangeKind::kNic) return false;
  return !files.Exists("/sys/class/net/" + change.path.substr(0, change.path.rfind(' ')));
}

}  // namespace

Result<Outcome> ApplyPlan(const MachineFiles& files, const std::string& state_path,
                          State state, const Plan& plan) {
  Outcome outcome{.left_alone = plan.left_alone};
  const State before = state;
  if (plan.profile) state.set_profile(*plan.profile);
  if (plan.changes.empty() && state.profile() == before.profile()) return outcome;
  std::vector<std::string> folders = MissingFolders(files, state_path);
  for (const std::string& folder : folders) {
    state.Note({.kind = ChangeKind::kFolder, .path = folder});
  }
  for (const Change& change : plan.changes) {
    if (NeedsFolder(change)) {
      for (const std::string& folder : MissingFolders(files, change.path)) {
        state.Note({.kind = ChangeKind::kFolder, .path = folder});
      }
    }
    state.Note(change);
  }
  if (Result<> recorded = state.Write(files, state_path); !recorded) {
    RemoveFolders(files, folders);
    return Fail("nothing was changed, as the record of it cannot be written to " +
                files.PathOf(state_path) + ": " + recorded.error().text);
  }
  for (Change change : plan.changes) {
    const Result<> done = Make(files, change);
    if (done) {
      state.Note(change);
      outcome.done.push_back(std::move(change));
      continue;
    }
    outcome.left_alone.push_back({change.name, done.error().text});
    // What we could not change is not ours; unless it was before.
    const Change* const known = before.Find(change.kind, change.path);
    state.Remove(change.kind, change.path);
    if (known != nullptr) state.Note(*known);
  }
  const bool has_failed = outcome.done.empty() && !plan.changes.empty();
  if (has_failed) {
    state.set_profile(before.profile());
    // There is nothing to take back but what was recorded before.
    for (const Change& change : std::vector<Change>(state.changes())) {
      const bool is_new = before.Find(change.kind, change.path) == nullptr;
      if (!is_new) continue;
      if (change.kind == ChangeKind::kFolder) folders.push_back(change.path);
      state.Remove(change.kind, change.path);
    }
  }
  if (Result<> recorded = state.Write(files, state_path); !recorded) {
    outcome.left_alone.push_back({files.PathOf(state_path), recorded.error().text});
  }
  if (has_failed) RemoveFolders(files, folders);
  return outcome;
}

Result<Outcome> ApplyInOrder(const PlanRequest& request, const std::string& state_path,
                             const std::optional<std::string>& profile,
                             const std::function<MachineFacts()>& facts_now) {
  const MachineFiles& files = request.files;
  const Plan queues = MakeQueuePlan(request);
  auto outcome = ApplyPlan(files, state_path, request.state, queues);
  if (!outcome) return outcome;
  const bool has_new = !outcome->done.empty();
  auto state = has_new ? State::Read(files, state_path) : request.state;
  if (!state) {
    outcome->left_alone.push_back({"all but the queues", state.error().text});
    return outcome;
  }
  const MachineFacts facts = has_new ? facts_now() : request.facts;
  Plan rest = MakePlan({.files = files,
                        .facts = facts,
                        .host = request.host,
                        .state = *state,
                        .scope = request.scope});
  rest.profile = profile;
  // What was refused once is not asked for again.
  std::erase_if(rest.changes, [&](const Change& change) {
    return std::ranges::any_of(queues.changes, [&](const Change& queue) {
      return queue.kind == change.kind && queue.path == change.path;
    });
  });
  auto second = ApplyPlan(files, state_path, *std::move(state), rest);
  if (second) {
    AddTo(*outcome, *second);
    return outcome;
  }
  if (!has_new) return second;
  outcome->left_alone.push_back({"all but the queues", second.error().text});
  return outcome;
}

Result<Outcome> RevertAll(const MachineFiles& files, const std::string& state_path,
                          State state) {
  Outcome outcome;
  state.set_profile({});
  std::vector<std::string> folders;
  std::vector<Change> changes = state.changes();
  std::ranges::reverse(changes);
  for (Change& change : changes) {
    change.name = change.path;
    if (change.kind == ChangeKind::kFolder) {
      if (HoldsAny(change.path, state.changes())) continue;
      folders.push_back(change.path);
      state.Remove(change.kind, change.path);
      continue;
    }
    if (IsGone(files, change)) {
      outcome.left_alone.push_back({change.path, "it is gone: nothing to take back"});
      state.Remove(change.kind, change.path);
      continue;
    }
    const auto content = ContentNow(files, change);
    if (!content) {
      outcome.left_alone.push_back({change.path, content.error().text});
      continue;
    }
    const std::optional<std::string>& now = *content;
    if (IsSame(change.kind, now, change.before)) {
      state.Remove(change.kind, change.path);
      continue;
    }
    if (!IsSame(change.kind, now, change.after)) {
      outcome.left_alone.push_back(
          {change.path, "it was changed since skarn-tune wrote it"});
      continue;
    }
    if (Result<> done = Put(files, change, change.before); !done) {
      outcome.left_alone.push_back({change.path, done.error().text});
      continue;
    }
    state.Remove(change.kind, change.path);
    outcome.done.push_back(change);
  }
  if (Result<> recorded = state.Write(files, state_path); !recorded) {
    outcome.left_alone.push_back({files.PathOf(state_path), recorded.error().text});
  }
  // One that somebody has put something into stays, and is ours no more.
  RemoveFolders(files, folders);
  return outcome;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// MachineFiles reads what the system tells about itself in files (/sys, /proc, /etc),
// below a root directory, so that a recorded tree stands for a machine. Nothing here
// trusts what it reads: files are cut at a limit, pipes and devices are not opened, what
// is no text is not there, and symbolic links in a tree lead nowhere else.
// Threads: any; reads at each call. Owner: the caller.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skarn {

inline constexpr size_t kMachineFileBytesMax = 1 << 20;
inline constexpr size_t kMachineDirectoryEntriesMax = 16384;

class MachineFiles {
 public:
  explicit MachineFiles(std::string root = "/");

  // True when this is the running machine and no recorded tree.
  bool is_live() const { return root_.empty(); }
  // The real path of `path`, which is absolute. In a tree the links on the way are
  // followed as if the tree were all there is; the last part is kept, link or not. While
  // others change the tree it may be wrong.
  std::string PathOf(std::string_view path) const { return Resolved(path, false); }

  bool Exists(std::string_view path) const;
  // The content, at most `bytes_max` of it. Nothing if it cannot be read.
  std::optional<std::string> Read(std::string_view path,
                                  size_t bytes_max = kMachineFileBytesMax) const;
  // The content from the first byte to the last; nothing if there is no such file. Fails
  // with the reason if it cannot be read, is no regular file, or is too large.
  Result<std::optional<std::string>> ReadWhole(
      std::string_view path, size_t bytes_max = kMachineFileBytesMax) const;
  // The first line without blanks around it, if it is printable ASCII, not empty and no
  // longer than a page.
  std::optional<std::string> ReadLine(std::string_view path) const;
  // A decimal number that is all of the first line.
  std::optional<int64_t> ReadInteger(std::string_view path) const;
  // The names in a directory, sorted.
  std::vector<std::string> List(std::string_view path) const;
  // The last part of what the symbolic link points at; empty if there is none.
  std::string LinkName(std::string_view path) const;

 private:
  std::string Resolved(std::string_view path, bool follows_last) const;

  std::string root_;  // Without a slash at the end: empty for "/".
};

// Text without blanks and line ends around it.
std::string_view TrimBlanks(std::string_view text);
// The parts between separators, empty ones left out.
std::vector<std::string_view> SplitText(std::string_view text, char separator);
// The lines of a text.
std::vector<std::string_view> LinesOf(std::string_view text);
// A string that dies with the call would leave the parts dangling.
template <std::same_as<std::string> Text>
std::vector<std::string_view> SplitText(Text&& text, char separator) = delete;
template <std::same_as<std::string> Text>
std::vector<std::string_view> LinesOf(Text&& text) = delete;
// A decimal number with an optional '-', nothing else.
std::optional<int64_t> NumberOf(std::string_view text);
// "[always] madvise never" -> "always"; a text without brackets as it is.
std::string ChosenWord(std::string_view text);

}  // namespace skarn

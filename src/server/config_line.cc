// SPDX-License-Identifier: BSD-3-Clause
#include "server/config_line.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace skarn {
namespace {

constexpr Bytes kBlanks = " \t\r\n\v\f";

bool IsBlank(char c) {
  return kBlanks.find(c) != Bytes::npos;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (ToLower(c) >= 'a' && ToLower(c) <= 'f') return ToLower(c) - 'a' + 10;
  return -1;
}

char Escaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    default:
      return c;
  }
}

// Reads what follows an opening `quote` up to the closing one into `word`. Gives the
// position behind it, or nothing if there is none.
std::optional<size_t> ReadQuoted(Bytes line, size_t position, char quote,
                                 std::string* word) {
  while (position < line.size()) {
    const char c = line[position++];
    if (c == quote) return position;
    const bool has_next = position < line.size();
    if (c != '\\' || !has_next || (quote == '\'' && line[position] != '\'')) {
      *word += c;
      continue;
    }
    const char next = line[position++];
    if (quote == '"' && next == 'x' && position + 1 < line.size()) {
      const int high = HexDigit(line[position]);
      const int low = HexDigit(line[position + 1]);
      if (high >= 0 && low >= 0) {
        *word += static_cast<char>(high * 16 + low);
        position += 2;
        continue;
      }
    }
    *word += Escaped(next);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<std::string>> SplitConfigLine(Bytes line) {
  std::vector<std::string> words;
  size_t position = 0;
  while (true) {
    while (position < line.size() && IsBlank(line[position])) ++position;
    if (position == line.size()) return words;
    std::string word;
    while (position < line.size() && !IsBlank(line[position])) {
      const char c = line[position++];
      if (c != '"' && c != '\'') {
        word += c;
        continue;
      }
      const auto behind = ReadQuoted(line, position, c, &word);
      if (!behind) return std::nullopt;
      position = *behind;
    }
    words.push_back(std::move(word));
  }
}

std::string QuoteConfigWord(Bytes word) {
  std::string quoted = "\"";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr Bytes kNamed = "\n\r\t\a\b";
    constexpr Bytes kNames = "nrtab";
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (const size_t index = kNamed.find(c); index != Bytes::npos) {
      quoted += '\\';
      quoted += kNames[index];
    } else if (byte >= 0x20 && byte < 0x7f) {
      quoted += c;
    } else {
      fmt::format_to(std::back_inserter(quoted), "\\x{:02x}", byte);
    }
  }
  return quoted += '"';
}

Bytes TrimConfigLine(Bytes line) {
  const size_t first = line.find_first_not_of(" \t\r\n");
  if (first == Bytes::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r\n") - first + 1);
}

std::string ShownConfigText(Bytes text) {
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) {
      fmt::format_to(std::back_inserter(shown), "\\x{:02x}", byte);
    } else {
      shown += c;
    }
  }
  return shown;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "resp/inline_words.h"

namespace skarn {
namespace {

// Ends a word.
bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Between words two bytes more are passed over, as the stock servers do.
bool IsSkipped(char c) {
  return IsBlank(c) || c == '\v' || c == '\f';
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = ToLower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char Unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// The last byte of a line is never escaped: "\" ends there and holds a backslash.
//
// Appends what stands between the '"' at line[i] and its partner; returns where it goes
// on, or npos if there is no partner.
size_t ReadDoubleQuoted(Bytes line, size_t i, std::string* word) {
  for (++i; i < line.size(); ++i) {
    if (line[i] == '"') return i + 1;
    if (line[i] != '\\' || i + 2 >= line.size()) {
      word->push_back(line[i]);
      continue;
    }
    if (line[i + 1] == 'x' && i + 3 < line.size() && HexDigit(line[i + 2]) >= 0 &&
        HexDigit(line[i + 3]) >= 0) {
      word->push_back(
          static_cast<char>(HexDigit(line[i + 2]) * 16 + HexDigit(line[i + 3])));
      i += 3;
      continue;
    }
    word->push_back(Unescape(line[++i]));
  }
  return Bytes::npos;
}

size_t ReadSingleQuoted(Bytes line, size_t i, std::string* word) {
  for (++i; i < line.size(); ++i) {
    if (line[i] == '\'') return i + 1;
    if (line[i] == '\\' && i + 2 < line.size() && line[i + 1] == '\'') ++i;
    word->push_back(line[i]);
  }
  return Bytes::npos;
}

}  // namespace

bool SplitInlineWords(Bytes line, std::deque<std::string>* words) {
  const size_t words_before = words->size();
  size_t i = 0;
  while (true) {
    while (i < line.size() && IsSkipped(line[i])) ++i;
    if (i >= line.size()) return true;
    std::string& word = words->emplace_back();
    while (i < line.size() && !IsBlank(line[i])) {
      if (line[i] == '"') {
        i = ReadDoubleQuoted(line, i, &word);
      } else if (line[i] == '\'') {
        i = ReadSingleQuoted(line, i, &word);
      } else {
        word.push_back(line[i++]);
      }
      if (i == Bytes::npos) {
        words->resize(words_before);
        return false;
      }
    }
  }
}

}  // namespace skarn

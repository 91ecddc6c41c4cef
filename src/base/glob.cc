// SPDX-License-Identifier: BSD-3-Clause
#include "base/glob.h"

#include <utility>

namespace skarn {
namespace {

constexpr size_t kGlobStarsMax = 1000;

unsigned char Fold(char c, bool ignore_case) {
  return static_cast<unsigned char>(ignore_case ? ToLower(c) : c);
}

// Matches `c` with the class whose '[' is at pattern[*at]; moves *at behind its end. A
// class which lacks its ']' ends with the pattern.
bool MatchClass(Bytes pattern, size_t* at, char c, bool ignore_case) {
  size_t i = *at + 1;
  const bool is_negated = i < pattern.size() && pattern[i] == '^';
  i += is_negated;
  const unsigned char wanted = Fold(c, ignore_case);
  bool is_member = false;
  while (i < pattern.size() && pattern[i] != ']') {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      is_member |= Fold(pattern[i + 1], ignore_case) == wanted;
      i += 2;
    } else if (i + 2 < pattern.size() && pattern[i + 1] == '-') {
      // Of plain chars, as in the reference: above 0x7f it depends on the machine.
      char low = static_cast<char>(Fold(pattern[i], ignore_case));
      char high = static_cast<char>(Fold(pattern[i + 2], ignore_case));
      if (low > high) std::swap(low, high);
      is_member |= static_cast<char>(wanted) >= low && static_cast<char>(wanted) <= high;
      i += 3;
    } else {
      is_member |= Fold(pattern[i], ignore_case) == wanted;
      ++i;
    }
  }
  *at = i < pattern.size() ? i + 1 : i;
  return is_member != is_negated;
}

// Matches one byte with the element at pattern[*at], which is no '*'; moves *at behind
// it.
bool MatchOne(Bytes pattern, size_t* at, char c, bool ignore_case) {
  switch (pattern[*at]) {
    case '?':
      ++*at;
      return true;
    case '[':
      return MatchClass(pattern, at, c, ignore_case);
    case '\\':
      if (*at + 1 < pattern.size()) ++*at;
      break;
    default:
      break;
  }
  return Fold(pattern[(*at)++], ignore_case) == Fold(c, ignore_case);
}

}  // namespace

// Every element but '*' takes exactly one byte. So after a mismatch only the last '*'
// need take one byte more: whatever an earlier one could take, the last can take too.
bool GlobMatch(Bytes pattern, Bytes text, bool ignore_case) {
  // The stock servers look at the pattern only while there is text, so that not even "*"
  // matches the empty one. KEYS and SCAN take a lone "*" for no pattern at all.
  if (text.empty()) return pattern.empty();
  constexpr size_t kNone = static_cast<size_t>(-1);
  size_t at = 0;
  size_t i = 0;
  size_t star_at = kNone;  // Behind the last '*' seen.
  size_t star_i = 0;       // Where the text behind that '*' begins at present.
  size_t star_count = 0;   // Runs of '*' tried so far.
  while (i < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      while (at < pattern.size() && pattern[at] == '*') ++at;
      star_at = at;
      star_i = i;
      if (at == pattern.size()) return true;
      // The stock servers take this many for an attack, and for no match.
      if (++star_count > kGlobStarsMax) return false;
      continue;
    }
    if (at < pattern.size() && MatchOne(pattern, &at, text[i], ignore_case)) {
      ++i;
      continue;
    }
    if (star_at == kNone) return false;
    at = star_at;
    i = ++star_i;
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

bool IsGlobLiteral(Bytes pattern) {
  return pattern.find_first_of("*?[\\") == Bytes::npos;
}

}  // namespace skarn

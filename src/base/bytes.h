// SPDX-License-Identifier: BSD-3-Clause
//
// Bytes: a view of binary data that somebody else owns. Keys, arguments and values are
// Bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace skarn {

using Bytes = std::string_view;

inline const uint8_t* AsUnsigned(Bytes bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

// The same as a == b for bytes of equal size, without a call for up to 16 of them.
inline bool EqualShort(const char* a, const char* b, size_t size_bytes) {
  const auto differ = [=]<class Word>(Word, size_t at) {
    Word x, y;
    std::memcpy(&x, a + at, sizeof x);
    std::memcpy(&y, b + at, sizeof y);
    return Word(x ^ y);
  };
  // Two loads that may overlap cover any size between theirs and twice it.
  if (size_bytes > 16) return std::memcmp(a, b, size_bytes) == 0;
  if (size_bytes >= 8) {
    return (differ(uint64_t{}, 0) | differ(uint64_t{}, size_bytes - 8)) == 0;
  }
  if (size_bytes >= 4) {
    return (differ(uint32_t{}, 0) | differ(uint32_t{}, size_bytes - 4)) == 0;
  }
  if (size_bytes == 0) return true;
  return a[0] == b[0] && a[size_bytes / 2] == b[size_bytes / 2] &&
         a[size_bytes - 1] == b[size_bytes - 1];
}

// ASCII only and the same in every locale, as the protocol wants it.
constexpr char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr char ToUpper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

// True if both are equal when ASCII letters are compared without case.
constexpr bool EqualsIgnoreCase(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (ToLower(a[i]) != ToLower(b[i])) return false;
  }
  return true;
}

inline std::string ToLower(Bytes bytes) {
  std::string lower(bytes);
  for (char& c : lower) c = ToLower(c);
  return lower;
}

}  // namespace skarn

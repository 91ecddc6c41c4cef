// SPDX-License-Identifier: BSD-3-Clause
//
// Bytes: a view of binary data that somebody else owns. Keys, arguments and values are
// Bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace skarn {

using Bytes = std::string_view;

inline const uint8_t* AsUnsigned(Bytes bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
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

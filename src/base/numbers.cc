// SPDX-License-Identifier: BSD-3-Clause
#include "base/numbers.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "base/shortest_decimal.h"

namespace skarn {
namespace {

constexpr double kPlainIntegerMax = 4611686018427387904.0;  // 2^62

char* Append(char* out, const char* from, int size) {
  std::memcpy(out, from, static_cast<size_t>(size));
  return out + size;
}

char* AppendZeros(char* out, int count) {
  std::memset(out, '0', static_cast<size_t>(count));
  return out + count;
}

char* AppendScientific(char* out, const Decimal& decimal, int exponent) {
  *out++ = decimal.digits[0];
  if (decimal.digit_count > 1) {
    *out++ = '.';
    out = Append(out, decimal.digits + 1, decimal.digit_count - 1);
  }
  *out++ = 'e';
  *out++ = exponent < 0 ? '-' : '+';
  return out + FormatUint64(out, static_cast<uint64_t>(std::abs(exponent)));
}

// Chooses between 12300, 0.0123 and 1.23e-9 where the stock servers do.
char* AppendDecimal(char* out, const Decimal& decimal) {
  const int count = decimal.digit_count;
  const int leading_exponent = decimal.exponent + count - 1;
  if (decimal.exponent >= 0 && leading_exponent < count + 7) {
    out = Append(out, decimal.digits, count);
    return AppendZeros(out, decimal.exponent);
  }
  if (decimal.exponent < 0 && (decimal.exponent > -7 || std::abs(leading_exponent) < 4)) {
    const int whole_count = count + decimal.exponent;
    if (whole_count <= 0) {
      *out++ = '0';
      *out++ = '.';
      out = AppendZeros(out, -whole_count);
      return Append(out, decimal.digits, count);
    }
    out = Append(out, decimal.digits, whole_count);
    *out++ = '.';
    return Append(out, decimal.digits + whole_count, count - whole_count);
  }
  return AppendScientific(out, decimal, leading_exponent);
}

}  // namespace

bool ParseDouble(Bytes text, double* value) {
  const char* p = text.data();
  const char* const end = p + text.size();
  if (p != end && *p == '+') {
    ++p;
    if (p != end && *p == '-') return false;
  }
  double parsed;
  const std::from_chars_result result = std::from_chars(p, end, parsed);
  if (result.ec != std::errc() || result.ptr != end || std::isnan(parsed)) return false;
  *value = parsed;
  return true;
}

bool ParseLongDouble(Bytes text, long double* value) {
  if (text.empty() || text.size() >= kLongDoubleTextMax) return false;
  const char first = text[0];
  if (first == ' ' || (first >= '\t' && first <= '\r')) return false;
  char copy[kLongDoubleTextMax];
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  char* end = nullptr;
  errno = 0;
  const long double parsed = std::strtold(copy, &end);
  if (end != copy + text.size() || std::isnan(parsed)) return false;
  // ERANGE alone may be a subnormal, which is exact enough.
  if (errno == ERANGE && (std::isinf(parsed) || parsed == 0)) return false;
  *value = parsed;
  return true;
}

size_t FormatDouble(char* out, double value) {
  if (std::isnan(value)) {
    std::memcpy(out, "nan", 3);
    return 3;
  }
  char* p = out;
  if (std::signbit(value)) *p++ = '-';
  const double magnitude = std::fabs(value);
  if (std::isinf(magnitude)) {
    std::memcpy(p, "inf", 3);
    p += 3;
  } else if (magnitude <= kPlainIntegerMax && magnitude == std::trunc(magnitude)) {
    p += FormatUint64(p, static_cast<uint64_t>(magnitude));
  } else {
    p = AppendDecimal(p, ShortestDecimal(magnitude));
  }
  return static_cast<size_t>(p - out);
}

size_t FormatLongDoubleHuman(char* out, long double value) {
  const int printed = std::snprintf(out, kLongDoubleTextMax, "%.17Lf", value);
  SKARN_CHECK(printed > 0 && printed < static_cast<int>(kLongDoubleTextMax));
  size_t size = static_cast<size_t>(printed);
  if (std::memchr(out, '.', size) != nullptr) {
    while (out[size - 1] == '0') --size;
    if (out[size - 1] == '.') --size;
  }
  if (size == 2 && out[0] == '-' && out[1] == '0') {
    out[0] = '0';
    size = 1;
  }
  return size;
}

}  // namespace skarn

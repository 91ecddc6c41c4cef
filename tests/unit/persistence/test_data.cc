// SPDX-License-Identifier: BSD-3-Clause

#include "tests/unit/persistence/test_data.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace skarn {

std::vector<DumpVector> ReadDumpVectors() {
  std::vector<DumpVector> vectors;
  std::istringstream lines(ReadTestData("dump_vectors.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    DumpVector vector;
    std::string hex;
    words >> vector.kind >> vector.name >> vector.size >> std::hex >>
        vector.content_crc >> hex;
    vector.payload = FromHex(hex);
    vectors.push_back(vector);
  }
  EXPECT_GT(vectors.size(), 50u);
  return vectors;
}

std::string ReadTestData(const std::string& name) {
  std::ifstream file(std::string(SKARN_TEST_DATA "/") + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::string FromHex(Bytes hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

std::string ToHex(Bytes bytes) {
  std::string hex;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[static_cast<uint8_t>(c) >> 4];
    hex += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return hex;
}

Result<size_t> PieceSource::Read(uint8_t* to, size_t capacity_bytes) {
  const size_t size = std::min({bytes_.size(), capacity_bytes, piece_bytes_});
  if (size > 0) std::memcpy(to, bytes_.data(), size);
  bytes_.remove_prefix(size);
  return size;
}

bool HashLines::AddField(Bytes field, Bytes value, int64_t expires_at_ms) {
  if (std::find(fields_.begin(), fields_.end(), field) != fields_.end()) return false;
  fields_.emplace_back(field);
  std::string line(field);
  line += '\0';
  line += value;
  line += '\0';
  line += std::to_string(expires_at_ms) + "\n";
  lines_.push_back(line);
  return true;
}

bool HashLines::AddListpack(ListpackView pairs) {
  if (!takes_listpacks_) return false;
  took_listpack_ = true;
  for (size_t p = pairs.first(); p != pairs.end(); p = pairs.Next(p)) {
    const std::string field = pairs.At(p).ToString();
    p = pairs.Next(p);
    EXPECT_TRUE(AddField(field, pairs.At(p).ToString(), kRdbNoExpiry));
  }
  return true;
}

std::string HashLines::text() const {
  std::vector<std::string> lines = lines_;
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
#include "server/digest.h"

#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "types/hash_table.h"
#include "types/listpack.h"

namespace skarn {
namespace {

// SHA-1 as FIPS 180-4 defines it. It need not be fast.
class Sha1 {
 public:
  void Block(const uint8_t* data) {
    uint32_t w[80];
    for (int i = 0; i < 16; ++i) {
      w[i] = uint32_t{data[i * 4]} << 24 | uint32_t{data[i * 4 + 1]} << 16 |
             uint32_t{data[i * 4 + 2]} << 8 | data[i * 4 + 3];
    }
    for (int i = 16; i < 80; ++i) {
      w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    }
    std::array<uint32_t, 5> s = state;
    for (int i = 0; i < 80; ++i) {
      const auto [f, k] = Round(i, s);
      const uint32_t next = std::rotl(s[0], 5) + f + s[4] + k + w[i];
      s = {next, s[0], std::rotl(s[1], 30), s[2], s[3]};
    }
    for (size_t i = 0; i < 5; ++i) state[i] += s[i];
  }

  std::array<uint32_t, 5> state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                                   0xc3d2e1f0};

 private:
  static std::pair<uint32_t, uint32_t> Round(int i, const std::array<uint32_t, 5>& s) {
    if (i < 20) return {(s[1] & s[2]) | (~s[1] & s[3]), 0x5a827999};
    if (i < 40) return {s[1] ^ s[2] ^ s[3], 0x6ed9eba1};
    if (i < 60) return {(s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3]), 0x8f1bbcdc};
    return {s[1] ^ s[2] ^ s[3], 0xca62c1d6};
  }
};

// A text made of parts that cannot run into each other.
class Parts {
 public:
  Parts& Add(Bytes part) {
    text_ += fmt::format("{}:", part.size());
    text_ += part;
    return *this;
  }
  Parts& Add(int64_t number) {
    text_ += fmt::format("{};", number);
    return *this;
  }
  Digest Finish() const { return Digest::Of(text_); }

 private:
  std::string text_;
};

Digest DigestOfHash(const Entry& entry) {
  Digest sum;
  if (entry.encoding() == Encoding::kTable) {
    entry.table()->ForEach([&](const Field& field) {
      sum.Add(Parts()
                  .Add(field.name())
                  .Add(field.value())
                  .Add(field.HasExpiry() ? field.expiry() : Field::kNoExpiry)
                  .Finish());
    });
    return sum;
  }
  const ListpackView pairs(entry.value());
  IntegerText name_room, value_room;
  for (size_t at = pairs.first(); at != pairs.end();) {
    const Bytes name = pairs.At(at).ToText(name_room);
    at = pairs.Next(at);
    const Bytes value = pairs.At(at).ToText(value_room);
    at = pairs.Next(at);
    sum.Add(Parts().Add(name).Add(value).Add(Field::kNoExpiry).Finish());
  }
  return sum;
}

}  // namespace

Digest Digest::Of(Bytes text) {
  Sha1 sha;
  constexpr size_t kBlock = 64;
  std::string rest(text.substr(text.size() - text.size() % kBlock));
  for (size_t at = 0; at + kBlock <= text.size(); at += kBlock) {
    sha.Block(reinterpret_cast<const uint8_t*>(text.data()) + at);
  }
  rest += '\x80';
  while (rest.size() % kBlock != kBlock - 8) rest += '\0';
  const uint64_t size_bits = uint64_t{text.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8)
    rest += static_cast<char>(size_bits >> shift);
  for (size_t at = 0; at < rest.size(); at += kBlock) {
    sha.Block(reinterpret_cast<const uint8_t*>(rest.data()) + at);
  }
  Digest digest;
  for (size_t i = 0; i < kSizeBytes; ++i) {
    digest.bytes_[i] = static_cast<uint8_t>(sha.state[i / 4] >> (24 - i % 4 * 8));
  }
  return digest;
}

std::string Digest::Hex() const {
  std::string hex;
  for (const uint8_t byte : bytes_) hex += fmt::format("{:02x}", byte);
  return hex;
}

Digest DigestOfValue(const Entry& entry) {
  Parts parts;
  parts.Add(static_cast<int64_t>(entry.type()));
  if (entry.type() == ValueType::kString) {
    parts.Add(entry.value());
  } else {
    parts.Add(DigestOfHash(entry).bytes());
  }
  parts.Add(entry.HasExpiry() ? entry.expiry() : kNoExpiry);
  return parts.Finish();
}

Digest DigestOfKeyspace(const Keyspace& keyspace, ExpiryMillis now) {
  Digest sum;
  for (unsigned db = 0; db < keyspace.database_count(); ++db) {
    const Database* database = keyspace.FindDatabase(db);
    if (database == nullptr) continue;
    for (const Shard& shard : database->shards) {
      shard.table.ForEach([&](Place place) {
        const Entry& entry = *EntryAt(place);
        if (entry.IsExpired(now)) return;
        sum.Add(Parts()
                    .Add(int64_t{db})
                    .Add(entry.key())
                    .Add(DigestOfValue(entry).bytes())
                    .Finish());
      });
    }
  }
  return sum;
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// An instruction is a control byte and what belongs to it:
//   000LLLLL                     L + 1 literals follow
//   LLLooooo oooooooo            copy L + 2 bytes from o + 1 back; L is 1 to 6
//   111ooooo LLLLLLLL oooooooo   copy L + 9 bytes from o + 1 back

#include "types/lzf.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "types/byte_order.h"

namespace skarn {

namespace {

constexpr size_t kLiteralsMax = 32;
constexpr size_t kMatchMin = 3;
constexpr size_t kMatchMax = 264;
constexpr size_t kDistanceMax = 8192;
// What stock encoders want to be free when fewer than three bytes are left to encode:
// with less they give up. We do too, since it decides whether a string is stored
// compressed.
constexpr size_t kSpareBytes = 3;

// The three bytes at `from`, of `available` readable ones.
uint32_t LoadTriple(const uint8_t* from, size_t available) {
  if (available >= 4) return LoadLittle<uint32_t>(from) << 8;
  return static_cast<uint32_t>(from[0]) << 8 | static_cast<uint32_t>(from[1]) << 16 |
         static_cast<uint32_t>(from[2]) << 24;
}

// The longest match that stock encoders take when `left` bytes remain. They keep two
// bytes back, save for the shortest match and for one of nineteen; a receiver does not
// care, but equal bytes make DUMPs comparable.
size_t MatchLimit(size_t left) {
  const size_t limit = std::max(left - 2, left > 18 ? size_t{19} : kMatchMin);
  return std::min(limit, kMatchMax);
}

// How many bytes are equal at `a` and `b`, up to `limit`, both readable that far.
size_t MatchBytes(const uint8_t* a, const uint8_t* b, size_t limit) {
  size_t size = 0;
  while (size + 8 <= limit) {
    const uint64_t difference =
        LoadLittle<uint64_t>(a + size) ^ LoadLittle<uint64_t>(b + size);
    if (difference != 0)
      return size + static_cast<size_t>(std::countr_zero(difference)) / 8;
    size += 8;
  }
  while (size < limit && a[size] == b[size]) ++size;
  return size;
}

// Writes instructions into a bounded buffer; a false result means it is full.
class Output {
 public:
  Output(uint8_t* out, size_t capacity_bytes)
      : start_(out), to_(out), end_(out + capacity_bytes) {}

  bool Literals(const uint8_t* from, size_t count) {
    if (count + (count + kLiteralsMax - 1) / kLiteralsMax > room()) return false;
    while (count > 0) {
      const size_t run = std::min(count, kLiteralsMax);
      *to_++ = static_cast<uint8_t>(run - 1);
      std::memcpy(to_, from, run);
      to_ += run;
      from += run;
      count -= run;
    }
    return true;
  }

  bool Match(size_t size, size_t distance) {
    if (room() < 3) return false;
    const size_t offset = distance - 1;
    if (size <= 8) {
      *to_++ = static_cast<uint8_t>((size - 2) << 5 | offset >> 8);
    } else {
      *to_++ = static_cast<uint8_t>(0xE0 | offset >> 8);
      *to_++ = static_cast<uint8_t>(size - 9);
    }
    *to_++ = static_cast<uint8_t>(offset);
    return true;
  }

  // What would be written with `count` literals and the control byte of one more.
  size_t BytesWith(size_t count) const {
    return size_bytes() + count + count / kLiteralsMax + 1;
  }
  size_t size_bytes() const { return static_cast<size_t>(to_ - start_); }

 private:
  size_t room() const { return static_cast<size_t>(end_ - to_); }

  uint8_t* start_;
  uint8_t* to_;
  uint8_t* end_;
};

}  // namespace

size_t LzfCompressor::Compress(Bytes input, uint8_t* out, size_t capacity_bytes) {
  const size_t size_bytes = input.size();
  if (size_bytes == 0 || size_bytes > kLzfInputBytesMax) return 0;
  if (base_ > std::numeric_limits<uint32_t>::max() - size_bytes) {
    table_.fill(0);
    base_ = 1;
  }
  const uint32_t base = base_;
  base_ += static_cast<uint32_t>(size_bytes);  // Now, as there are several ways out.
  const uint8_t* const data = AsUnsigned(input);
  Output output(out, capacity_bytes);

  size_t literals_from = 0;
  size_t position = 0;
  while (position + kMatchMin <= size_bytes) {
    const size_t left = size_bytes - position;
    const uint32_t triple = LoadTriple(data + position, left);
    uint32_t& slot = SlotOf(triple);
    const uint32_t seen = slot;
    slot = base + static_cast<uint32_t>(position);
    // The very first position is no candidate: stock encoders take it for "never seen".
    const size_t candidate = seen - base;
    if (seen <= base || position - candidate > kDistanceMax ||
        LoadTriple(data + candidate, left) != triple) {
      ++position;
      continue;
    }
    const size_t match = MatchBytes(data + candidate, data + position, MatchLimit(left));
    if (!output.Literals(data + literals_from, position - literals_from)) return 0;
    if (!output.Match(match, position - candidate)) return 0;
    // Of the bytes matched only the last two become candidates.
    const size_t next = position + match;
    for (position = next - 2; position < next; ++position) {
      if (position + kMatchMin > size_bytes) continue;
      SlotOf(LoadTriple(data + position, size_bytes - position)) =
          base + static_cast<uint32_t>(position);
    }
    literals_from = next;
  }
  const size_t used_bytes = output.BytesWith(position - literals_from);
  if (used_bytes + kSpareBytes > capacity_bytes) return 0;
  if (!output.Literals(data + literals_from, size_bytes - literals_from)) return 0;
  return output.size_bytes();
}

namespace {

// Copies `size` bytes from `distance` back, which may overlap: a short distance repeats
// itself. `room` bytes are writable at `to`.
void CopyMatch(uint8_t* to, size_t distance, size_t size, size_t room) {
  const uint8_t* from = to - distance;
  if (distance >= 16 && room >= size + 16) {
    for (size_t done = 0; done < size; done += 16)
      std::memcpy(to + done, from + done, 16);
  } else if (distance == 1) {
    std::memset(to, *from, size);
  } else {
    for (size_t i = 0; i < size; ++i) to[i] = from[i];
  }
}

}  // namespace

bool LzfDecompress(Bytes input, uint8_t* out, size_t size_bytes) {
  const uint8_t* in = AsUnsigned(input);
  const uint8_t* const in_end = in + input.size();
  uint8_t* to = out;
  uint8_t* const out_end = out + size_bytes;
  while (in < in_end) {
    const uint8_t control = *in++;
    const auto room = static_cast<size_t>(out_end - to);
    const auto left = static_cast<size_t>(in_end - in);
    if (control < kLiteralsMax) {
      const size_t run = control + size_t{1};
      if (run > left || run > room) return false;
      if (left >= kLiteralsMax && room >= kLiteralsMax) {
        std::memcpy(to, in, kLiteralsMax);  // A fixed size costs less than a call.
      } else {
        std::memcpy(to, in, run);
      }
      in += run;
      to += run;
      continue;
    }
    size_t size = (control >> 5) + size_t{2};
    if (left < (size == 9 ? 2u : 1u)) return false;
    if (size == 9) size += *in++;
    const size_t distance = (size_t{control & 0x1Fu} << 8 | *in++) + 1;
    if (distance > static_cast<size_t>(to - out) || size > room) return false;
    CopyMatch(to, distance, size, room);
    to += size;
  }
  return to == out_end;
}

}  // namespace skarn

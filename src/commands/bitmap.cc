// SPDX-License-Identifier: BSD-3-Clause
//
// Strings as arrays of bits; bit 0 is the highest bit of the first byte.
#include "commands/bitmap.h"

#include <bit>
#include <memory>
#include <new>

#include "arch/kernels.h"
#include "commands/bitmap_offset.h"
#include "commands/string_value.h"

namespace skarn::commands {
namespace {

constexpr ErrorText kOneSourceForNot =
    "-ERR BITOP NOT must be called with a single source key.";

int64_t CountBits(Bytes bytes) {
  return static_cast<int64_t>(ActiveKernels().bit_count(AsUnsigned(bytes), bytes.size()));
}

uint8_t ByteAt(Bytes bytes, int64_t index) {
  return static_cast<uint8_t>(bytes[static_cast<size_t>(index)]);
}

// A run of bits of a string: the whole bytes it covers, and the bits of the first and
// last byte that belong to it.
struct BitRange {
  int64_t first_byte = 0;
  int64_t byte_count = 0;
  uint8_t first_mask = 0xff;
  uint8_t last_mask = 0xff;

  // What of byte `index` (relative to first_byte) is inside.
  uint8_t MaskOf(int64_t index) const {
    uint8_t mask = 0xff;
    if (index == 0) mask &= first_mask;
    if (index == byte_count - 1) mask &= last_mask;
    return mask;
  }
};

BitRange ToBitRange(ResolvedRange range, bool in_bits) {
  if (range.count == 0) return {};
  if (!in_bits) return {.first_byte = range.first, .byte_count = range.count};
  const int64_t last = range.first + range.count - 1;
  return {.first_byte = range.first >> 3,
          .byte_count = (last >> 3) - (range.first >> 3) + 1,
          .first_mask = static_cast<uint8_t>(0xff >> (range.first & 7)),
          .last_mask = static_cast<uint8_t>(0xff << (7 - (last & 7)))};
}

int64_t CountBits(Bytes value, const BitRange& range) {
  if (range.byte_count == 0) return 0;
  const int64_t last = range.byte_count - 1;
  int64_t count = CountBits(value.substr(static_cast<size_t>(range.first_byte),
                                         static_cast<size_t>(range.byte_count)));
  // Take off what the two end bytes have outside; they may be one and the same.
  const uint8_t first_mask = range.MaskOf(0);
  count -=
      std::popcount(static_cast<uint8_t>(ByteAt(value, range.first_byte) & ~first_mask));
  if (last != 0) {
    const uint8_t byte = ByteAt(value, range.first_byte + last);
    count -= std::popcount(static_cast<uint8_t>(byte & ~range.last_mask));
  }
  return count;
}

// How many of the bytes from the front of `bytes` have no bit equal to `bit`, in steps of
// eight.
int64_t SkipWords(Bytes bytes, bool bit) {
  const uint64_t skipped = bit ? 0 : ~uint64_t{0};
  size_t i = 0;
  for (uint64_t word; i + 8 <= bytes.size(); i += 8) {
    std::memcpy(&word, bytes.data() + i, sizeof word);
    if (word != skipped) break;
  }
  return static_cast<int64_t>(i);
}

// The position of the first bit equal to `bit` in the range, or -1.
int64_t FindBit(Bytes value, const BitRange& range, bool bit) {
  const uint8_t flip = bit ? 0 : 0xff;
  for (int64_t i = 0; i < range.byte_count; ++i) {
    const int64_t at = range.first_byte + i;
    const unsigned wanted = (ByteAt(value, at) ^ flip) & range.MaskOf(i);
    if (wanted != 0) return at * 8 + std::countl_zero(static_cast<uint8_t>(wanted));
    // The bytes between the two ends count in full.
    const int64_t between = range.byte_count - 2 - i;
    if (between >= 8) {
      i += SkipWords(
          value.substr(static_cast<size_t>(at + 1), static_cast<size_t>(between)), bit);
    }
  }
  return -1;
}

// The range of BITCOUNT and BITPOS: [start [end [BYTE|BIT]]] from args[first] on.
struct RangeArguments {
  int64_t start = 0;
  int64_t end = -1;
  bool has_end = false;
  bool in_bits = false;

  // How many positions `value` has.
  int64_t SizeOf(Bytes value) const {
    return static_cast<int64_t>(value.size()) * (in_bits ? 8 : 1);
  }
};

Parsed<RangeArguments> ReadRange(const Args& args, size_t first) {
  RangeArguments range;
  if (args.size() > first + 3) return std::unexpected(ReplyError(kSyntaxError));
  if (args.size() > first) {
    const Parsed<int64_t> start = args.Integer(first);
    if (!start) return std::unexpected(start.error());
    range.start = *start;
  }
  if (args.size() > first + 2) {
    range.in_bits = args.Is(first + 2, "BIT");
    if (!range.in_bits && !args.Is(first + 2, "BYTE")) {
      return std::unexpected(ReplyError(kSyntaxError));
    }
  }
  if (args.size() > first + 1) {
    const Parsed<int64_t> end = args.Integer(first + 1);
    if (!end) return std::unexpected(end.error());
    range.end = *end;
    range.has_end = true;
  }
  return range;
}

// Combines result[0, size) with a source of at most that size; what the source lacks is
// zeros.
void Combine(BitOperation operation, uint8_t* result, size_t size, Bytes source) {
  ActiveKernels().bit_operation(operation, {.result = result,
                                            .left = result,
                                            .right = AsUnsigned(source),
                                            .size_bytes = source.size()});
  if (operation == BitOperation::kAnd) {
    std::memset(result + source.size(), 0, size - source.size());
  }
}

bool ReadOperation(const Args& args, BitOperation* operation) {
  constexpr std::pair<Bytes, BitOperation> kNames[] = {{"AND", BitOperation::kAnd},
                                                       {"OR", BitOperation::kOr},
                                                       {"XOR", BitOperation::kXor},
                                                       {"NOT", BitOperation::kNot}};
  for (const auto& [name, meant] : kNames) {
    if (args.Is(1, name)) {
      *operation = meant;
      return true;
    }
  }
  return false;
}

}  // namespace

void Getbit(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<uint64_t> offset = ReadBitOffset(context, args[2]);
  if (!offset) return reply.Error(offset.error());
  const Entry* entry;
  if (!ReadString(context, context.key(), reply, &entry)) return;
  const Bytes value = entry == nullptr ? Bytes() : entry->value();
  const uint64_t index = *offset >> 3;
  if (index >= value.size()) return reply.Integer(0);
  reply.Integer(static_cast<uint8_t>(value[index]) >> (7 - (*offset & 7)) & 1);
}

void Setbit(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<uint64_t> offset = ReadBitOffset(context, args[2]);
  if (!offset) return reply.Error(offset.error());
  const Parsed<int64_t> bit = args.IntegerBetween(3, 0, 1, kBitNotBoolean);
  if (!bit) return reply.Error(bit.error());

  const Key& key = context.key();
  Found found;
  if (!FindStringForWrite(context, key, reply, &found)) return;
  const size_t index = *offset >> 3;
  const size_t old_size = found ? found.entry->value().size() : 0;
  char* data = EditString(context, key, found, std::max(old_size, index + 1));
  if (data == nullptr) return reply.Error(kOom);
  const unsigned shift = 7 - (*offset & 7);
  const uint8_t byte = static_cast<uint8_t>(data[index]);
  const int64_t old_bit = byte >> shift & 1;
  if (old_bit != *bit || index >= old_size) {
    data[index] =
        static_cast<char>((byte & ~(1u << shift)) | static_cast<unsigned>(*bit) << shift);
    context.keyspace.Changed(key, EventKind::kString, "setbit");
  }
  reply.Integer(old_bit);
}

void Bitcount(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<RangeArguments> range = ReadRange(args, 2);
  if (!range) return reply.Error(range.error());
  const Entry* entry;
  if (!ReadString(context, context.key(), reply, &entry)) return;
  if (entry == nullptr) return reply.Integer(0);
  const Bytes value = entry->value();
  const ResolvedRange resolved =
      ResolveRange(range->start, range->end, range->SizeOf(value));
  reply.Integer(CountBits(value, ToBitRange(resolved, range->in_bits)));
}

void Bitpos(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<int64_t> bit = args.Integer(2);
  if (!bit) return reply.Error(bit.error());
  if (*bit != 0 && *bit != 1) return reply.Error(kBadBitArgument);
  const Parsed<RangeArguments> range = ReadRange(args, 3);
  if (!range) return reply.Error(range.error());
  const Entry* entry;
  if (!ReadString(context, context.key(), reply, &entry)) return;
  // An absent key is an endless run of zeros.
  if (entry == nullptr) return reply.Integer(*bit == 1 ? -1 : 0);

  const Bytes value = entry->value();
  const BitRange bits = ToBitRange(
      ClampRange(range->start, range->end, range->SizeOf(value)), range->in_bits);
  const int64_t position = FindBit(value, bits, *bit == 1);
  // Without an end the string goes on with zeros behind its last byte.
  if (position < 0 && *bit == 0 && !range->has_end && bits.byte_count > 0) {
    return reply.Integer(static_cast<int64_t>(value.size()) * 8);
  }
  reply.Integer(position);
}

void Bitop(CommandContext& context, const Args& args, ReplyWriter& reply) {
  BitOperation operation;
  if (!ReadOperation(args, &operation)) return reply.Error(kSyntaxError);
  const std::span<const Key> sources = context.keys.subspan(1);
  if (operation == BitOperation::kNot && sources.size() != 1) {
    return reply.Error(kOneSourceForNot);
  }
  size_t size = 0;
  std::vector<Bytes> values(sources.size());
  for (size_t i = 0; i < sources.size(); ++i) {
    const Entry* entry;
    if (!ReadString(context, sources[i], reply, &entry)) return;
    if (entry != nullptr) values[i] = entry->value();
    size = std::max(size, values[i].size());
  }

  const Key& key = context.key(0);
  if (context.keyspace.HasExpired()) context.keyspace.EraseExpired(/*is_held=*/true);
  if (size == 0) {
    Found found = context.keyspace.FindRaw(key);
    if (found) {
      context.keyspace.Erase(key, found);
      context.keyspace.Changed(key, EventKind::kGeneric, "del");
    }
    return reply.Integer(0);
  }
  // Apart from the entries, because the target may be a source too.
  const std::unique_ptr<uint8_t[]> result(new (std::nothrow) uint8_t[size]);
  if (result == nullptr) return reply.Error(kOom);
  std::copy(values[0].begin(), values[0].end(), result.get());
  std::memset(result.get() + values[0].size(), 0, size - values[0].size());
  if (operation == BitOperation::kNot) Combine(operation, result.get(), size, values[0]);
  for (size_t i = 1; i < values.size(); ++i)
    Combine(operation, result.get(), size, values[i]);

  Found found = context.keyspace.FindForWrite(key);
  const Bytes combined = {reinterpret_cast<const char*>(result.get()), size};
  context.keyspace.PutBytes(key, found, combined, kNoExpiry, ValueType::kString,
                            Encoding::kRawBytes);
  context.keyspace.Changed(key, EventKind::kString, "set");
  reply.Integer(static_cast<int64_t>(size));
}

}  // namespace skarn::commands

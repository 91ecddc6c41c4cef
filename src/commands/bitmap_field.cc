// SPDX-License-Identifier: BSD-3-Clause
//
// BITFIELD: integers of 1 to 64 bits at any bit offset of a string, highest bit first.
#include <algorithm>
#include <limits>
#include <vector>

#include "commands/bitmap.h"
#include "commands/bitmap_offset.h"
#include "commands/string_value.h"

namespace skarn::commands {
namespace {

constexpr ErrorText kBadFieldType =
    "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not "
    "supported but "
    "i64 is.";
constexpr ErrorText kBadOverflow = "-ERR Invalid OVERFLOW type specified";
constexpr ErrorText kOnlyGet = "-ERR BITFIELD_RO only supports the GET subcommand";

// Holds any sum of a field and an increment.
__extension__ using Wide = __int128;

struct FieldType {
  bool is_signed = false;
  unsigned bits = 0;

  Wide Low() const { return is_signed ? -(Wide{1} << (bits - 1)) : Wide{0}; }
  Wide High() const { return (Wide{1} << (is_signed ? bits - 1 : bits)) - 1; }
  bool Holds(Wide value) const { return value >= Low() && value <= High(); }

  // What the lowest `bits` bits of `value` mean.
  int64_t Interpret(uint64_t value) const {
    if (bits == 64) return static_cast<int64_t>(value);
    value &= (uint64_t{1} << bits) - 1;
    const uint64_t sign = uint64_t{1} << (bits - 1);
    return static_cast<int64_t>(is_signed ? (value ^ sign) - sign : value);
  }
};

enum class Overflow : uint8_t { kWrap, kSaturate, kFail };
enum class FieldVerb : uint8_t { kGet, kSet, kIncrement };

struct FieldOperation {
  FieldVerb verb = FieldVerb::kGet;
  Overflow overflow = Overflow::kWrap;
  FieldType type;
  uint64_t offset = 0;
  int64_t operand = 0;

  // How many bytes the string needs for it.
  size_t EndByte() const { return (offset + type.bits + 7) >> 3; }
};

bool ReadFieldType(Bytes word, FieldType* type) {
  if (word.empty() || (word[0] != 'i' && word[0] != 'u')) return false;
  type->is_signed = word[0] == 'i';
  int64_t bits;
  if (!ParseInt64(word.substr(1), &bits) || bits < 1 ||
      bits > (type->is_signed ? 64 : 63)) {
    return false;
  }
  type->bits = static_cast<unsigned>(bits);
  return true;
}

bool ReadOverflow(Bytes word, Overflow* overflow) {
  if (EqualsIgnoreCase(word, "WRAP")) return *overflow = Overflow::kWrap, true;
  if (EqualsIgnoreCase(word, "SAT")) return *overflow = Overflow::kSaturate, true;
  if (EqualsIgnoreCase(word, "FAIL")) return *overflow = Overflow::kFail, true;
  return false;
}

// Takes the operation at args[*index] and leaves *index behind it.
Parsed<FieldOperation> ReadOperation(const CommandContext& context, const Args& args,
                                     size_t* index) {
  FieldOperation operation;
  const size_t first = *index;
  const size_t word_count = args.size() - first;
  if (args.Is(first, "GET") && word_count >= 3) {
    operation.verb = FieldVerb::kGet;
  } else if (args.Is(first, "SET") && word_count >= 4) {
    operation.verb = FieldVerb::kSet;
  } else if (args.Is(first, "INCRBY") && word_count >= 4) {
    operation.verb = FieldVerb::kIncrement;
  } else {
    return std::unexpected(ReplyError(kSyntaxError));
  }
  if (!ReadFieldType(args[first + 1], &operation.type)) {
    return std::unexpected(ReplyError(kBadFieldType));
  }
  const auto offset = ReadBitOffset(context, args[first + 2], operation.type.bits);
  if (!offset) return std::unexpected(offset.error());
  operation.offset = *offset;
  *index += 3;
  if (operation.verb != FieldVerb::kGet) {
    const Parsed<int64_t> operand = args.Integer(first + 3);
    if (!operand) return std::unexpected(operand.error());
    operation.operand = *operand;
    ++*index;
  }
  return operation;
}

Parsed<std::vector<FieldOperation>> ReadOperations(const CommandContext& context,
                                                   const Args& args) {
  std::vector<FieldOperation> operations;
  Overflow overflow = Overflow::kWrap;
  for (size_t i = 2; i < args.size();) {
    if (args.Is(i, "OVERFLOW") && i + 1 < args.size()) {
      if (!ReadOverflow(args[i + 1], &overflow))
        return std::unexpected(ReplyError(kBadOverflow));
      i += 2;
      continue;
    }
    Parsed<FieldOperation> operation = ReadOperation(context, args, &i);
    if (!operation) return std::unexpected(operation.error());
    operation->overflow = overflow;
    operations.push_back(*operation);
  }
  return operations;
}

// Bits behind the end of the value are zeros.
uint64_t LoadBits(Bytes value, uint64_t offset, unsigned bits) {
  const uint64_t first = offset >> 3;
  const uint64_t last = (offset + bits - 1) >> 3;
  // Nine bytes at most.
  Wide window = 0;
  for (uint64_t i = first; i <= last; ++i) {
    window = window << 8 | (i < value.size() ? static_cast<uint8_t>(value[i]) : 0);
  }
  const unsigned behind = static_cast<unsigned>((last + 1) * 8 - (offset + bits));
  const uint64_t field = static_cast<uint64_t>(window >> behind);
  return bits == 64 ? field : field & ((uint64_t{1} << bits) - 1);
}

void StoreBits(char* data, uint64_t offset, unsigned bits, uint64_t field) {
  for (unsigned i = 0; i < bits; ++i) {
    const uint64_t position = offset + i;
    const unsigned shift = 7 - (position & 7);
    const unsigned bit = static_cast<unsigned>(field >> (bits - 1 - i) & 1);
    const uint8_t byte = static_cast<uint8_t>(data[position >> 3]);
    data[position >> 3] = static_cast<char>((byte & ~(1u << shift)) | bit << shift);
  }
}

// The value to store for `wanted`; false when it does not fit and the operation is to
// fail.
bool Fit(const FieldOperation& operation, Wide wanted, int64_t* value) {
  const FieldType& type = operation.type;
  if (!type.Holds(wanted)) {
    if (operation.overflow == Overflow::kFail) return false;
    if (operation.overflow == Overflow::kSaturate) {
      // The stock servers take the room below High() as 64 bits: a SET of what lies too
      // far down comes out at the top.
      const bool is_low = wanted < type.Low() &&
                          (operation.verb == FieldVerb::kIncrement ||
                           type.High() - wanted <= std::numeric_limits<int64_t>::max());
      wanted = is_low ? type.Low() : type.High();
    }
  }
  *value = type.Interpret(static_cast<uint64_t>(wanted));
  return true;
}

enum class WriteResult : uint8_t { kFailed, kSame, kChanged };

// Runs a SET or INCRBY and replies.
WriteResult Write(const FieldOperation& operation, char* data, size_t size,
                  ReplyWriter& reply) {
  const FieldType& type = operation.type;
  const int64_t old_value =
      type.Interpret(LoadBits({data, size}, operation.offset, type.bits));
  Wide wanted = operation.operand;
  if (operation.verb == FieldVerb::kIncrement) {
    wanted += old_value;
  } else if (!type.is_signed) {
    // A negative operand is a huge unsigned one.
    wanted = static_cast<uint64_t>(operation.operand);
  }
  int64_t value;
  if (!Fit(operation, wanted, &value)) {
    reply.Null();
    return WriteResult::kFailed;
  }
  StoreBits(data, operation.offset, type.bits, static_cast<uint64_t>(value));
  reply.Integer(operation.verb == FieldVerb::kSet ? old_value : value);
  return value != old_value ? WriteResult::kChanged : WriteResult::kSame;
}

void Read(const FieldOperation& operation, Bytes value, ReplyWriter& reply) {
  const uint64_t field = LoadBits(value, operation.offset, operation.type.bits);
  reply.Integer(operation.type.Interpret(field));
}

using Operations = std::vector<FieldOperation>;

void RunReading(CommandContext& context, const Operations& operations,
                ReplyWriter& reply) {
  const Entry* entry;
  if (!ReadString(context, context.key(), reply, &entry)) return;
  const Bytes value = entry == nullptr ? Bytes() : entry->value();
  reply.ArrayHeader(operations.size());
  for (const FieldOperation& operation : operations) Read(operation, value, reply);
}

// `size_min` is what the furthest write needs. The string grows to it at once, even when
// the write then fails by overflow.
void RunWriting(CommandContext& context, const Operations& operations, size_t size_min,
                ReplyWriter& reply) {
  const Key& key = context.key();
  Found found;
  if (!FindStringForWrite(context, key, reply, &found)) return;
  const size_t old_size = found ? found.entry->value().size() : 0;
  const size_t size = std::max(old_size, size_min);
  char* data = EditString(context, key, found, size);
  if (data == nullptr) return reply.Error(kOom);

  // Where the string grew, every write that did not fail counts.
  const bool has_grown = size > old_size;
  uint64_t changes = 0;
  reply.ArrayHeader(operations.size());
  for (const FieldOperation& operation : operations) {
    if (operation.verb == FieldVerb::kGet) {
      Read(operation, {data, size}, reply);
    } else {
      const WriteResult result = Write(operation, data, size, reply);
      changes +=
          result == WriteResult::kChanged || (has_grown && result == WriteResult::kSame);
    }
  }
  if (changes != 0) context.keyspace.Changed(key, EventKind::kString, "setbit", changes);
}

}  // namespace

void Bitfield(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<Operations> operations = ReadOperations(context, args);
  if (!operations) return reply.Error(operations.error());
  size_t size_min = 0;
  for (const FieldOperation& operation : *operations) {
    if (operation.verb != FieldVerb::kGet)
      size_min = std::max(size_min, operation.EndByte());
  }
  if (size_min == 0) return RunReading(context, *operations, reply);
  RunWriting(context, *operations, size_min, reply);
}

void BitfieldRo(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Parsed<Operations> operations = ReadOperations(context, args);
  if (!operations) return reply.Error(operations.error());
  for (const FieldOperation& operation : *operations) {
    if (operation.verb != FieldVerb::kGet) return reply.Error(kOnlyGet);
  }
  RunReading(context, *operations, reply);
}

}  // namespace skarn::commands

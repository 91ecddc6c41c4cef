// SPDX-License-Identifier: BSD-3-Clause
//
// Where the keys of a request are: FindKeyPositions and FindKeys of command/table.h.
#include <span>

#include "command/table.h"

namespace skarn {
namespace {

constexpr int kNotFound = -1;

// One spec applied to one request: positions first, first + step, ... last.
struct KeyRange {
  int first = 0, last = 0, step = 1;
};

// The word behind the first `keyword`, looked for from `spec.index` on; a negative index
// counts from the end and looks backwards.
int FindBehindKeyword(const KeySpec& spec, const Args& args) {
  const int size = static_cast<int>(args.size());
  const bool is_forward = spec.index > 0;
  const int direction = is_forward ? 1 : -1;
  const int end = is_forward ? size : 0;
  for (int i = is_forward ? spec.index : size + spec.index; i > 0 && i < size && i != end;
       i += direction) {
    if (EqualsIgnoreCase(args[static_cast<size_t>(i)], spec.keyword)) return i + 1;
  }
  return kNotFound;
}

bool FindRange(const KeySpec& spec, const Args& args, int begin, KeyRange* range) {
  const int size = static_cast<int>(args.size());
  *range = {.first = begin, .last = begin + spec.last_key, .step = spec.step};
  if (spec.find == KeySpec::Find::kKeyCount) {
    int64_t count;
    const int count_position = begin + spec.count_index;
    if (count_position >= size) return false;
    if (!ParseInt64(args[static_cast<size_t>(count_position)], &count)) return false;
    if (count <= 0 || count > size) return false;
    range->first = begin + spec.first_key;
    const int64_t last = range->first + (count - 1) * int64_t{spec.step};
    if (last >= size) return false;
    range->last = static_cast<int>(last);
  } else if (spec.last_key < 0) {
    // A limit of n says that the keys are one n-th of what follows.
    const int behind = spec.limit > 1 ? begin + (size - begin) / spec.limit : size;
    range->last = behind + spec.last_key;
  }
  return range->first > 0 && range->first <= range->last && range->last < size;
}

// BITFIELD with nothing but GET and OVERFLOW only reads.
uint32_t BitfieldFlags(const Args& args) {
  for (size_t i = 2; i < args.size();) {
    const bool is_get = args.Is(i, "get");
    const size_t word_count = is_get ? 3 : 2;
    if (!is_get && !args.Is(i, "overflow"))
      return KeySpec::kRW | KeySpec::kAccess | KeySpec::kUpdate;
    if (i + word_count > args.size())
      return KeySpec::kRW | KeySpec::kAccess | KeySpec::kUpdate;
    i += word_count;
  }
  return KeySpec::kRO | KeySpec::kAccess;
}

// SET with GET reads what it replaces.
uint32_t SetFlags(const Args& args) {
  for (size_t i = 3; i < args.size(); ++i) {
    if (args.Is(i, "get")) return KeySpec::kRW | KeySpec::kAccess | KeySpec::kUpdate;
  }
  return KeySpec::kOW | KeySpec::kUpdate;
}

// What the command does to the keys of a spec, given its words.
uint32_t ResolveFlags(const Command& command, const KeySpec& spec, const Args& args) {
  if ((spec.flags & KeySpec::kVariableFlags) == 0) return spec.flags;
  if (command.spec->name == "set") return SetFlags(args);
  if (command.spec->name == "bitfield") return BitfieldFlags(args);
  return spec.flags;
}

// Calls add(position, spec) for each key.
template <class Add>
bool ForEachKey(const Command& command, const Args& args, Add add) {
  for (const KeySpec& spec : command.spec->key_specs) {
    if ((spec.flags & KeySpec::kNotKey) != 0) continue;
    if (spec.begin == KeySpec::Begin::kUnknown || spec.find == KeySpec::Find::kUnknown)
      continue;
    const bool is_index = spec.begin == KeySpec::Begin::kIndex;
    const int begin = is_index ? spec.index : FindBehindKeyword(spec, args);
    if (begin == kNotFound) continue;
    KeyRange range;
    if (!FindRange(spec, args, begin, &range)) return false;
    for (int i = range.first; i <= range.last; i += range.step) add(i, spec);
  }
  return true;
}

}  // namespace

bool FindKeyPositions(const Command& command, const Args& args,
                      std::vector<int>* positions) {
  if (!command.has_simple_keys) {
    return ForEachKey(command, args, [positions](int position, const KeySpec&) {
      positions->push_back(position);
    });
  }
  if (command.first_key == 0) return true;
  const int size = static_cast<int>(args.size());
  const int last = command.last_key < 0 ? size + command.last_key : command.last_key;
  if (last < command.first_key || last >= size) return false;
  for (int i = command.first_key; i <= last; i += command.key_step)
    positions->push_back(i);
  return true;
}

bool FindKeys(const Command& command, const Args& args, std::vector<KeyPosition>* keys) {
  return ForEachKey(command, args, [&](int position, const KeySpec& spec) {
    keys->push_back({.position = position, .flags = ResolveFlags(command, spec, args)});
  });
}

}  // namespace skarn

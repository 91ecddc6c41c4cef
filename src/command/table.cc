// SPDX-License-Identifier: BSD-3-Clause
#include "command/table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace skarn {
namespace {

constexpr size_t kWordBytes = sizeof(uint64_t);

uint64_t Load64(const char* data) {
  uint64_t word;
  std::memcpy(&word, data, sizeof word);
  return word;
}

uint64_t Load32(const char* data) {
  uint32_t word;
  std::memcpy(&word, data, sizeof word);
  return word;
}

// The up to 8 bytes at `data`, padded with zeros, without a read outside them. Two loads
// that may overlap cover any size: both put the same bytes in the overlap.
uint64_t LoadPadded(const char* data, size_t size_bytes) {
  if (size_bytes >= kWordBytes) return Load64(data);
  if (size_bytes >= 4) {
    return Load32(data) | Load32(data + size_bytes - 4) << (8 * (size_bytes - 4));
  }
  if (size_bytes == 0) return 0;
  const auto byte = [data](size_t index) {
    return uint64_t{static_cast<uint8_t>(data[index])} << (8 * index);
  };
  return byte(0) | byte(size_bytes / 2) | byte(size_bytes - 1);
}

// Lower-cases the ASCII letters among 8 bytes at once. The sums set the high bit of a
// byte which is at least 'A', or above 'Z'; they cannot carry, as the high bits are
// cleared before.
uint64_t ToLowerWord(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighBits = 0x80 * kOnes;
  const uint64_t low_bits = word & ~kHighBits;
  const uint64_t from_a = low_bits + (0x80 - 'A') * kOnes;
  const uint64_t above_z = low_bits + (0x80 - 'Z' - 1) * kOnes;
  const uint64_t is_upper = from_a & ~above_z & ~word & kHighBits;
  return word | is_upper >> 2;  // 0x80 >> 2 is the bit by which the cases differ.
}

struct NameWords {
  uint64_t head;
  uint64_t tail;
};

NameWords WordsOf(Bytes name) {
  NameWords words = {ToLowerWord(LoadPadded(name.data(), name.size())), 0};
  if (name.size() > kWordBytes) {
    words.tail =
        ToLowerWord(LoadPadded(name.data() + kWordBytes, name.size() - kWordBytes));
  }
  return words;
}

// Multiplicative; the upper half of the product depends on every byte of the name.
size_t HashOf(const NameWords& words, size_t size_bytes) {
  constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio.
  const uint64_t mixed =
      (words.head ^ std::rotl(words.tail, 29) ^ size_bytes) * kMultiplier;
  return static_cast<size_t>(mixed >> 40);
}

bool IsSimple(const KeySpec& spec) {
  constexpr uint32_t kNotSimple = KeySpec::kNotKey | KeySpec::kIncomplete;
  return spec.begin == KeySpec::Begin::kIndex && spec.find == KeySpec::Find::kRange &&
         spec.limit == 0 && (spec.flags & kNotSimple) == 0;
}

// Describes the key specs by three numbers as far as that goes: specs which continue each
// other become one range.
void SetSimpleKeys(const CommandSpec& spec, Command* command) {
  for (const KeySpec& keys : spec.key_specs) {
    command->has_simple_keys = command->has_simple_keys && IsSimple(keys);
    if (keys.begin != KeySpec::Begin::kIndex || keys.find != KeySpec::Find::kRange)
      continue;
    const int last = keys.last_key < 0 ? keys.last_key : keys.index + keys.last_key;
    if (command->first_key == 0) {
      command->first_key = keys.index;
      command->last_key = last;
      command->key_step = keys.step;
    } else if (command->last_key + command->key_step == keys.index &&
               command->key_step == keys.step) {
      command->last_key = last;
    } else {
      command->has_simple_keys = false;
    }
  }
}

}  // namespace

const Command* Command::FindSubcommand(Bytes name) const {
  const size_t prefix_bytes = spec->name.size() + 1;  // "config|"
  for (const auto& subcommand : subcommands) {
    if (EqualsIgnoreCase(subcommand->spec->name.substr(prefix_bytes), name)) {
      return subcommand.get();
    }
  }
  return nullptr;
}

void CommandTable::Add(std::span<const CommandSpec> specs) {
  for (const CommandSpec& spec : specs) {
    commands_.push_back(Make(spec, nullptr));
    named_.push_back({std::string(spec.name), commands_.back().get()});
  }
  Rebuild();
}

bool CommandTable::Rename(Bytes name, Bytes to) {
  const Command* command = Find(name);
  if (command == nullptr || (!to.empty() && Find(to) != nullptr)) return false;
  for (size_t i = 0; i < named_.size(); ++i) {
    if (named_[i].command != command) continue;
    if (to.empty()) {
      named_.erase(named_.begin() + static_cast<ptrdiff_t>(i));
      const auto owner = std::find_if(commands_.begin(), commands_.end(),
                                      [=](const auto& c) { return c.get() == command; });
      removed_.push_back(std::move(*owner));
      commands_.erase(owner);
    } else {
      named_[i].name = ToLower(to);
    }
    break;
  }
  Rebuild();
  return true;
}

// Inline, as the lookup of a request's name is on the way of every request.
inline const Command* CommandTable::Lookup(Bytes name) const {
  const NameWords words = WordsOf(name);
  const size_t mask = slots_.size() - 1;
  for (size_t i = HashOf(words, name.size()) & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.head == words.head && slot.tail == words.tail &&
        slot.size_bytes == name.size()) [[likely]] {
      if (name.size() <= 2 * kWordBytes) [[likely]]
        return slot.command;
      if (EqualsIgnoreCase(named_[slot.named_index].name, name)) return slot.command;
    }
    if (slot.command == nullptr) return nullptr;
  }
}

const Command* CommandTable::Find(Bytes name) const {
  return Lookup(name);
}

const Command* CommandTable::Find(const Args& args) const {
  if (args.empty()) return nullptr;
  const Command* command = Lookup(args[0]);
  if (command == nullptr || command->subcommands.empty()) [[likely]]
    return command;
  if (args.size() < 2) return command;
  const Command* subcommand = command->FindSubcommand(args[1]);
  return subcommand != nullptr ? subcommand : command;
}

const Command* CommandTable::FindFullName(Bytes name) const {
  const size_t bar = name.find('|');
  const Command* command = Find(name.substr(0, bar));
  if (command == nullptr || bar == Bytes::npos) return command;
  return command->FindSubcommand(name.substr(bar + 1));
}

std::unique_ptr<Command> CommandTable::Make(const CommandSpec& spec,
                                            const Command* parent) {
  auto command = std::make_unique<Command>();
  command->spec = &spec;
  command->handler = spec.handler;
  command->flags = spec.flags;
  command->arity = spec.arity;
  command->index = static_cast<uint32_t>(count_++);
  command->full_name = spec.name;
  command->parent = parent;
  SetSimpleKeys(spec, command.get());
  command->first_member = spec.first_member;
  command->member_step = spec.member_step;
  for (const CommandSpec& subcommand : spec.subcommands) {
    command->subcommands.push_back(Make(subcommand, command.get()));
  }
  return command;
}

void CommandTable::Rebuild() {
  slots_.assign(std::bit_ceil(std::max(kSlotsMin, 4 * named_.size())), {});
  for (size_t i = 0; i < named_.size(); ++i) Insert(i);
}

void CommandTable::Insert(size_t named_index) {
  const Named& named = named_[named_index];
  SKARN_CHECK(Find(named.name) == nullptr);
  const NameWords words = WordsOf(named.name);
  const size_t mask = slots_.size() - 1;
  size_t i = HashOf(words, named.name.size()) & mask;
  while (slots_[i].command != nullptr) i = (i + 1) & mask;
  slots_[i] = {.head = words.head,
               .tail = words.tail,
               .size_bytes = static_cast<uint32_t>(named.name.size()),
               .named_index = static_cast<uint32_t>(named_index),
               .command = named.command};
}

}  // namespace skarn

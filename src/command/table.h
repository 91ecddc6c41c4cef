// SPDX-License-Identifier: BSD-3-Clause
//
// The command table: finds the row of a name. Filled once at start from the families'
// rows, constant afterwards (but for rename-command, which the configuration applies
// before workers start). Threads: any.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "command/spec.h"

namespace skarn {

// A row as the executor needs it.
struct Command {
  const CommandSpec* spec = nullptr;
  CommandHandler handler = nullptr;
  uint32_t flags = 0;
  int arity = 0;
  // Simple key positions (first 0: none, or not simple).
  int first_key = 0, last_key = 0, key_step = 0;
  bool has_simple_keys = true;  // The three numbers say it all.
  int first_member = 0, member_step = 0;
  uint32_t index = 0;     // Of its statistics; 0 .. CommandTable::size().
  std::string full_name;  // "config|get", whatever rename-command says
  const Command* parent = nullptr;
  std::vector<std::unique_ptr<Command>> subcommands;

  bool Has(CommandFlag flag) const { return (flags & static_cast<uint32_t>(flag)) != 0; }
  const Command* FindSubcommand(Bytes name) const;
};

class CommandTable {
 public:
  // The command that a client's last request named, to spare the lookup when the next
  // names the same, as they do in pipelines. Commands alone, no containers.
  class Memo {
   public:
    const Command* Find(Bytes name) const {
      if (name.size() != size_bytes_) return nullptr;
      return EqualShort(name.data(), name_, size_bytes_) ? command_ : nullptr;
    }
    void Set(Bytes name, const Command* command) {
      if (name.size() > sizeof name_ || command == nullptr ||
          command->parent != nullptr || !command->subcommands.empty()) {
        return;
      }
      std::memcpy(name_, name.data(), name.size());
      size_bytes_ = name.size();
      command_ = command;
    }

   private:
    char name_[16];
    size_t size_bytes_ = 0;
    const Command* command_ = nullptr;
  };

  // Adds the rows of a family. They outlive the table; no name may be there yet.
  void Add(std::span<const CommandSpec> specs);
  // rename-command: an empty new name removes. False when `name` is unknown or `to` is
  // taken. Only Find takes the new name; replies and error texts go on showing the row's.
  bool Rename(Bytes name, Bytes to);

  // The command of a request's first word (and second, for containers); null when
  // unknown. For a container with an unknown second word it is the container itself.
  const Command* Find(Bytes name) const;
  const Command* Find(const Args& args) const;
  // By full name "config|get" or "get".
  const Command* FindFullName(Bytes name) const;

  size_t size() const {
    return count_;
  }  // Rows, subcommands included, even if removed since.
  // Those that can be called, without the subcommands.
  const std::vector<std::unique_ptr<Command>>& commands() const { return commands_; }

 private:
  static constexpr size_t kSlotsMin = 64;

  struct Named {
    std::string
        name;  // Lower case, as requests spell it; rename-command may have changed it.
    Command* command = nullptr;
  };
  // One place of the hash table: half a cache line decides about a name of up to 16
  // bytes.
  struct Slot {
    uint64_t head =
        0;  // The first 8 bytes of the name, and the next 8, padded with zeros.
    uint64_t tail = 0;
    uint32_t size_bytes = 0;
    uint32_t named_index = 0;
    const Command* command = nullptr;  // Null: the place is empty.
  };

  std::unique_ptr<Command> Make(const CommandSpec& spec, const Command* parent);
  void Rebuild();
  void Insert(size_t named_index);
  const Command* Lookup(Bytes name) const;

  // Open addressing; the size is a power of two, at most a quarter of it taken.
  std::vector<Slot> slots_ = std::vector<Slot>(kSlotsMin);
  std::vector<Named> named_;
  std::vector<std::unique_ptr<Command>> commands_;
  std::vector<std::unique_ptr<Command>>
      removed_;  // By rename-command; their numbers stay taken.
  size_t count_ = 0;
};

// A key among the words of a request.
struct KeyPosition {
  int position = 0;
  uint32_t flags = 0;  // KeySpec::Flag bits; kVariableFlags is resolved by the words.
};

// Appends the positions of the keys among `args` (by the row's key specs); false when the
// arguments do not fit the specs ("Invalid arguments specified for command"). Positions
// flagged not_key are left out, and so is what an incomplete spec cannot tell. The arity
// need not have been checked.
bool FindKeyPositions(const Command& command, const Args& args,
                      std::vector<int>* positions);
bool FindKeys(const Command& command, const Args& args, std::vector<KeyPosition>* keys);

}  // namespace skarn

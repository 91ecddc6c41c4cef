// SPDX-License-Identifier: BSD-3-Clause
//
// The command table: finds the row of a name. Filled once at start from the families' rows, constant
// afterwards (but for rename-command, which the configuration applies before workers start).
// Threads: any.
#pragma once

#include <cstdint>
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
  uint32_t index = 0;           // Of its statistics; 0 .. CommandTable::size().
  std::string full_name;        // "config|get"
  const Command* parent = nullptr;
  std::vector<std::unique_ptr<Command>> subcommands;

  bool Has(CommandFlag flag) const { return (flags & static_cast<uint32_t>(flag)) != 0; }
  const Command* FindSubcommand(Bytes name) const;
};

class CommandTable {
 public:
  // Adds the rows of a family.
  void Add(std::span<const CommandSpec> specs);
  // rename-command: an empty new name removes. False when `name` is unknown or `to` is taken.
  bool Rename(Bytes name, Bytes to);

  // The command of a request's first word (and second, for containers); null when unknown. For a
  // container with an unknown second word it is the container itself.
  const Command* Find(Bytes name) const;
  const Command* Find(const Args& args) const;
  // By full name "config|get" or "get".
  const Command* FindFullName(Bytes name) const;

  size_t size() const { return count_; }  // Rows, subcommands included.
  const std::vector<std::unique_ptr<Command>>& commands() const { return commands_; }

 private:
  struct Slot {
    uint64_t head = 0;  // First 8 bytes of the lower-case name.
    const Command* command = nullptr;
    std::string name;
  };
  void Insert(std::string name, const Command* command);
  std::unique_ptr<Command> Make(const CommandSpec& spec, const Command* parent);

  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<Command>> commands_;
  size_t count_ = 0;
};

// Appends the positions of the keys among `args` (by the row's key specs); false when the arguments
// do not fit the specs ("Invalid arguments specified for command"). Positions flagged not_key are
// left out.
bool FindKeyPositions(const Command& command, const Args& args, std::vector<int>* positions);

}  // namespace skarn

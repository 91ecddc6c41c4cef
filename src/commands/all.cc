// SPDX-License-Identifier: BSD-3-Clause
#include <array>

#include "commands/families.h"

namespace skarn {

std::span<const std::span<const CommandSpec>> AllFamilies() {
  static const std::array families = {
      StringCommands(),       BitmapCommands(),     HashCommands(),   GenericCommands(),
      TransactionsCommands(), ConnectionCommands(), PubsubCommands(), CommandCommands(),
  };
  return families;
}

}  // namespace skarn

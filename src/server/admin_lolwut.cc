// SPDX-License-Identifier: BSD-3-Clause
//
// LOLWUT: a drawing, and the version.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/random.h"
#include "command/context.h"
#include "command/version.h"
#include "server/admin.h"
#include "server/process.h"

namespace skarn::commands {
namespace {

constexpr int64_t kColumnsMax = 160, kRowsMax = 60;

// Hills behind hills, each range lighter than the one before.
std::string DrawHills(size_t columns, size_t rows) {
  constexpr char kShades[] = ".:=#";
  constexpr size_t kRanges = sizeof(kShades) - 1;
  Random& random = ThreadRandom();
  std::vector<std::string> picture(rows, std::string(columns, ' '));
  for (size_t range = 0; range < kRanges; ++range) {
    const int64_t floor = static_cast<int64_t>(rows * (kRanges - range) / (kRanges + 1));
    int64_t height = floor;
    for (size_t x = 0; x < columns; ++x) {
      height = std::clamp<int64_t>(height + random.Between(-1, 1), 0,
                                   static_cast<int64_t>(rows));
      for (int64_t y = 0; y < height; ++y) {
        picture[rows - 1 - static_cast<size_t>(y)][x] = kShades[range];
      }
    }
  }
  std::string text;
  for (const std::string& line : picture) text += line + '\n';
  return text;
}

}  // namespace

void Lolwut(CommandContext&, const Args& args, ReplyWriter& reply) {
  int64_t version = -1;
  size_t next = 1;
  if (args.size() >= 3 && args.Is(1, "VERSION")) {
    const auto given = args.Integer(2);
    if (!given) return reply.Error(given.error());
    version = *given;
    next = 3;
  }
  int64_t columns = 66, rows = 16;
  for (int64_t* size : {&columns, &rows}) {
    if (next >= args.size()) break;
    const auto given = args.Integer(next++);
    if (!given) return reply.Error(given.error());
    *size = *given;
  }
  std::string text;
  if (version < 0 || version > 4) {
    text = DrawHills(static_cast<size_t>(std::clamp<int64_t>(columns, 1, kColumnsMax)),
                     static_cast<size_t>(std::clamp<int64_t>(rows, 1, kRowsMax)));
    text += '\n';
  }
  text += fmt::format("Skarn {}, Valkey ver. {}\n", kSkarnVersion, kCompatibleVersion);
  reply.Verbatim("txt", text);
}

}  // namespace skarn::commands

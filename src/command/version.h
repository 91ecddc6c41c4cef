// SPDX-License-Identifier: BSD-3-Clause
//
// What Skarn says to be: the server and level that it is compatible with. Clients choose
// features by these, so they are the reference's, not ours. Threads: constants.
#pragma once

#include <string_view>

namespace skarn {

inline constexpr std::string_view kCompatibleServer = "valkey";
inline constexpr std::string_view kCompatibleVersion = "9.1.2";
// Told as redis_version, and by HELLO with extended-redis-compatibility.
inline constexpr std::string_view kCompatibleRedisVersion = "7.2.4";

}  // namespace skarn

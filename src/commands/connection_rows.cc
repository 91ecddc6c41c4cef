// SPDX-License-Identifier: BSD-3-Clause
//
// Data: the rows of the commands for the connection and the other clients, at the level
// of Valkey 9.1.
#include "commands/connection.h"
#include "commands/families.h"

namespace skarn {
namespace {

// Packed by hand.
// clang-format off
constexpr HistoryItem kAuthHistory[] = {
    {"6.0.0", "The name of a user before the password."}};

constexpr Argument kAuthArguments[] = {
    {.name = "username", .display_text = "username", .since = "6.0.0",
     .flags = Argument::kOptional},
    {.name = "password", .display_text = "password"}};

constexpr Argument kClientCapaArguments[] = {
    {.name = "capability", .display_text = "capability", .flags = Argument::kMultiple}};

constexpr Argument kClientImportSourceEnabledArguments[] = {
    {.name = "on", .type = ArgumentType::kPureToken, .token = "ON", .display_text = "on"},
    {.name = "off", .type = ArgumentType::kPureToken, .token = "OFF",
     .display_text = "off"}};

constexpr Argument kClientImportSourceArguments[] = {
    {.name = "enabled", .type = ArgumentType::kOneOf,
     .arguments = kClientImportSourceEnabledArguments}};

constexpr std::string_view kClientInfoTips[] = {
    "nondeterministic_output"};

constexpr HistoryItem kClientKillHistory[] = {
    {"2.8.12", "Filters instead of an address."},
    {"2.8.12", "The filter ID."},
    {"3.2.0", "The type master."},
    {"5.0.0", "The type replica, of which slave is the old name."},
    {"6.2.0", "The filter LADDR."},
    {"8.0.0", "The filter MAXAGE."},
    {"8.0.0", "The type primary, of which master is the old name."},
    {"8.1.0", "Several ids for ID."},
    {"9.0.0", "More filters, and the negated ones beginning with NOT."}};

constexpr Argument kClientKillFilterNewFormatClientTypeArguments[] = {
    {.name = "normal", .type = ArgumentType::kPureToken, .token = "NORMAL",
     .display_text = "normal"},
    {.name = "master", .type = ArgumentType::kPureToken, .token = "MASTER",
     .display_text = "master", .since = "3.2.0"},
    {.name = "primary", .type = ArgumentType::kPureToken, .token = "PRIMARY",
     .display_text = "primary", .since = "8.0.0"},
    {.name = "slave", .type = ArgumentType::kPureToken, .token = "SLAVE",
     .display_text = "slave"},
    {.name = "replica", .type = ArgumentType::kPureToken, .token = "REPLICA",
     .display_text = "replica", .since = "5.0.0"},
    {.name = "pubsub", .type = ArgumentType::kPureToken, .token = "PUBSUB",
     .display_text = "pubsub"}};

constexpr Argument kClientKillFilterNewFormatSkipmeArguments[] = {
    {.name = "yes", .type = ArgumentType::kPureToken, .token = "YES",
     .display_text = "yes"},
    {.name = "no", .type = ArgumentType::kPureToken, .token = "NO", .display_text = "no"}};

constexpr Argument kClientKillFilterNewFormatNotClientTypeArguments[] = {
    {.name = "normal", .type = ArgumentType::kPureToken, .token = "NORMAL",
     .display_text = "normal"},
    {.name = "master", .type = ArgumentType::kPureToken, .token = "MASTER",
     .display_text = "master"},
    {.name = "primary", .type = ArgumentType::kPureToken, .token = "PRIMARY",
     .display_text = "primary"},
    {.name = "slave", .type = ArgumentType::kPureToken, .token = "SLAVE",
     .display_text = "slave"},
    {.name = "replica", .type = ArgumentType::kPureToken, .token = "REPLICA",
     .display_text = "replica"},
    {.name = "pubsub", .type = ArgumentType::kPureToken, .token = "PUBSUB",
     .display_text = "pubsub"}};

constexpr Argument kClientKillFilterNewFormatArguments[] = {
    {.name = "client-id", .type = ArgumentType::kInteger, .token = "ID",
     .display_text = "client-id", .since = "2.8.12",
     .flags = Argument::kOptional | Argument::kMultiple},
    {.name = "client-type", .type = ArgumentType::kOneOf, .token = "TYPE",
     .since = "2.8.12", .flags = Argument::kOptional,
     .arguments = kClientKillFilterNewFormatClientTypeArguments},
    {.name = "username", .token = "USER", .display_text = "username",
     .flags = Argument::kOptional},
    {.name = "addr", .token = "ADDR", .display_text = "ip:port",
     .flags = Argument::kOptional},
    {.name = "laddr", .token = "LADDR", .display_text = "ip:port", .since = "6.2.0",
     .flags = Argument::kOptional},
    {.name = "skipme", .type = ArgumentType::kOneOf, .token = "SKIPME",
     .flags = Argument::kOptional,
     .arguments = kClientKillFilterNewFormatSkipmeArguments},
    {.name = "maxage", .type = ArgumentType::kInteger, .token = "MAXAGE",
     .display_text = "maxage", .since = "8.0.0", .flags = Argument::kOptional},
    {.name = "name", .token = "NAME", .display_text = "name", .since = "9.0.0",
     .flags = Argument::kOptional},
    {.name = "idle", .type = ArgumentType::kInteger, .token = "IDLE",
     .display_text = "idle", .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "flags", .token = "FLAGS", .display_text = "flags", .since = "9.0.0",
     .flags = Argument::kOptional},
    {.name = "lib-name", .token = "LIB-NAME", .display_text = "lib-name",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "lib-ver", .token = "LIB-VER", .display_text = "lib-ver", .since = "9.0.0",
     .flags = Argument::kOptional},
    {.name = "db", .type = ArgumentType::kInteger, .token = "DB", .display_text = "db",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "capa", .token = "CAPA", .display_text = "capa", .since = "9.0.0",
     .flags = Argument::kOptional},
    {.name = "ip", .token = "IP", .display_text = "ip", .since = "9.0.0",
     .flags = Argument::kOptional},
    {.name = "not-client-type", .type = ArgumentType::kOneOf, .token = "NOT-TYPE",
     .since = "9.0.0", .flags = Argument::kOptional,
     .arguments = kClientKillFilterNewFormatNotClientTypeArguments},
    {.name = "not-client-id", .type = ArgumentType::kInteger, .token = "NOT-ID",
     .display_text = "not-client-id", .since = "9.0.0",
     .flags = Argument::kOptional | Argument::kMultiple},
    {.name = "not-username", .token = "NOT-USER", .display_text = "not-username",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-addr", .token = "NOT-ADDR", .display_text = "ip:port",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-laddr", .token = "NOT-LADDR", .display_text = "ip:port",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-name", .token = "NOT-NAME", .display_text = "not-name",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-flags", .token = "NOT-FLAGS", .display_text = "not-flags",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-lib-name", .token = "NOT-LIB-NAME", .display_text = "not-lib-name",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-lib-ver", .token = "NOT-LIB-VER", .display_text = "not-lib-ver",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-db", .type = ArgumentType::kInteger, .token = "NOT-DB",
     .display_text = "not-db", .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-capa", .token = "NOT-CAPA", .display_text = "not-capa",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-ip", .token = "NOT-IP", .display_text = "not-ip", .since = "9.0.0",
     .flags = Argument::kOptional}};

constexpr Argument kClientKillFilterArguments[] = {
    {.name = "old-format", .display_text = "ip:port", .deprecated_since = "2.8.12"},
    {.name = "new-format", .type = ArgumentType::kOneOf, .flags = Argument::kMultiple,
     .arguments = kClientKillFilterNewFormatArguments}};

constexpr Argument kClientKillArguments[] = {
    {.name = "filter", .type = ArgumentType::kOneOf,
     .arguments = kClientKillFilterArguments}};

constexpr HistoryItem kClientListHistory[] = {
    {"2.8.12", "The field id."},
    {"5.0.0", "The filter TYPE."},
    {"6.0.0", "The field user."},
    {"6.2.0", "The fields argv-mem, tot-mem, laddr and redir; the filter ID."},
    {"7.0.0", "The fields resp, multi-mem, rbs and rbp."},
    {"7.0.3", "The field ssub."},
    {"8.0.0", "The type primary, of which master is the old name."},
    {"8.1.0", "The filters USER, ADDR, LADDR, SKIPME and MAXAGE."},
    {"9.0.0", "More filters, and the negated ones beginning with NOT."}};

constexpr Argument kClientListClientTypeArguments[] = {
    {.name = "normal", .type = ArgumentType::kPureToken, .token = "NORMAL",
     .display_text = "normal"},
    {.name = "master", .type = ArgumentType::kPureToken, .token = "MASTER",
     .display_text = "master"},
    {.name = "replica", .type = ArgumentType::kPureToken, .token = "REPLICA",
     .display_text = "replica"},
    {.name = "pubsub", .type = ArgumentType::kPureToken, .token = "PUBSUB",
     .display_text = "pubsub"}};

constexpr Argument kClientListArguments[] = {
    {.name = "client-type", .type = ArgumentType::kOneOf, .token = "TYPE",
     .since = "5.0.0", .flags = Argument::kOptional,
     .arguments = kClientListClientTypeArguments},
    {.name = "client-id", .type = ArgumentType::kInteger, .token = "ID",
     .display_text = "client-id", .since = "6.2.0",
     .flags = Argument::kOptional | Argument::kMultiple},
    {.name = "username", .token = "USER", .display_text = "username", .since = "8.1.0",
     .flags = Argument::kOptional},
    {.name = "addr", .token = "ADDR", .display_text = "ip:port", .since = "8.1.0",
     .flags = Argument::kOptional},
    {.name = "laddr", .token = "LADDR", .display_text = "ip:port", .since = "8.1.0",
     .flags = Argument::kOptional},
    {.name = "skipme", .type = ArgumentType::kOneOf, .token = "SKIPME", .since = "8.1.0",
     .flags = Argument::kOptional,
     .arguments = kClientKillFilterNewFormatSkipmeArguments},
    {.name = "maxage", .type = ArgumentType::kInteger, .token = "MAXAGE",
     .display_text = "maxage", .since = "8.1.0", .flags = Argument::kOptional},
    {.name = "name", .token = "NAME", .display_text = "name", .since = "9.0.0",
     .flags = Argument::kOptional},
    {.name = "idle", .type = ArgumentType::kInteger, .token = "IDLE",
     .display_text = "idle", .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "flags", .token = "FLAGS", .display_text = "flags", .since = "9.0.0",
     .flags = Argument::kOptional},
    {.name = "lib-name", .token = "LIB-NAME", .display_text = "lib-name",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "lib-ver", .token = "LIB-VER", .display_text = "lib-ver", .since = "9.0.0",
     .flags = Argument::kOptional},
    {.name = "db", .type = ArgumentType::kInteger, .token = "DB", .display_text = "db",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "capa", .token = "CAPA", .display_text = "capa", .since = "9.0.0",
     .flags = Argument::kOptional},
    {.name = "ip", .token = "IP", .display_text = "ip", .since = "9.0.0",
     .flags = Argument::kOptional},
    {.name = "not-client-type", .type = ArgumentType::kOneOf, .token = "NOT-TYPE",
     .since = "9.0.0", .flags = Argument::kOptional,
     .arguments = kClientListClientTypeArguments},
    {.name = "not-client-id", .type = ArgumentType::kInteger, .token = "NOT-ID",
     .display_text = "not-client-id", .since = "9.0.0",
     .flags = Argument::kOptional | Argument::kMultiple},
    {.name = "not-username", .token = "NOT-USER", .display_text = "not-username",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-addr", .token = "NOT-ADDR", .display_text = "ip:port",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-laddr", .token = "NOT-LADDR", .display_text = "ip:port",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-name", .token = "NOT-NAME", .display_text = "not-name",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-flags", .token = "NOT-FLAGS", .display_text = "not-flags",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-lib-name", .token = "NOT-LIB-NAME", .display_text = "not-lib-name",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-lib-ver", .token = "NOT-LIB-VER", .display_text = "not-lib-ver",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-db", .type = ArgumentType::kInteger, .token = "NOT-DB",
     .display_text = "not-db", .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-capa", .token = "NOT-CAPA", .display_text = "not-capa",
     .since = "9.0.0", .flags = Argument::kOptional},
    {.name = "not-ip", .token = "NOT-IP", .display_text = "not-ip", .since = "9.0.0",
     .flags = Argument::kOptional}};

constexpr HistoryItem kClientPauseHistory[] = {
    {"6.2.0", "The mode: WRITE or ALL."}};

constexpr Argument kClientPauseModeArguments[] = {
    {.name = "write", .type = ArgumentType::kPureToken, .token = "WRITE",
     .display_text = "write"},
    {.name = "all", .type = ArgumentType::kPureToken, .token = "ALL",
     .display_text = "all"}};

constexpr Argument kClientPauseArguments[] = {
    {.name = "timeout", .type = ArgumentType::kInteger, .display_text = "timeout"},
    {.name = "mode", .type = ArgumentType::kOneOf, .since = "6.2.0",
     .flags = Argument::kOptional, .arguments = kClientPauseModeArguments}};

constexpr Argument kClientReplyActionArguments[] = {
    {.name = "on", .type = ArgumentType::kPureToken, .token = "ON", .display_text = "on"},
    {.name = "off", .type = ArgumentType::kPureToken, .token = "OFF",
     .display_text = "off"},
    {.name = "skip", .type = ArgumentType::kPureToken, .token = "SKIP",
     .display_text = "skip"}};

constexpr Argument kClientReplyArguments[] = {
    {.name = "action", .type = ArgumentType::kOneOf,
     .arguments = kClientReplyActionArguments}};

constexpr std::string_view kClientSetinfoTips[] = {
    "request_policy:all_nodes",
    "response_policy:all_succeeded"};

constexpr Argument kClientSetinfoAttrArguments[] = {
    {.name = "libname", .token = "LIB-NAME", .display_text = "libname"},
    {.name = "libver", .token = "LIB-VER", .display_text = "libver"}};

constexpr Argument kClientSetinfoArguments[] = {
    {.name = "attr", .type = ArgumentType::kOneOf,
     .arguments = kClientSetinfoAttrArguments}};

constexpr Argument kClientSetnameArguments[] = {
    {.name = "connection-name", .display_text = "connection-name"}};

constexpr Argument kClientUnblockUnblockTypeArguments[] = {
    {.name = "timeout", .type = ArgumentType::kPureToken, .token = "TIMEOUT",
     .display_text = "timeout"},
    {.name = "error", .type = ArgumentType::kPureToken, .token = "ERROR",
     .display_text = "error"}};

constexpr Argument kClientUnblockArguments[] = {
    {.name = "client-id", .type = ArgumentType::kInteger, .display_text = "client-id"},
    {.name = "unblock-type", .type = ArgumentType::kOneOf, .flags = Argument::kOptional,
     .arguments = kClientUnblockUnblockTypeArguments}};

constexpr CommandSpec kClientSubcommands[] = {
    {.name = "client|capa", .arity = -3,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kAllowBusy, .acl = Acl::kSlow | Acl::kConnection,
     .group = "connection", .since = "8.0.0",
     .summary = "Tells the server what the client is able to do.", .complexity = "O(1)",
     .arguments = kClientCapaArguments, .handler = &commands::ClientCapa},
    {.name = "client|getname", .arity = 2,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kAllowBusy, .acl = Acl::kSlow | Acl::kConnection,
     .group = "connection", .since = "2.6.9",
     .summary = "Returns the name of the connection.", .complexity = "O(1)",
     .handler = &commands::ClientGetname},
    {.name = "client|help", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale,
     .acl = Acl::kSlow | Acl::kConnection, .group = "connection", .since = "5.0.0",
     .summary = "Lists the subcommands.", .complexity = "O(1)",
     .handler = &commands::ClientHelp},
    {.name = "client|id", .arity = 2,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kAllowBusy, .acl = Acl::kSlow | Acl::kConnection,
     .group = "connection", .since = "5.0.0",
     .summary = "Returns the number of the connection.", .complexity = "O(1)",
     .handler = &commands::ClientId},
    {.name = "client|import-source", .arity = 3,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale,
     .acl = Acl::kSlow | Acl::kConnection, .group = "connection", .since = "8.1.0",
     .summary = "Marks the connection as one that imports data, to which expired keys stay visible.",
     .complexity = "O(1)", .arguments = kClientImportSourceArguments,
     .handler = &commands::ClientImportSource},
    {.name = "client|info", .arity = 2,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale,
     .acl = Acl::kSlow | Acl::kConnection, .group = "connection", .since = "6.2.0",
     .summary = "Describes this connection.", .complexity = "O(1)",
     .tips = kClientInfoTips, .handler = &commands::ClientInfo},
    {.name = "client|kill", .arity = -3,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous | Acl::kConnection,
     .group = "connection", .since = "2.4.0",
     .summary = "Closes the connections that match.",
     .complexity = "O(N) with N the connections.", .history = kClientKillHistory,
     .arguments = kClientKillArguments, .handler = &commands::ClientKill},
    {.name = "client|list", .arity = -2,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous | Acl::kConnection,
     .group = "connection", .since = "2.4.0",
     .summary = "Describes the open connections.",
     .complexity = "O(N) with N the connections.", .history = kClientListHistory,
     .tips = kClientInfoTips, .arguments = kClientListArguments,
     .handler = &commands::ClientList},
    {.name = "client|no-evict", .arity = 3,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kAllowBusy,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous | Acl::kConnection,
     .group = "connection", .since = "7.0.0",
     .summary = "Exempts the connection from being closed to save memory.",
     .complexity = "O(1)", .arguments = kClientImportSourceArguments,
     .handler = &commands::ClientNoEvict},
    {.name = "client|no-touch", .arity = 3,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kAllowBusy, .acl = Acl::kSlow | Acl::kConnection,
     .group = "connection", .since = "7.2.0",
     .summary = "Lets the connection's commands leave the use times of keys alone.",
     .complexity = "O(1)", .arguments = kClientImportSourceArguments,
     .handler = &commands::ClientNoTouch},
    {.name = "client|pause", .arity = -3,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous | Acl::kConnection,
     .group = "connection", .since = "3.0.0",
     .summary = "Holds the commands of all connections back for some time.",
     .complexity = "O(1)", .history = kClientPauseHistory,
     .arguments = kClientPauseArguments, .handler = &commands::ClientPause},
    {.name = "client|reply", .arity = 3,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kNoMulti | CommandFlag::kAllowBusy,
     .acl = Acl::kSlow | Acl::kConnection, .group = "connection", .since = "3.2.0",
     .summary = "Turns the replies to this connection on, off, or off once.",
     .complexity = "O(1)", .arguments = kClientReplyArguments,
     .handler = &commands::ClientReply},
    {.name = "client|setinfo", .arity = 4,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kAllowBusy, .acl = Acl::kSlow | Acl::kConnection,
     .group = "connection", .since = "7.2.0",
     .summary = "Records the name or the version of the client's library.",
     .complexity = "O(1)", .tips = kClientSetinfoTips,
     .arguments = kClientSetinfoArguments, .handler = &commands::ClientSetinfo},
    {.name = "client|setname", .arity = 3,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kAllowBusy, .acl = Acl::kSlow | Acl::kConnection,
     .group = "connection", .since = "2.6.9", .summary = "Names the connection.",
     .complexity = "O(1)", .tips = kClientSetinfoTips,
     .arguments = kClientSetnameArguments, .handler = &commands::ClientSetname},
    {.name = "client|unblock", .arity = -3,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous | Acl::kConnection,
     .group = "connection", .since = "5.0.0",
     .summary = "Wakes up a connection that waits in a blocking command.",
     .complexity = "O(log N) with N the connections.",
     .arguments = kClientUnblockArguments, .handler = &commands::ClientUnblock},
    {.name = "client|unpause", .arity = 2,
     .flags = CommandFlag::kAdmin | CommandFlag::kNoScript | CommandFlag::kLoading |
         CommandFlag::kStale | CommandFlag::kGate,
     .acl = Acl::kAdmin | Acl::kSlow | Acl::kDangerous | Acl::kConnection,
     .group = "connection", .since = "6.2.0", .summary = "Ends a CLIENT PAUSE.",
     .complexity = "O(N) with N the connections held back.",
     .handler = &commands::ClientUnpause}};

constexpr Argument kEchoArguments[] = {
    {.name = "message", .display_text = "message"}};

constexpr HistoryItem kHelloHistory[] = {
    {"8.1.0", "The field availability_zone in the reply, where it is configured."},
    {"6.2.0", "The protocol version became optional."}};

constexpr Argument kHelloArgumentsAuthArguments[] = {
    {.name = "username", .display_text = "username"},
    {.name = "password", .display_text = "password"}};

constexpr Argument kHelloArgumentsArguments[] = {
    {.name = "protover", .type = ArgumentType::kInteger, .display_text = "protover"},
    {.name = "auth", .type = ArgumentType::kBlock, .token = "AUTH",
     .flags = Argument::kOptional, .arguments = kHelloArgumentsAuthArguments},
    {.name = "clientname", .token = "SETNAME", .display_text = "clientname",
     .flags = Argument::kOptional}};

constexpr Argument kHelloArguments[] = {
    {.name = "arguments", .type = ArgumentType::kBlock, .flags = Argument::kOptional,
     .arguments = kHelloArgumentsArguments}};

constexpr std::string_view kPingTips[] = {
    "request_policy:all_shards",
    "response_policy:all_succeeded"};

constexpr Argument kPingArguments[] = {
    {.name = "message", .display_text = "message", .flags = Argument::kOptional}};

constexpr Argument kSelectArguments[] = {
    {.name = "index", .type = ArgumentType::kInteger, .display_text = "index"}};

constexpr CommandSpec kConnectionRows[] = {
    {.name = "auth", .arity = -2,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kFast | CommandFlag::kNoAuth | CommandFlag::kAllowBusy,
     .acl = Acl::kFast | Acl::kConnection, .group = "connection", .since = "1.0.0",
     .summary = "Logs the connection in.",
     .complexity = "O(N) with N the passwords of the user.", .history = kAuthHistory,
     .arguments = kAuthArguments, .handler = &commands::Auth},
    {.name = "client", .arity = -2, .acl = 0u | Acl::kSlow, .group = "connection",
     .since = "2.4.0", .summary = "Groups the commands about connections.",
     .complexity = "Depends on the subcommand.", .subcommands = kClientSubcommands},
    {.name = "echo", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale | CommandFlag::kFast,
     .acl = Acl::kFast | Acl::kConnection, .group = "connection", .since = "1.0.0",
     .summary = "Returns its argument.", .complexity = "O(1)",
     .arguments = kEchoArguments, .handler = &commands::Echo},
    {.name = "hello", .arity = -1,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kFast | CommandFlag::kNoAuth | CommandFlag::kAllowBusy,
     .acl = Acl::kFast | Acl::kConnection, .group = "connection", .since = "6.0.0",
     .summary = "Chooses the protocol of the connection, and can log in and name it.",
     .complexity = "O(1)", .history = kHelloHistory, .arguments = kHelloArguments,
     .handler = &commands::Hello},
    {.name = "ping", .arity = -1, .flags = 0u | CommandFlag::kFast,
     .acl = Acl::kFast | Acl::kConnection, .group = "connection", .since = "1.0.0",
     .summary = "Answers PONG, or the argument.", .complexity = "O(1)",
     .tips = kPingTips, .arguments = kPingArguments, .handler = &commands::Ping},
    {.name = "quit", .arity = -1,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kFast | CommandFlag::kNoAuth | CommandFlag::kAllowBusy,
     .acl = Acl::kFast | Acl::kConnection, .group = "connection", .since = "1.0.0",
     .summary = "Closes the connection.", .complexity = "O(1)",
     .handler = &commands::Quit},
    {.name = "reset", .arity = 1,
     .flags = CommandFlag::kNoScript | CommandFlag::kLoading | CommandFlag::kStale |
         CommandFlag::kFast | CommandFlag::kNoAuth | CommandFlag::kAllowBusy,
     .acl = Acl::kFast | Acl::kConnection, .group = "connection", .since = "6.2.0",
     .summary = "Brings the connection back to the state of a new one.",
     .complexity = "O(1)", .handler = &commands::Reset},
    {.name = "select", .arity = 2,
     .flags = CommandFlag::kLoading | CommandFlag::kStale | CommandFlag::kFast |
         CommandFlag::kAllowBusy, .acl = Acl::kFast | Acl::kConnection,
     .group = "connection", .since = "1.0.0",
     .summary = "Chooses the database of the connection.", .complexity = "O(1)",
     .arguments = kSelectArguments, .handler = &commands::Select}};
// clang-format on

}  // namespace

std::span<const CommandSpec> ConnectionCommands() {
  return kConnectionRows;
}

}  // namespace skarn

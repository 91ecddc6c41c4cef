// SPDX-License-Identifier: BSD-3-Clause
//
// Error replies, byte for byte as clients know them; tests compare them. Texts with a
// variable part are functions below the constants.
#pragma once

#include <string>

#include "base/bytes.h"
#include "resp/reply_error.h"

namespace skarn {

class Args;

// Values and arguments.
inline constexpr ErrorText kWrongType =
    "-WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr ErrorText kSyntaxError = "-ERR syntax error";
inline constexpr ErrorText kNotAnInteger = "-ERR value is not an integer or out of range";
inline constexpr ErrorText kNotAFloat = "-ERR value is not a valid float";
inline constexpr ErrorText kMinOrMaxNotAFloat = "-ERR min or max is not a float";
inline constexpr ErrorText kMinOrMaxNotALexRange =
    "-ERR min or max not valid string range item";
inline constexpr ErrorText kNotPositive = "-ERR value is out of range, must be positive";
inline constexpr ErrorText kOutOfRange = "-ERR value is out of range";
inline constexpr ErrorText kIndexOutOfRange = "-ERR index out of range";
inline constexpr ErrorText kOffsetOutOfRange = "-ERR offset is out of range";
inline constexpr ErrorText kStringTooLong =
    "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr ErrorText kNoSuchKey = "-ERR no such key";
inline constexpr ErrorText kOverflow = "-ERR increment or decrement would overflow";
inline constexpr ErrorText kDecrementOverflow = "-ERR decrement would overflow";
inline constexpr ErrorText kNanOrInfinity =
    "-ERR increment would produce NaN or Infinity";
inline constexpr ErrorText kScoreNan = "-ERR resulting score is not a number (NaN)";
inline constexpr ErrorText kHashValueNotAnInteger = "-ERR hash value is not an integer";
inline constexpr ErrorText kHashValueNotAFloat = "-ERR hash value is not a float";
inline constexpr ErrorText kFieldCountMismatch =
    "-ERR numfields should be greater than 0 and match the provided number of fields";
inline constexpr ErrorText kFieldNxWithOthers =
    "-ERR NX and XX, GT or LT options at the same time are not compatible";
inline constexpr ErrorText kGtAndLtTogether =
    "-ERR GT and LT options at the same time are not compatible";
inline constexpr ErrorText kIncrementNotFinite = "-ERR value is NaN or Infinity";
inline constexpr ErrorText kRandomCountOutOfRange =
    "-ERR value is out of range, value must between -9223372036854775807 and "
    "9223372036854775807";
inline constexpr ErrorText kBitNotBoolean = "-ERR bit is not an integer or out of range";
inline constexpr ErrorText kBitOffset =
    "-ERR bit offset is not an integer or out of range";
inline constexpr ErrorText kBadBitArgument = "-ERR The bit argument must be 1 or 0.";
inline constexpr ErrorText kTimeoutNotAFloat =
    "-ERR timeout is not a float or out of range";
inline constexpr ErrorText kTimeoutOutOfRange = "-ERR timeout is out of range";
inline constexpr ErrorText kTimeoutNegative = "-ERR timeout is negative";
inline constexpr ErrorText kTimeoutNotAnInteger =
    "-ERR timeout is not an integer or out of range";
inline constexpr ErrorText kBadCursor = "-ERR invalid cursor";
inline constexpr ErrorText kBusyKey = "-BUSYKEY Target key name already exists.";
inline constexpr ErrorText kBadDumpPayload =
    "-ERR DUMP payload version or checksum are wrong";
inline constexpr ErrorText kBadDataFormat = "-ERR Bad data format";
inline constexpr ErrorText kDbIndexOutOfRange = "-ERR DB index is out of range";
inline constexpr ErrorText kSameObject =
    "-ERR source and destination objects are the same";
inline constexpr ErrorText kNumkeysNotPositive = "-ERR numkeys should be greater than 0";
inline constexpr ErrorText kCountNotPositive = "-ERR count should be greater than 0";
inline constexpr ErrorText kLimitNegative = "-ERR LIMIT can't be negative";
inline constexpr ErrorText kNxAndXxTogether =
    "-ERR XX and NX options at the same time are not compatible";
inline constexpr ErrorText kGtLtNxTogether =
    "-ERR GT, LT, and/or NX options at the same time are not compatible";

// The gate.
inline constexpr ErrorText kNoAuth = "-NOAUTH Authentication required.";
inline constexpr ErrorText kWrongPass =
    "-WRONGPASS invalid username-password pair or user is disabled.";
inline constexpr ErrorText kNoPasswordSet =
    "-ERR AUTH <password> called without any password configured for the default user. "
    "Are you sure your configuration is correct?";
inline constexpr ErrorText kNoPermKey = "-NOPERM No permissions to access a key";
inline constexpr ErrorText kNoPermChannel = "-NOPERM No permissions to access a channel";
inline constexpr ErrorText kNoPermDatabase = "-NOPERM No permissions to access database";
inline constexpr ErrorText kOom =
    "-OOM command not allowed when used memory > 'maxmemory'.";
inline constexpr ErrorText kMisconfSave =
    "-MISCONF Valkey is configured to save RDB snapshots, but it's currently unable to "
    "persist to disk. Commands that may modify the data set are disabled, because this "
    "instance is configured to report errors during writes if RDB snapshotting fails "
    "(stop-writes-on-bgsave-error option). Please check the Valkey logs for details "
    "about "
    "the RDB error.";
inline constexpr ErrorText kLoading = "-LOADING Valkey is loading the dataset in memory";
inline constexpr ErrorText kReadOnly =
    "-READONLY You can't write against a read only replica.";
inline constexpr ErrorText kMasterDown =
    "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
inline constexpr ErrorText kNoReplicas = "-NOREPLICAS Not enough good replicas to write.";
inline constexpr ErrorText kReplicaLink = "-ERR Replica can't interact with the keyspace";
inline constexpr ErrorText kBusyScript =
    "-BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN "
    "NOSAVE.";
inline constexpr ErrorText kNoScript = "-NOSCRIPT No matching script.";
inline constexpr ErrorText kNotBusy = "-NOTBUSY No scripts in execution right now.";
inline constexpr ErrorText kUnblocked = "-UNBLOCKED client unblocked via CLIENT UNBLOCK";
inline constexpr ErrorText kUnblockedRoleChange =
    "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> "
    "replica?)";
inline constexpr ErrorText kNoProto = "-NOPROTO unsupported protocol version";
inline constexpr ErrorText kHelloNotAnInteger =
    "-ERR Protocol version is not an integer or out of range";
inline constexpr ErrorText kHelloNoAuth =
    "-NOAUTH HELLO must be called with the client already authenticated, otherwise the "
    "HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and "
    "select the RESP protocol version at the same time";

// Transactions.
inline constexpr ErrorText kExecAbort =
    "-EXECABORT Transaction discarded because of previous errors.";
inline constexpr ErrorText kExecWithoutMulti = "-ERR EXEC without MULTI";
inline constexpr ErrorText kDiscardWithoutMulti = "-ERR DISCARD without MULTI";

// Cluster.
inline constexpr ErrorText kCrossSlot =
    "-CROSSSLOT Keys in request don't hash to the same slot";
inline constexpr ErrorText kClusterDown = "-CLUSTERDOWN The cluster is down";
inline constexpr ErrorText kClusterDownReadOnly =
    "-CLUSTERDOWN The cluster is down and only accepts read commands";
inline constexpr ErrorText kSlotUnbound = "-CLUSTERDOWN Hash slot not served";
inline constexpr ErrorText kTryAgain =
    "-TRYAGAIN Multiple keys request during rehashing of slot";
inline constexpr ErrorText kClusterDisabled =
    "-ERR This instance has cluster support disabled";

// Protocol errors; the connection closes behind them.
inline constexpr ErrorText kTooBigInline = "-ERR Protocol error: too big inline request";
inline constexpr ErrorText kUnbalancedQuotes =
    "-ERR Protocol error: unbalanced quotes in request";
inline constexpr ErrorText kTooBigArrayHeader =
    "-ERR Protocol error: too big mbulk count string";
inline constexpr ErrorText kBadArrayLength =
    "-ERR Protocol error: invalid multibulk length";
inline constexpr ErrorText kUnauthenticatedArrayLength =
    "-ERR Protocol error: unauthenticated multibulk length";
inline constexpr ErrorText kTooBigBulkHeader =
    "-ERR Protocol error: too big bulk count string";
inline constexpr ErrorText kBadBulkLength = "-ERR Protocol error: invalid bulk length";
inline constexpr ErrorText kUnauthenticatedBulkLength =
    "-ERR Protocol error: unauthenticated bulk length";
inline constexpr ErrorText kBadLineEnd = "-ERR Protocol error: invalid CRLF in request";

// `command` has the form of ACL names, in lower case: "config|get".
ReplyError WrongArgumentCount(Bytes command);
ReplyError InvalidExpireTime(Bytes command);
ReplyError NotInMulti(Bytes command);
ReplyError NoPermCommand(Bytes user, Bytes command);

// Quotes the start of the request's words.
ReplyError UnknownCommand(const Args& args);
// `container` is the command that has subcommands; it is shown in capitals.
ReplyError UnknownSubcommand(Bytes container, Bytes subcommand);

}  // namespace skarn

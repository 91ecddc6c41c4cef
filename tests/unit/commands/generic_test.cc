// SPDX-License-Identifier: BSD-3-Clause
#include "commands/generic.h"

#include <gtest/gtest.h>

#include "commands/families.h"
#include "commands/scan_options.h"
#include "tests/unit/commands/command_harness.h"

namespace skarn {
namespace {

using Events = std::vector<std::string>;

constexpr char kNull[] = "$-1\r\n";
constexpr char kOkReply[] = "+OK\r\n";
constexpr char kNoReply[] = ":0\r\n";
constexpr char kYesReply[] = ":1\r\n";

std::string Bulk(const std::string& value) {
  return "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
}
std::string Number(int64_t value) {
  return ":" + std::to_string(value) + "\r\n";
}

// The payload in a reply of DUMP.
std::string Payload(const std::string& reply) {
  const size_t begin = reply.find('\n') + 1;
  return reply.substr(begin, reply.size() - begin - 2);
}

class GenericCommandTest : public testing::Test {
 protected:
  std::string Run(Bytes line) { return harness.Run(line); }
  std::string RunWords(const std::vector<std::string>& words) {
    return harness.RunWords(words);
  }
  std::string EncodingOf(const std::string& key) {
    return RunWords({"OBJECT", "ENCODING", key});
  }
  // A hash of `count` fields in a table.
  void PutTable(Bytes name, int count, int64_t field_expiry = Field::kNoExpiry) {
    auto table = std::make_unique<HashTable>();
    for (int i = 0; i < count; ++i) {
      table->Set("field" + std::to_string(i), std::to_string(i), field_expiry);
    }
    const Key key = MakeKey(name);
    Found found = harness.view().FindForWrite(key);
    harness.view().PutTable(key, found, table.release(), kNoExpiry);
  }
  const Entry* EntryOf(Bytes name) { return harness.view().Peek(MakeKey(name)); }

  CommandHarness harness{StringCommands(), GenericCommands()};
};

TEST_F(GenericCommandTest, DelCountsKeysThatWereThere) {
  Run("MSET a 1 b 2");
  EXPECT_EQ(Run("DEL a nokey b a"), Number(2));
  EXPECT_EQ(harness.events, (Events{"del:a", "del:b"}));
  EXPECT_EQ(harness.changes, 2u);
  EXPECT_EQ(Run("UNLINK a b"), kNoReply);
}

TEST_F(GenericCommandTest, ExistsCountsRepeatedKeysAndHits) {
  Run("SET a 1");
  EXPECT_EQ(Run("EXISTS a a b"), Number(2));
  EXPECT_EQ(harness.events, Events{"keymiss:b"});
  EXPECT_EQ(harness.view().stats().hits, 2u);
  EXPECT_EQ(harness.view().stats().misses, 1u);
  EXPECT_EQ(Run("TOUCH a a b"), Number(2));
}

TEST_F(GenericCommandTest, TypeNamesTheType) {
  Run("SET a 1");
  PutTable("h", 1);
  EXPECT_EQ(Run("TYPE a"), "+string\r\n");
  EXPECT_EQ(Run("TYPE h"), "+hash\r\n");
  EXPECT_EQ(Run("TYPE nokey"), "+none\r\n");
}

TEST_F(GenericCommandTest, AnExpiredKeyIsGoneForReadersAndWriters) {
  Run("SET a 1 PX 10");
  harness.Sleep(11);
  EXPECT_EQ(Run("EXISTS a"), kNoReply);
  EXPECT_EQ(harness.events, (Events{"expired:a", "keymiss:a"}));
  Run("SET a 1 PX 10");
  harness.Sleep(11);
  EXPECT_EQ(Run("DEL a"), kNoReply);
  EXPECT_EQ(harness.events, Events{"expired:a"});
}

// ---- renaming, moving, copying
// ---------------------------------------------------------

TEST_F(GenericCommandTest, RenameTakesValueAndExpiryAlong) {
  Run("SET a 1 PX 5000");
  EXPECT_EQ(Run("RENAME a b"), kOkReply);
  EXPECT_EQ(harness.events, (Events{"new:b", "rename_from:a", "rename_to:b"}));
  EXPECT_EQ(harness.changes, 1u);
  EXPECT_EQ(Run("GET b"), Bulk("1"));
  EXPECT_EQ(Run("PTTL b"), Number(5000));
  EXPECT_EQ(Run("EXISTS a"), kNoReply);
}

TEST_F(GenericCommandTest, RenameReplacesAnyValue) {
  PutTable("h", 100);
  Run("SET b 1 PX 5000");
  EXPECT_EQ(Run("RENAME h b"), kOkReply);
  EXPECT_EQ(Run("TYPE b"), "+hash\r\n");
  EXPECT_EQ(Run("TTL b"), Number(-1));
  EXPECT_EQ(EntryOf("b")->table()->size(), 100u);
  EXPECT_EQ(Run("RENAME nokey b"), "-ERR no such key\r\n");
}

TEST_F(GenericCommandTest, RenamingToItselfChangesNothing) {
  Run("SET a 1");
  EXPECT_EQ(Run("RENAME a a"), kOkReply);
  EXPECT_TRUE(harness.events.empty());
  EXPECT_EQ(Run("RENAMENX a a"), kNoReply);
  EXPECT_EQ(harness.changes, 0u);
  EXPECT_EQ(Run("RENAME nokey nokey"), "-ERR no such key\r\n");
}

TEST_F(GenericCommandTest, RenamenxLeavesAnExistingKey) {
  Run("MSET a 1 b 2");
  EXPECT_EQ(Run("RENAMENX a b"), kNoReply);
  EXPECT_EQ(Run("RENAMENX a c"), kYesReply);
  EXPECT_EQ(Run("MGET a b c"), "*3\r\n$-1\r\n$1\r\n2\r\n$1\r\n1\r\n");
}

TEST_F(GenericCommandTest, CopiesAreTheirOwn) {
  PutTable("h", 100);
  EXPECT_EQ(Run("COPY h g"), kYesReply);
  EXPECT_EQ(harness.events, (Events{"new:g", "copy_to:g"}));
  EXPECT_NE(EntryOf("h")->table(), EntryOf("g")->table());
  Run("DEL h");
  EXPECT_EQ(EntryOf("g")->table()->Find("field7")->value(), "7");
}

TEST_F(GenericCommandTest, CopyKeepsExpiryAndReplacesWhenAsked) {
  Run("SET a 1 PX 5000");
  Run("SET b 2");
  EXPECT_EQ(Run("COPY a b"), kNoReply);
  EXPECT_EQ(Run("COPY a b REPLACE"), kYesReply);
  EXPECT_EQ(harness.events, (Events{"new:b", "copy_to:b"}));
  EXPECT_EQ(Run("PTTL b"), Number(5000));
  EXPECT_EQ(Run("COPY nokey b"), kNoReply);
  EXPECT_EQ(harness.events, Events{"keymiss:nokey"});
}

TEST_F(GenericCommandTest, CopyAndMoveNameTheirDatabase) {
  constexpr char kSame[] = "-ERR source and destination objects are the same\r\n";
  constexpr char kRange[] = "-ERR DB index is out of range\r\n";
  Run("SET a 1");
  EXPECT_EQ(Run("COPY a a"), kSame);
  EXPECT_EQ(Run("COPY a a DB 0"), kSame);
  EXPECT_EQ(Run("COPY a b DB 16"), kRange);
  EXPECT_EQ(Run("COPY a b DB"), "-ERR syntax error\r\n");
  EXPECT_EQ(Run("COPY a a DB 1"), kYesReply);
  EXPECT_EQ(Run("COPY a a DB 1"), kNoReply);
  EXPECT_EQ(Run("MOVE a 0"), kSame);
  EXPECT_EQ(Run("MOVE a -1"), kRange);
  EXPECT_EQ(Run("MOVE a x"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(Run("MOVE a 99999999999"),
            "-ERR value is out of range, value must between -2147483648 and "
            "2147483647\r\n");
  EXPECT_EQ(Run("MOVE a 1"), kNoReply);
  EXPECT_EQ(Run("MOVE a 2"), kYesReply);
  EXPECT_EQ(harness.events, (Events{"new:a", "move_from:a", "move_to:a"}));
  EXPECT_EQ(Run("EXISTS a"), kNoReply);
}

// ---- expiry
// ----------------------------------------------------------------------------

TEST_F(GenericCommandTest, ExpiryIsReadInEveryForm) {
  Run("SET a 1");
  EXPECT_EQ(Run("TTL a"), Number(-1));
  EXPECT_EQ(Run("TTL nokey"), Number(-2));
  EXPECT_EQ(Run("PEXPIRE a 1499"), kYesReply);
  EXPECT_EQ(harness.events, Events{"expire:a"});
  EXPECT_EQ(Run("TTL a"), Number(1));
  EXPECT_EQ(Run("PTTL a"), Number(1499));
  EXPECT_EQ(Run("PEXPIRETIME a"), Number(CommandHarness::kStart + 1499));
  EXPECT_EQ(Run("EXPIRE a 1500"), kYesReply);
  EXPECT_EQ(Run("TTL a"), Number(1500));
  EXPECT_EQ(Run("EXPIRETIME a"), Number(CommandHarness::kStart / 1000 + 1500));
  EXPECT_EQ(Run("PEXPIREAT a 9223372036854775807"), kYesReply);
  EXPECT_EQ(Run("EXPIRETIME a"), Number(9223372036854776));
  EXPECT_EQ(Run("PERSIST a"), kYesReply);
  EXPECT_EQ(harness.events, Events{"persist:a"});
  EXPECT_EQ(Run("PERSIST a"), kNoReply);
}

TEST_F(GenericCommandTest, APastExpiryExpiresAtOnce) {
  for (const char* command :
       {"EXPIRE a 0", "EXPIRE a -1", "PEXPIRE a -9223372036854775808", "EXPIREAT a 1",
        "PEXPIREAT a -1"}) {
    Run("SET a 1");
    EXPECT_EQ(Run(command), kYesReply) << command;
    EXPECT_EQ(harness.events, Events{"expired:a"});
    EXPECT_EQ(harness.changes, 1u);
    EXPECT_EQ(Run("EXISTS a"), kNoReply);
  }
}

TEST_F(GenericCommandTest, ExpiryConditionsAreKept) {
  Run("SET a 1");
  EXPECT_EQ(Run("EXPIRE a 10 XX"), kNoReply);
  EXPECT_EQ(Run("EXPIRE a 10 GT"), kNoReply);
  EXPECT_EQ(Run("EXPIRE a 10 LT"), kYesReply);
  EXPECT_EQ(Run("EXPIRE a 20 NX"), kNoReply);
  EXPECT_EQ(Run("EXPIRE a 10 GT"), kNoReply);
  EXPECT_EQ(Run("EXPIRE a 10 LT"), kNoReply);
  EXPECT_EQ(Run("EXPIRE a 20 xx gt"), kYesReply);
  EXPECT_EQ(Run("EXPIRE a -1 GT"), kNoReply);
  EXPECT_EQ(Run("EXPIRE a -1 LT"), kYesReply);
}

TEST_F(GenericCommandTest, ExpiryArgumentsAreChecked) {
  constexpr char kNotInteger[] = "-ERR value is not an integer or out of range\r\n";
  EXPECT_EQ(Run("EXPIRE nokey x"), kNotInteger);
  EXPECT_EQ(Run("EXPIRE nokey x FOO"), "-ERR Unsupported option FOO\r\n");
  EXPECT_EQ(Run("EXPIRE nokey 1 NX XX"),
            "-ERR NX and XX, GT or LT options at the same time are not compatible\r\n");
  EXPECT_EQ(Run("EXPIRE nokey 1 GT LT"),
            "-ERR GT and LT options at the same time are not compatible\r\n");
  for (const std::string time :
       {"9223372036854775", "9223372036854775807", "-9223372036854775808"}) {
    EXPECT_EQ(Run("EXPIRE nokey " + time),
              "-ERR invalid expire time in 'expire' command\r\n");
  }
  EXPECT_EQ(Run("PEXPIRE nokey 9223372036854775807"),
            "-ERR invalid expire time in 'pexpire' command\r\n");
  EXPECT_EQ(Run("EXPIRE nokey -9223372036854775"), kNoReply);
}

// ---- OBJECT
// ----------------------------------------------------------------------------

TEST_F(GenericCommandTest, EncodingFollowsTheReference) {
  const auto encoding = [&](size_t key_size, size_t value_size, bool expires) {
    const std::string key(key_size, 'k');
    Run("DEL " + key);
    RunWords({"SET", key, std::string(value_size, 'x')});
    if (expires) RunWords({"EXPIRE", key, "100"});
    return EncodingOf(key);
  };
  struct Boundary {
    size_t key_size, raw_from, raw_from_with_expiry;
  };
  // Seen at a Valkey 9.1.
  for (const auto& [key_size, raw_from, raw_from_with_expiry] :
       {Boundary{1, 113, 105}, Boundary{31, 83, 75}, Boundary{32, 80, 72},
        Boundary{103, 9, 1}, Boundary{108, 4, 4}, Boundary{111, 1, 1}}) {
    EXPECT_EQ(encoding(key_size, raw_from - 1, false), Bulk("embstr")) << key_size;
    EXPECT_EQ(encoding(key_size, raw_from, false), Bulk("raw")) << key_size;
    EXPECT_EQ(encoding(key_size, raw_from_with_expiry - 1, true), Bulk("embstr"));
    EXPECT_EQ(encoding(key_size, raw_from_with_expiry, true), Bulk("raw"));
  }
}

TEST_F(GenericCommandTest, EncodingOfNumbersAndChangedStrings) {
  Run("SET a 12345");
  EXPECT_EQ(EncodingOf("a"), Bulk("int"));
  Run("SET a 012345");
  EXPECT_EQ(EncodingOf("a"), Bulk("embstr"));
  Run("SET a 1");
  Run("APPEND a 2");
  EXPECT_EQ(EncodingOf("a"), Bulk("raw"));
  Run("RENAME a b");
  Run("COPY b c");
  Run("EXPIRE c 10");
  EXPECT_EQ(EncodingOf("c"), Bulk("raw"));
  Run("SET a 10");
  Run("INCRBYFLOAT a 1");
  EXPECT_EQ(EncodingOf("a"), Bulk("embstr"));
  PutTable("h", 1);
  EXPECT_EQ(EncodingOf("h"), Bulk("hashtable"));
  EXPECT_EQ(EncodingOf("nokey"), kNull);
  EXPECT_EQ(Run("OBJECT REFCOUNT h"), Number(1));
}

TEST_F(GenericCommandTest, IdleTimeEndsWithATouch) {
  Run("SET a 1");
  harness.Sleep(7000);
  EXPECT_EQ(Run("EXISTS a"), kYesReply);
  EXPECT_EQ(Run("OBJECT IDLETIME a"), Number(7));
  Run("TOUCH a");
  EXPECT_EQ(Run("OBJECT IDLETIME a"), Number(0));
  EXPECT_EQ(Run("OBJECT FREQ a").substr(0, 44),
            "-ERR An LFU maxmemory policy is not selected");
}

TEST_F(GenericCommandTest, UseCountIsThatOfLfuPolicies) {
  harness.view().keyspace().policy = EvictionPolicy::kAllKeysLfu;
  harness.SetNow(harness.view().now());
  Run("SET a 1");
  EXPECT_EQ(Run("OBJECT FREQ a"), Number(5));
  const std::string payload = Payload(Run("DUMP a"));
  EXPECT_EQ(RunWords({"RESTORE", "b", "0", payload, "FREQ", "200"}), kOkReply);
  EXPECT_EQ(Run("OBJECT FREQ b"), Number(200));
  harness.Sleep(3 * 60000);
  EXPECT_EQ(Run("OBJECT FREQ b"), Number(197));
  EXPECT_EQ(Run("OBJECT IDLETIME a").substr(0, 40),
            "-ERR An LFU maxmemory policy is selected");
}

// ---- KEYS and the words of SCAN
// --------------------------------------------------------

TEST_F(GenericCommandTest, KeysMatchesLiveNames) {
  Run("MSET one 1 two 2");
  Run("SET three 3 PX 10");
  harness.Sleep(11);
  EXPECT_EQ(Run("KEYS t*"), "*1\r\n$3\r\ntwo\r\n");
  EXPECT_EQ(Run("KEYS one"), "*1\r\n$3\r\none\r\n");
  EXPECT_EQ(Run("KEYS three"), "*0\r\n");
  EXPECT_EQ(Run("KEYS *").substr(0, 4), "*2\r\n");
}

TEST(ScanOptionsTest, CursorsAreReadAsTheReferenceDoes) {
  using commands::ParseScanCursor;
  EXPECT_EQ(ParseScanCursor("0").value(), 0u);
  EXPECT_EQ(ParseScanCursor(" +17").value(), 17u);
  EXPECT_EQ(ParseScanCursor("007").value(), 7u);
  EXPECT_EQ(ParseScanCursor("18446744073709551615").value(), ~uint64_t{0});
  EXPECT_EQ(ParseScanCursor(Bytes("5\0x", 3)).value(), 5u);
  for (const Bytes bad :
       {"", " ", "x", "-1", "1 ", "0x1", "1.0", "18446744073709551616"}) {
    EXPECT_FALSE(ParseScanCursor(bad)) << bad;
  }
}

TEST(ScanOptionsTest, OptionsDependOnWhatIsScanned) {
  using commands::ParseScanOptions;
  using commands::ScanKind;
  const auto error = [](std::initializer_list<Bytes> words, ScanKind kind) {
    const auto options = ParseScanOptions(Args(std::data(words), words.size()), 0, kind);
    return options ? "" : std::string(options.error().text());
  };
  EXPECT_EQ(error({"match", "a*", "COUNT", "1", "type", "Hash"}, ScanKind::kKeys), "");
  EXPECT_EQ(error({"count", "0"}, ScanKind::kKeys), "-ERR syntax error");
  EXPECT_EQ(error({"count"}, ScanKind::kKeys), "-ERR syntax error");
  EXPECT_EQ(error({"count", "x"}, ScanKind::kKeys), std::string(kNotAnInteger.text()));
  EXPECT_EQ(error({"type", "foo"}, ScanKind::kKeys), "-ERR unknown type name 'foo'");
  EXPECT_EQ(error({"type", "hash"}, ScanKind::kFields), "-ERR syntax error");
  EXPECT_EQ(error({"novalues"}, ScanKind::kFields), "");
  EXPECT_EQ(error({"novalues"}, ScanKind::kKeys),
            "-ERR NOVALUES option can only be used in HSCAN");
}

// ---- DUMP and RESTORE
// ------------------------------------------------------------------

TEST_F(GenericCommandTest, RestoreMakesWhatDumpSaw) {
  Run("SET text hello");
  Run("SET number 123456");
  PutTable("table", 100);
  PutTable("expiring", 3, CommandHarness::kStart + 5000);
  EXPECT_EQ(Run("DUMP nokey"), kNull);
  EXPECT_EQ(Payload(Run("DUMP text")).substr(0, 9), Bytes("\0\5hello\x0b\0", 9));
  EXPECT_EQ(Payload(Run("DUMP expiring"))[0], 22);
  for (const std::string key : {"text", "number", "table", "expiring"}) {
    const std::string payload = Payload(Run("DUMP " + key));
    EXPECT_EQ(RunWords({"RESTORE", "copy", "0", payload, "REPLACE"}), kOkReply);
    EXPECT_EQ(harness.events, (Events{"new:copy", "restore:copy"}));
    EXPECT_EQ(Run("TYPE copy"), Run("TYPE " + key));
  }
  EXPECT_EQ(EncodingOf("copy"), Bulk("hashtable"));
  EXPECT_EQ(EntryOf("copy")->table()->Find("field2")->expiry(),
            CommandHarness::kStart + 5000);
}

TEST_F(GenericCommandTest, RestoreChecksItsArgumentsInOrder) {
  Run("SET a 1");
  const std::string good = Payload(Run("DUMP a"));
  const auto restore = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "RESTORE");
    return RunWords(words);
  };
  EXPECT_EQ(restore({"a", "x", "bad", "foo"}), "-ERR syntax error\r\n");
  EXPECT_EQ(restore({"b", "0", good, "IDLETIME", "1", "FREQ", "1"}),
            "-ERR syntax error\r\n");
  EXPECT_EQ(restore({"b", "0", good, "IDLETIME", "-1"}),
            "-ERR Invalid IDLETIME value, must be >= 0\r\n");
  EXPECT_EQ(restore({"b", "0", good, "FREQ", "256"}),
            "-ERR Invalid FREQ value, must be >= 0 and <= 255\r\n");
  EXPECT_EQ(restore({"a", "x", "bad"}), "-BUSYKEY Target key name already exists.\r\n");
  EXPECT_EQ(restore({"b", "-1", "bad"}), "-ERR Invalid TTL value, must be >= 0\r\n");
  EXPECT_EQ(restore({"b", "0", "bad"}),
            "-ERR DUMP payload version or checksum are wrong\r\n");
}

TEST_F(GenericCommandTest, RestoreWithAPastExpiryOnlyDeletes) {
  Run("SET a 1");
  const std::string payload = Payload(Run("DUMP a"));
  EXPECT_EQ(RunWords({"RESTORE", "b", "1", payload, "ABSTTL"}), kOkReply);
  EXPECT_EQ(harness.changes, 0u);
  EXPECT_EQ(RunWords({"RESTORE", "a", "1", payload, "ABSTTL", "REPLACE"}), kOkReply);
  EXPECT_EQ(harness.events, Events{"del:a"});
  EXPECT_EQ(RunWords({"RESTORE", "a", "1000", payload, "IDLETIME", "70"}), kOkReply);
  EXPECT_EQ(Run("PTTL a"), Number(1000));
  EXPECT_EQ(Run("OBJECT IDLETIME a"), Number(70));
}

}  // namespace
}  // namespace skarn

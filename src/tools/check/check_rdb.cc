// SPDX-License-Identifier: BSD-3-Clause
#include "tools/check/check_rdb.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string_view>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/result.h"
#include "persistence/rdb_file.h"
#include "persistence/rdb_format.h"
#include "persistence/rdb_hash.h"
#include "persistence/rdb_reader.h"
#include "persistence/rdb_skip.h"
#include "persistence/rdb_source.h"

namespace skarn {
namespace {

constexpr size_t kReadBytes = size_t{1} << 20;
constexpr size_t kShownTextMax = 128;

constexpr std::string_view kUsage =
    "Usage: skarn-check-rdb FILE\n"
    "       skarn-check-rdb --version | --help\n"
    "\n"
    "Reads the snapshot FILE (of Skarn, Valkey or Redis) to its end, with its checksum,\n"
    "and says what it holds. Exit status: 0 if the file is sound, 1 if not.\n";

// Text of a file on a terminal: no control characters, and not too many.
std::string Shown(Bytes text) {
  std::string shown;
  for (const char c : text.substr(0, kShownTextMax)) {
    const bool is_plain = c >= ' ' && c <= '~';
    shown += is_plain ? std::string(1, c)
                      : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return text.size() > kShownTextMax ? shown + "..." : shown;
}

// Lets every field pass, so that the blobs of a hash are looked into.
class AnyFields final : public RdbHashSink {
 public:
  bool AddField(Bytes, Bytes, int64_t) override { return true; }
};

class Check {
 public:
  // `reader` stands at the start of the file and outlives this.
  explicit Check(RdbReader& reader)
      : reader_(reader),
        file_(reader, {.version_check = RdbVersionCheck::kRelaxed}),
        now_ms_(NowMillis()) {}

  // Reads all of the file.
  Result<> Run() {
    doing_ = "read the header";
    if (auto header = file_.ReadHeader(); !header) return header;
    while (true) {
      doing_ = "read the next record";
      const Result<RdbRecord> record = file_.Next();
      if (!record) return std::unexpected(record.error());
      if (record->kind == RdbRecord::Kind::kEnd) return CheckEnd();
      if (record->kind == RdbRecord::Kind::kKey) {
        if (auto value = CheckKey(*record); !value) return value;
      } else {
        Show(*record);
      }
    }
  }

  // What was being read when Run() failed.
  void ShowPlace() const {
    fmt::print("[additional info] While trying to {}\n", doing_);
    if (key_.empty()) return;
    fmt::print("[additional info] Reading the key '{}'\n", Shown(key_));
    fmt::print("[additional info] Of type {} ({})\n", type_,
               RdbTypeName(type_, reader_.dialect()));
  }

  void ShowTotals() const {
    fmt::print("[info] {} keys read\n", key_count_);
    for (size_t type = 0; type < counts_.size(); ++type) {
      if (counts_[type] == 0) continue;
      fmt::print("[info]   {} of type {} ({})\n", counts_[type], type,
                 RdbTypeName(static_cast<uint8_t>(type), reader_.dialect()));
    }
    fmt::print("[info] {} expires\n", expiry_count_);
    fmt::print("[info] {} already expired\n", expired_count_);
  }

 private:
  Result<> CheckEnd() {
    doing_ = "find the end of the file";
    key_.clear();
    fmt::print("[offset {}] {}\n", reader_.offset(),
               file_.version() >= 5 ? "Checksum OK" : "This version has no checksum");
    const uint64_t end = reader_.offset();
    if (!reader_.AtEnd())
      return Fail(fmt::format("offset {}: bytes behind the end", end));
    return {};
  }

  Result<> CheckKey(const RdbRecord& record) {
    key_ = record.key;
    type_ = record.type;
    doing_ = "read a value";
    ++key_count_;
    ++counts_[record.type];
    if (record.expires_at_ms != kRdbNoExpiry) {
      ++expiry_count_;
      if (record.expires_at_ms < now_ms_) ++expired_count_;
    }
    if (IsRdbHash(record.type, reader_.dialect())) {
      AnyFields fields;
      if (auto read = ReadRdbHash(reader_, record.type, fields); !read) {
        return std::unexpected(read.error());
      }
    } else if (auto skipped = SkipRdbValue(reader_, record.type); !skipped) {
      return skipped;
    }
    key_.clear();
    return {};
  }

  void Show(const RdbRecord& record) {
    using Kind = RdbRecord::Kind;
    if (record.kind == Kind::kAux) {
      fmt::print("[offset {}] AUX FIELD {} = '{}'\n", record.offset, Shown(record.name),
                 Shown(record.value));
    } else if (record.kind == Kind::kSelectDb) {
      fmt::print("[offset {}] Selecting DB ID {}\n", record.offset, record.number);
    } else if (record.kind == Kind::kFunction) {
      fmt::print("[offset {}] Library of functions, {} bytes\n", record.offset,
                 record.value.size());
    } else if (record.kind == Kind::kModuleAux) {
      fmt::print("[offset {}] Data of a module\n", record.offset);
    }
  }

  RdbReader& reader_;
  RdbFileReader file_;
  const int64_t now_ms_;
  std::string_view doing_;
  std::string key_;
  uint8_t type_ = 0;
  uint64_t key_count_ = 0;
  uint64_t expiry_count_ = 0;
  uint64_t expired_count_ = 0;
  std::array<uint64_t, 256> counts_{};
};

int CheckFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    fmt::print(stderr, "Cannot open file {}: {}\n", path,
               FailErrno("open", errno).error().text);
    return 1;
  }
  fmt::print("[offset 0] Checking RDB file {}\n", path);
  FileRdbSource source(fd);
  RdbReader reader(source, kReadBytes);
  Check check(reader);
  const Result<> sound = check.Run();
  close(fd);
  if (sound) {
    fmt::print("[offset {}] \\o/ RDB looks OK! \\o/\n", reader.offset());
  } else {
    fmt::print("--- RDB ERROR DETECTED ---\n");
    fmt::print("{}\n", sound.error().text);
    check.ShowPlace();
  }
  check.ShowTotals();
  return sound ? 0 : 1;
}

}  // namespace

int CheckRdbMain(std::span<const std::string> arguments) {
  const bool is_one = arguments.size() == 1;
  if (is_one && (arguments[0] == "-v" || arguments[0] == "--version")) {
    fmt::print("skarn-check-rdb {}\n", SKARN_VERSION);
    return 0;
  }
  const bool asks_help = is_one && (arguments[0] == "-h" || arguments[0] == "--help");
  if (!is_one || (!asks_help && arguments[0].starts_with("--"))) {
    fmt::print(stderr, "{}", kUsage);
    return 1;
  }
  if (asks_help) {
    fmt::print("{}", kUsage);
    return 0;
  }
  return CheckFile(arguments[0]);
}

}  // namespace skarn

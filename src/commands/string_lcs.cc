// SPDX-License-Identifier: BSD-3-Clause
//
// LCS: the longest common subsequence of two strings, by dynamic programming over
// (size_a + 1) x (size_b + 1) lengths, then a walk back from the end.
#include <algorithm>
#include <memory>
#include <new>

#include "commands/string.h"
#include "commands/string_value.h"

namespace skarn::commands {
namespace {

constexpr ErrorText kNotStrings = "-ERR The specified keys must contain string values";
constexpr ErrorText kLengthAndIndexes =
    "-ERR If you want both the length and indexes, please just use IDX.";
constexpr ErrorText kStringsTooLong = "-ERR String too long for LCS";
constexpr ErrorText kNoTableMemory =
    "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";
constexpr ErrorText kTableAllocationFailed =
    "-ERR Insufficient memory, failed allocating transient memory for LCS";

struct LcsOptions {
  bool wants_length = false;
  bool wants_indexes = false;
  bool wants_match_lengths = false;
  int64_t match_length_min = 0;
};

Parsed<LcsOptions> ReadLcsOptions(const Args& args) {
  LcsOptions options;
  for (size_t i = 3; i < args.size(); ++i) {
    if (args.Is(i, "IDX")) {
      options.wants_indexes = true;
    } else if (args.Is(i, "LEN")) {
      options.wants_length = true;
    } else if (args.Is(i, "WITHMATCHLEN")) {
      options.wants_match_lengths = true;
    } else if (args.Is(i, "MINMATCHLEN") && i + 1 < args.size()) {
      const Parsed<int64_t> number = args.Integer(++i);
      if (!number) return std::unexpected(number.error());
      options.match_length_min = std::max<int64_t>(*number, 0);
    } else {
      return std::unexpected(ReplyError(kSyntaxError));
    }
  }
  if (options.wants_indexes && options.wants_length) {
    return std::unexpected(ReplyError(kLengthAndIndexes));
  }
  return options;
}

// A stretch that both strings have: the last bytes of it, and how many bytes.
struct Match {
  size_t a_end = 0;
  size_t b_end = 0;
  size_t size = 0;
};

class LcsTable {
 public:
  LcsTable(Bytes a, Bytes b)
      : a_(a),
        b_(b),
        width_(b.size() + 1),
        lengths_(new (std::nothrow) uint32_t[(a.size() + 1) * (b.size() + 1)]) {
    if (lengths_ != nullptr) Fill();
  }

  bool has_memory() const { return lengths_ != nullptr; }
  size_t length() const { return At(a_.size(), b_.size()); }

  // Calls `take` with every byte of the subsequence, from its end: positions in both
  // strings.
  template <class Take>
  void WalkBack(Take take) const {
    size_t i = a_.size();
    size_t j = b_.size();
    while (i > 0 && j > 0) {
      if (a_[i - 1] == b_[j - 1]) {
        take(--i, --j);
      } else if (At(i - 1, j) > At(i, j - 1)) {
        --i;
      } else {
        --j;
      }
    }
  }

 private:
  uint32_t At(size_t i, size_t j) const { return lengths_[i * width_ + j]; }

  void Fill() {
    std::fill_n(lengths_.get(), width_, 0);
    for (size_t i = 1; i <= a_.size(); ++i) {
      const uint32_t* above = lengths_.get() + (i - 1) * width_;
      uint32_t* row = lengths_.get() + i * width_;
      row[0] = 0;
      const char c = a_[i - 1];
      for (size_t j = 1; j < width_; ++j) {
        row[j] = c == b_[j - 1] ? above[j - 1] + 1 : std::max(above[j], row[j - 1]);
      }
    }
  }

  const Bytes a_;
  const Bytes b_;
  const size_t width_;
  std::unique_ptr<uint32_t[]> lengths_;
};

void ReplyMatch(ReplyWriter& reply, const Match& match, bool with_length) {
  reply.ArrayHeader(with_length ? 3 : 2);
  for (const size_t end : {match.a_end, match.b_end}) {
    reply.ArrayHeader(2);
    reply.Integer(static_cast<int64_t>(end - match.size + 1));
    reply.Integer(static_cast<int64_t>(end));
  }
  if (with_length) reply.Integer(static_cast<int64_t>(match.size));
}

void ReplyIndexes(ReplyWriter& reply, const LcsTable& table, const LcsOptions& options) {
  reply.MapHeader(2);
  reply.Bulk("matches");
  const auto deferred = reply.BeginDeferredArray();
  size_t count = 0;
  Match match;
  const auto finish = [&] {
    if (match.size == 0) return;
    if (static_cast<int64_t>(match.size) < options.match_length_min) return;
    ReplyMatch(reply, match, options.wants_match_lengths);
    ++count;
  };
  table.WalkBack([&](size_t i, size_t j) {
    if (match.size > 0 && match.a_end == i + match.size &&
        match.b_end == j + match.size) {
      ++match.size;
      return;
    }
    finish();
    match = {.a_end = i, .b_end = j, .size = 1};
  });
  finish();
  reply.EndDeferred(deferred, count);
  reply.Bulk("len");
  reply.Integer(static_cast<int64_t>(table.length()));
}

}  // namespace

void Lcs(CommandContext& context, const Args& args, ReplyWriter& reply) {
  const Entry* a_entry = context.keyspace.Find(context.key(0));
  const Entry* b_entry = context.keyspace.Find(context.key(1));
  if ((a_entry != nullptr && !IsString(*a_entry)) ||
      (b_entry != nullptr && !IsString(*b_entry))) {
    return reply.Error(kNotStrings);
  }
  const Parsed<LcsOptions> options = ReadLcsOptions(args);
  if (!options) return reply.Error(options.error());
  const Bytes a = a_entry == nullptr ? Bytes() : a_entry->value();
  const Bytes b = b_entry == nullptr ? Bytes() : b_entry->value();

  constexpr uint64_t kSizeMax = std::numeric_limits<uint32_t>::max() - 1;
  if (a.size() >= kSizeMax || b.size() >= kSizeMax) return reply.Error(kStringsTooLong);
  const uint64_t table_bytes = (a.size() + 1) * (b.size() + 1) * sizeof(uint32_t);
  if (table_bytes > static_cast<uint64_t>(context.settings.proto_max_bulk_bytes)) {
    return reply.Error(kNoTableMemory);
  }
  const LcsTable table(a, b);
  if (!table.has_memory()) return reply.Error(kTableAllocationFailed);

  if (options->wants_indexes) return ReplyIndexes(reply, table, *options);
  if (options->wants_length) return reply.Integer(static_cast<int64_t>(table.length()));
  std::string common(table.length(), '\0');
  size_t left = common.size();
  table.WalkBack([&](size_t i, size_t) { common[--left] = a[i]; });
  reply.Bulk(common);
}

}  // namespace skarn::commands

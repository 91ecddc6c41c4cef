// SPDX-License-Identifier: BSD-3-Clause
//
// Time per request parsed and per reply written. Items are requests or replies.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "resp/output_buffer.h"
#include "resp/parser.h"
#include "resp/reply_errors.h"
#include "resp/reply_writer.h"

namespace skarn {
namespace {

constexpr int kBatch =
    50;  // Requests in the receive buffer, as a pipelining client sends them.

std::string Encode(const std::vector<std::string>& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return bytes;
}

void ParseBatch(benchmark::State& state, const std::vector<std::string>& words) {
  std::string input;
  for (int i = 0; i < kBatch; ++i) input += Encode(words);
  RequestParser parser;
  std::vector<Bytes> args;
  const RequestLimits limits;
  for (auto _ : state) {
    args.clear();
    Bytes rest = input;
    while (!rest.empty()) {
      size_t consumed;
      const ParseStatus status = parser.Parse(rest, limits, &consumed, &args);
      if (status != ParseStatus::kRequest) return state.SkipWithError("not a request");
      rest.remove_prefix(consumed);
    }
    benchmark::DoNotOptimize(args.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}

void ParsePing(benchmark::State& state) {
  ParseBatch(state, {"PING"});
}
void ParseGet(benchmark::State& state) {
  ParseBatch(state, {"GET", "key:000000012345"});
}
void ParseSet(benchmark::State& state) {
  ParseBatch(state, {"SET", "key:000000012345",
                     std::string(static_cast<size_t>(state.range(0)), 'v')});
}
void ParseMset(benchmark::State& state) {
  std::vector<std::string> words = {"MSET"};
  for (int i = 0; i < 10; ++i) {
    words.push_back("key:000000012345");
    words.push_back("value");
  }
  ParseBatch(state, words);
}
BENCHMARK(ParsePing);
BENCHMARK(ParseGet);
BENCHMARK(ParseSet)->Arg(8)->Arg(64)->Arg(1024);
BENCHMARK(ParseMset);

void ParseInline(benchmark::State& state) {
  RequestParser parser;
  std::vector<Bytes> args;
  for (auto _ : state) {
    args.clear();
    size_t consumed;
    parser.Parse("GET key:000000012345\r\n", {}, &consumed, &args);
    parser.ReleaseViews();
    benchmark::DoNotOptimize(args.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ParseInline);

template <class Write>
void WriteBatch(benchmark::State& state, int protocol, Write write) {
  OutputBuffer buffer;
  for (auto _ : state) {
    ReplyWriter reply(buffer, protocol);
    for (int i = 0; i < kBatch; ++i) write(reply);
    benchmark::DoNotOptimize(buffer.contiguous().data());
    benchmark::ClobberMemory();
    buffer.Consume(buffer.pending_bytes());
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}

void WriteOk(benchmark::State& state) {
  WriteBatch(state, 2, [](ReplyWriter& reply) { reply.Ok(); });
}
void WriteNull(benchmark::State& state) {
  WriteBatch(state, 2, [](ReplyWriter& reply) { reply.Null(); });
}
void WriteBulk(benchmark::State& state) {
  const std::string value(static_cast<size_t>(state.range(0)), 'v');
  WriteBatch(state, 2, [&](ReplyWriter& reply) { reply.Bulk(value); });
}
void WriteInteger(benchmark::State& state) {
  int64_t value = state.range(0);
  benchmark::DoNotOptimize(value);
  WriteBatch(state, 2, [&](ReplyWriter& reply) { reply.Integer(value); });
}
void WriteDouble(benchmark::State& state) {
  WriteBatch(state, 3, [](ReplyWriter& reply) { reply.Double(1234.5678); });
}
void WriteError(benchmark::State& state) {
  WriteBatch(state, 2, [](ReplyWriter& reply) { reply.Error(kWrongType); });
}
void WriteDeferredArray(benchmark::State& state) {
  WriteBatch(state, 2, [&](ReplyWriter& reply) {
    const ReplyWriter::Deferred deferred = reply.BeginDeferredArray();
    for (int64_t i = 0; i < state.range(0); ++i) reply.Integer(i);
    reply.EndDeferred(deferred, static_cast<size_t>(state.range(0)));
  });
}
BENCHMARK(WriteOk);
BENCHMARK(WriteNull);
BENCHMARK(WriteBulk)->Arg(3)->Arg(8)->Arg(64)->Arg(1024)->Arg(16000);
BENCHMARK(WriteInteger)->Arg(1)->Arg(12345)->Arg(1234567890123);
BENCHMARK(WriteDouble);
BENCHMARK(WriteError);
BENCHMARK(WriteDeferredArray)->Arg(5)->Arg(100);

}  // namespace
}  // namespace skarn

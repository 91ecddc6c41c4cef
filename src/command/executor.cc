// SPDX-License-Identifier: BSD-3-Clause
//
// From bytes to staged batches. What happens to one command is in dispatcher.cc.
#include "command/executor.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "arch/cycles.h"
#include "arch/kernels.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/listener.h"

namespace skarn {
namespace {

// Bulks from here on are received straight into their final block: at once up to the
// second size, else when one part in so many has come, so that nothing is paid for what
// is announced and never sent.
constexpr size_t kDirectBulkBytesMin = 64 << 10;
constexpr size_t kDirectAtOnceBytesMax = 1 << 20;
constexpr size_t kDirectPart = 32;
// Of unread input, before a client has authenticated; client-query-buffer-limit is never
// below.
constexpr uint64_t kStrangerQueryBytesMax = 1 << 20;

// A client goes on in the next turn when it has this much to be sent, or the turn has
// taken this long: short requests can ask for long replies.
constexpr size_t kTurnOutputMax = 1 << 20;
constexpr int64_t kTurnUsMax = 1000;

// Sends a parked or paused client back to its worker.
class ResumeMessage : public Message {
 public:
  explicit ResumeMessage(Executor& executor, uint64_t client_id)
      : executor_(executor), client_id_(client_id) {}
  void Deliver(Worker&) override {
    if (Client* client = executor_.FindClient(client_id_)) executor_.Resume(*client);
  }

 private:
  Executor& executor_;
  const uint64_t client_id_;
};

class UnpauseMessage : public Message {
 public:
  explicit UnpauseMessage(Executor& executor) : executor_(executor) {}
  void Deliver(Worker&) override { executor_.ResumePaused(); }

 private:
  Executor& executor_;
};

bool HasHungUp(const Client& client) {
  pollfd peer = {.fd = client.fd(), .events = POLLRDHUP, .revents = 0};
  return poll(&peer, 1, 0) > 0;
}

}  // namespace

Executor::Executor(ServerState& server, Worker& worker)
    : server_(server), worker_(worker), view_(server.keyspace, *this) {
  statistics_.commands.resize(server.command_table.size());
}

Executor::~Executor() = default;

// ---- connections
// -------------------------------------------------------------------------------

void Executor::OnTurnStart(int64_t now_us) {
  now_us_ = turn_started_us_ = now_us;
}

std::unique_ptr<Connection> Executor::OnAccept(Worker& worker, const Accepted& accepted) {
  auto client = std::make_unique<Client>(worker, accepted.fd, accepted.id);
  client->is_authenticated = server_.settings.requirepass.empty();
  client->created_us = client->last_interaction_us = now_us_;
  UpdateConcerns(*client);
  server_.client_count.fetch_add(1, std::memory_order_relaxed);
  if (accepted.transport != Transport::kUnix) {
    SetUpClientSocket(accepted.fd, server_.settings.tcp_keepalive_seconds);
  }
  return client;
}

void Executor::OnClose(Connection& connection) {
  Client& client = static_cast<Client&>(connection);
  DiscardTransaction(client);
  if (client.SubscriptionCount() > 0) server_.hooks->DropSubscriptions(*this, client);
  if (client.is_monitor) server_.hooks->DropMonitor(*this, client);
  server_.client_count.fetch_sub(1, std::memory_order_relaxed);
  client_memory_bytes.fetch_sub(client.counted_memory_bytes, std::memory_order_relaxed);
  SKARN_DCHECK(std::find(touched_.begin(), touched_.end(), &client) == touched_.end());
}

void Executor::OnSent(Connection& connection, size_t size_bytes) {
  Client& client = static_cast<Client&>(connection);
  client.net_output_bytes += size_bytes;
  if (client.UnsentBytes() == 0) client.soft_limit_since_us = 0;
}

size_t Executor::InputWanted(Connection& connection) {
  Client& client = static_cast<Client&>(connection);
  RequestParser::PendingBulk bulk;
  if (!client.parser.is_inside_request() || client.closes_after_reply) [[likely]]
    return 0;
  if (!client.parser.FindPendingBulk(&bulk)) return client.parser.pending_bulk_bytes();
  const size_t received = client.input.bytes().size() - bulk.offset;
  if (received < bulk.size_bytes && OpenBulk(client, bulk)) return 0;
  // The buffer grows with what comes, not with what was announced.
  return std::min(bulk.size_bytes + 2 - received, std::max(received, kIoBlockBytes));
}

// Receives the rest of the bulk past the input, if it is big enough and there is memory.
bool Executor::OpenBulk(Client& client, const RequestParser::PendingBulk& bulk) {
  if (bulk.size_bytes < kDirectBulkBytesMin || !client.is_authenticated) return false;
  const size_t received = client.input.bytes().size() - bulk.offset;
  if (bulk.size_bytes > kDirectAtOnceBytesMax &&
      received < bulk.size_bytes / kDirectPart) {
    return false;
  }
  SKARN_DCHECK(std::find(touched_.begin(), touched_.end(), &client) == touched_.end());
  if (client.bulks == nullptr) client.bulks = std::make_unique<BulkReceiver>();
  if (client.bulks->Open(bulk, client.input)) return true;
  if (client.bulks->blobs().empty()) client.bulks.reset();
  return false;
}

void Executor::DropBulks(Client& client) {
  view_.OfferBlobs({});
  client.bulks.reset();
}

// The request of the client is handled as if all of it had come into the input.
bool Executor::PutBulksBack(Client& client) {
  if (!client.bulks->PutBack(client.input)) return false;
  DropBulks(client);
  client.parser.Reset();
  return true;
}

void Executor::ShrinkInput(Client& client) {
  if (client.bulks != nullptr &&
      client.bulks->missing_bytes() > client.bulks->received_bytes()) {
    PutBulksBack(client);
  }
  worker_.ShrinkInput(client);
}

void Executor::Flush(Client& client) {
  CheckOutputLimit(client);
  if (server_.settings.maxmemory_clients != 0 && &client.worker() == &worker_) {
    server_.hooks->CountClientMemory(*this, client);
  }
  if (&client.worker() == &worker_) {
    worker_.MarkDirty(client);
  } else {
    // Only with the gate closed: its worker sends when it wakes.
    SKARN_DCHECK(is_gate_held_);
    client.worker().MarkDirty(client);
    client.worker().loop().Wake();
  }
}

void Executor::Close(Client& client) {
  client.worker().Close(client);
  if (&client.worker() == &worker_) return;
  SKARN_DCHECK(is_gate_held_);
  client.worker().loop().Wake();
}

// ---- parsing
// -----------------------------------------------------------------------------------

void Executor::OnInput(Connection& connection) {
  Client& client = static_cast<Client&>(connection);
  client.last_interaction_us = now_us_;
  if (client.input.sink != nullptr) [[unlikely]]
    client.bulks->CloseIfFull(client.input, client.parser);
  if (server_.settings.maxmemory_clients != 0 &&
      (client.input.capacity > kIoBlockBytes || client.bulks != nullptr)) {
    server_.hooks->CountClientMemory(*this, client);
    server_.hooks->KeepClientLimit(*this);
  }
  if (IsOverQueryLimit(client)) return;
  if (client.input.sink != nullptr) [[unlikely]]
    return;  // Nothing new to parse.
  ParseRequests(client);
  parsing_ = nullptr;
  // A big buffer may move with the next receive, and the views of the batch with it.
  if (client.input.capacity > kIoBlockBytes) RunBatch();
}

// Closes a client whose unread input is more than it may be. As in the reference, words
// that are complete do not count, those of queued commands do.
bool Executor::IsOverQueryLimit(Client& client) {
  size_t size = client.input.bytes().size() + client.transaction.queue_bytes -
                std::min(client.input.bytes().size(), client.parser.complete_bytes());
  if (client.bulks != nullptr) size += client.bulks->last_bytes();
  if (size <= kStrangerQueryBytesMax) [[likely]]
    return false;
  if (client.is_authenticated && size <= server_.settings.query_buffer_max) return false;
  Log(LogLevel::kWarning, "Closing client that reached max query buffer length: {}",
      client.peer_address);
  ++statistics_.query_limit_disconnections;
  worker_.Close(client);
  return true;
}

// The keys of commands with simple positions; the others' are found when they run.
inline void Executor::CollectKeys(Pending& pending) {
  const Command& command = *pending.command;
  if (command.first_key == 0 || !command.has_simple_keys) return;
  if (command.first_key == command.last_key) [[likely]] {
    const uint32_t position = static_cast<uint32_t>(command.first_key);
    if (position >= pending.word_count) return;
    key_bytes_.push_back(words_[pending.first_word + position]);
    pending.key_count = 1;
    return;
  }
  const int count = static_cast<int>(pending.word_count);
  const int last = command.last_key >= 0 ? command.last_key : count + command.last_key;
  for (int i = command.first_key; i <= last && i < count; i += command.key_step) {
    key_bytes_.push_back(words_[pending.first_word + static_cast<size_t>(i)]);
  }
  pending.key_count = static_cast<uint32_t>(key_bytes_.size()) - pending.first_key;
}

inline const Command* Executor::FindCommand(const Args& args) {
  if (const Command* again = memo_.Find(args[0])) [[likely]]
    return again;
  const Command* command = server_.command_table.Find(args);
  memo_.Set(args[0], command);
  return command;
}

inline void Executor::Enqueue(Client& client, size_t first_word, size_t consumed) {
  const uint32_t word_count = static_cast<uint32_t>(words_.size() - first_word);
  Pending& pending = pending_[pending_count_++];
  pending.client = &client;
  pending.command = FindCommand(Args(words_.data() + first_word, word_count));
  pending.first_word = static_cast<uint32_t>(first_word);
  pending.word_count = word_count;
  pending.first_key = static_cast<uint32_t>(key_bytes_.size());
  pending.key_count = 0;
  pending.input_begin = client.input.begin;
  pending.input_bytes = consumed;
  if (pending.command != nullptr) CollectKeys(pending);
  client.input.begin += consumed;
  if (touched_.empty() || touched_.back() != &client) touched_.push_back(&client);
}

void Executor::ParseRequests(Client& client) {
  InputBuffer& input = client.input;
  parsing_ = &client;
  RequestLimits limits{
      .bulk_bytes_max = server_.settings.proto_max_bulk_bytes,
      .is_authenticated = client.is_authenticated,
  };
  while (!input.empty() && !client.IsSuspended()) {
    if (pending_count_ >= kBatchCommandsMax || words_.size() >= kBatchWordsMax) {
      RunBatch();
      if (client.IsSuspended()) return;
      if (client.output.pending_bytes() > kTurnOutputMax ||
          now_us_ - turn_started_us_ > kTurnUsMax) [[unlikely]] {
        return worker_.MarkReady(client);  // The others' turn.
      }
    }
    const size_t first_word = words_.size();
    size_t consumed = 0;
    const ParseStatus status =
        client.parser.Parse(input.bytes(), limits, &consumed, &words_);
    if (status == ParseStatus::kRequest) [[likely]] {
      Enqueue(client, first_word, consumed);
      if (client.bulks != nullptr) [[unlikely]]
        RunWithBulks(client);
      // What AUTH allows is known when it has run.
      if (!client.is_authenticated) {
        RunBatch();
        limits.is_authenticated = client.is_authenticated;
      }
    } else if (!HandleParseStatus(client, status, consumed)) {
      return;
    }
  }
}

// Runs the request just enqueued, alone of its client, while its bulks are there.
void Executor::RunWithBulks(Client& client) {
  pending_[pending_count_ - 1].input_bytes += client.bulks->received_bytes();
  view_.OfferBlobs(client.bulks->blobs());
  RunBatch();  // Drops them.
}

bool Executor::HandleParseStatus(Client& client, ParseStatus status, size_t consumed) {
  switch (status) {
    case ParseStatus::kEmpty:
      client.input.begin += consumed;
      if (std::find(touched_.begin(), touched_.end(), &client) == touched_.end()) {
        touched_.push_back(&client);
      }
      return true;
    case ParseStatus::kNeedMore:
      return false;
    case ParseStatus::kCrossProtocol:
      RunBatch();
      if (client.IsSuspended()) return false;  // It comes again, or nothing more does.
      Log(LogLevel::kWarning,
          "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or "
          "Host: "
          "commands to Skarn. This is likely due to an attacker attempting to use Cross "
          "Protocol "
          "Scripting to compromise your Skarn instance. Connection from {} aborted.",
          client.peer_address);
      worker_.Close(client);
      return false;
    default: {
      RunBatch();  // Requests before the bad one are answered first.
      if (client.IsSuspended()) return false;
      ReplyWriter reply = WriterFor(client);
      if (client.reply_mode == ReplyMode::kOn) reply.Error(client.parser.error());
      Log(LogLevel::kVerbose, "Protocol error ({}) from client: {}",
          client.parser.error(), client.peer_address);
      client.input.begin = client.input.end;
      DropBulks(client);
      client.CloseAfterReply();
      Flush(client);
      return false;
    }
  }
}

// ---- the batch
// ---------------------------------------------------------------------------------

bool Executor::OnTurnEnd() {
  RunBatch();
  if (is_gate_held_) return false;
  if (server_.settings.maxmemory_clients != 0) server_.hooks->KeepClientLimit(*this);
  return server_.hooks->OnIdle(*this);
}

void Executor::HashKeys() {
  const size_t count = key_bytes_.size();
  hashes_.resize(count);
  keys_.resize(count);
  if (count == 0) return;
  ActiveKernels().hash_keys(KeyHashSecret(), key_bytes_.data(), count, hashes_.data());
  for (size_t i = 0; i < count; ++i) keys_[i] = {key_bytes_[i], hashes_[i]};
}

void Executor::RunBatch() {
  if (pending_count_ == 0) return FinishBatch();
  ReadClock();
  view_.SetEventMask(server_.settings.notify_mask);
  if (memory::IsShort() && !server_.HasConcern(Concern::kMemoryShort)) [[unlikely]] {
    Log(LogLevel::kWarning,
        "The machine gives no more memory. Commands that need some are refused until it "
        "does.");
    server_.SetConcern(Concern::kMemoryShort, true);
  }
  HashKeys();
  // Keys whose lines are fetched ahead together, 16 by default: the processor tracks
  // about as many misses.
  const size_t group_keys = server_.settings.prefetch_batch;
  const uint64_t batch = pending_count_;
  statistics_.batch_commands_max = std::max(statistics_.batch_commands_max, batch);
  // The loader takes no locks, so nothing may be looked at beside it.
  const bool looks_ahead = !server_.HasConcern(Concern::kDataLoading);
  for (size_t first = 0; first < pending_count_;) {
    size_t last = first;
    const size_t first_key = pending_[first].first_key;
    size_t last_key = first_key;
    while (last < pending_count_ &&
           last_key - first_key < std::max<size_t>(group_keys, 1)) {
      last_key = pending_[last].first_key + pending_[last].key_count;
      ++last;
    }
    if (looks_ahead && last_key > first_key && group_keys > 0) {
      // A key alone is fetched no earlier than its command would.
      if (last_key - first_key > 1) {
        ++statistics_.prefetch_batches;
        statistics_.prefetch_entries += last_key - first_key;
      }
      LookAhead(first_key, last_key, pending_[first].client->db);
      LookAheadInTables(first, last);
    }
    ExecuteGroup(first, last);
    first = last;
  }
  FinishBatch();
}

void Executor::ReadClock() {
  clock_cycles_ = mark_cycles_ = ReadCycles();
  now_us_ = NowMicros();
  view_.SetNow(server_.keyspace.AdvanceClock(now_us_ / 1000));
}

bool Executor::HasBigScratch() const {
  return words_.capacity() > kScratchMax || movable_keys_.capacity() > kScratchMax ||
         key_positions_.capacity() > kScratchMax;
}

void Executor::FreeScratch() {
  const auto free = [](auto&... vectors) {
    (std::remove_reference_t<decltype(vectors)>().swap(vectors), ...);
  };
  free(words_, key_bytes_, hashes_, keys_, movable_keys_, key_positions_, guesses_,
       members_, held_, locks_.shards());
}

void Executor::FinishBatch() {
  pending_count_ = 0;
  words_.clear();
  key_bytes_.clear();
  if (HasBigScratch()) [[unlikely]]
    FreeScratch();
  // Replies leave while they are still in the processor's cache; only a client whose
  // input is half parsed waits for the rest of its pipeline.
  std::vector<Client*> touched;
  touched.swap(touched_);
  const bool counts_memory = server_.settings.maxmemory_clients != 0;
  for (Client* client : touched) {
    client->parser.ReleaseViews();
    if (client->bulks != nullptr) [[unlikely]]
      DropBulks(*client);  // Before the reply: entries now have theirs for themselves.
    NoteReplyPeak(*client);
    CheckOutputLimit(*client);  // Above it nothing is sent at all.
    if (counts_memory) server_.hooks->CountClientMemory(*this, *client);
    if (client == parsing_) {
      worker_.MarkDirty(*client);
    } else {
      worker_.SendNow(*client);
    }
  }
  touched.clear();
  if (touched_.empty()) touched_.swap(touched);  // Keep the memory.
}

// CLIENT LIST shows how large a reply buffer the client could do with.
void Executor::NoteReplyPeak(Client& client) {
  const size_t pending = client.output.pending_bytes();
  const int64_t reset_us = server_.reply_peak_reset_ms * 1000;
  if (reset_us >= 0 && now_us_ - client.reply_peak_since_us >= reset_us) {
    client.reply_peak_bytes = 0;
    client.reply_peak_since_us = now_us_;
  }
  client.reply_peak_bytes = std::max(client.reply_peak_bytes, pending);
}

// ---- putting clients aside
// ---------------------------------------------------------------------

void Executor::PutAside(Client& client, const Pending& pending) {
  client.input.begin = pending.input_begin;
  client.net_input_bytes -= pending.input_bytes;
  // It is parsed again, so its input has to be complete.
  if (client.bulks != nullptr && !PutBulksBack(client)) worker_.Close(client);
  client.parser.Reset();
  worker_.SetReading(client, false);
}

void Executor::Park(Client& client, Shard& shard) {
  client.is_parked = true;
  ++statistics_.parked_commands;
  if (!server_.waiters.Park(shard, worker_.index(), client.id())) {
    // Free by now: run it again next turn.
    ResumeLater(client.id());
  }
}

void Executor::Resume(Client& client) {
  client.is_parked = client.is_paused = false;
  worker_.SetReading(client, true);
  if (!client.input.empty()) worker_.MarkReady(client);
}

void Executor::ResumeLater(uint64_t client_id) {
  worker_.Post(std::make_unique<ResumeMessage>(*this, client_id));
}

void Executor::OnShardFree(Shard& shard) {
  for (const ShardWaiters::Waiter& waiter : server_.waiters.Take(shard)) {
    server_.executors[waiter.worker]->ResumeLater(waiter.client_id);
  }
}

void Executor::OnKeyEvent(EventKind kind, Bytes event, unsigned db, Bytes key) {
  server_.hooks->PublishKeyEvent(*this, kind, event, db, key);
}

// ---- time
// --------------------------------------------------------------------------------------

void Executor::OnTick(int64_t now_us) {
  now_us_ = now_us;
  view_.SetNow(server_.keyspace.AdvanceClock(now_us / 1000));
  view_.SetEventMask(server_.settings.notify_mask);
  if (server_.HasConcern(Concern::kPaused) && now_us >= server_.pause_until_us) {
    server_.SetConcern(Concern::kPaused, false);
  }
  if (!paused_clients_.empty()) {
    if (now_us >= server_.pause_until_us) {
      ResumePaused();
    } else {
      worker_.TickAt(server_.pause_until_us);
    }
  }
  server_.hooks->OnTick(*this, now_us);
}

void Executor::PauseClients(int64_t until_us, bool is_for_all) {
  if (now_us_ >= server_.pause_until_us) server_.pause_is_for_all = false;
  server_.pause_until_us = std::max(server_.pause_until_us, until_us);
  server_.pause_is_for_all |= is_for_all;
  server_.SetConcern(Concern::kPaused, true);
}

void Executor::UnpauseClients() {
  server_.pause_until_us = 0;
  server_.pause_is_for_all = false;
  server_.SetConcern(Concern::kPaused, false);
  // By message: a worker may stand in the middle of a batch that holds more of a paused
  // client.
  for (Executor* executor : server_.executors) {
    executor->worker_.Post(std::make_unique<UnpauseMessage>(*executor));
  }
}

void Executor::ResumePaused() {
  std::vector<uint64_t> paused;
  paused.swap(paused_clients_);
  for (const uint64_t id : paused) {
    Client* client = FindClient(id);
    if (client == nullptr) continue;
    // Who has gone meanwhile wants nothing any more.
    if (std::exchange(client->waits_for_unpause, false) && HasHungUp(*client)) {
      worker_.Close(*client);
    } else {
      Resume(*client);
    }
  }
}

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// Executor: turns the bytes of one worker's clients into executed commands.
//
// Commands of all clients that are ready in a turn are collected in a batch: parsed as
// views into the receive buffers, their keys hashed together. Then, in groups of about 16
// keys, the shards, the buckets and the entries are fetched ahead, and the commands run
// in order. This staging is where the speed comes from; the same code without it takes
// twice the time.
//
// Threads: its worker's; others only while the gate is closed. Owner: the server.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "arch/cycles.h"
#include "command/client.h"
#include "command/context.h"
#include "command/server_state.h"
#include "command/statistics.h"
#include "net/worker.h"

namespace skarn {

// The shards a command holds. Released by Executor::Unlock only.
class LockSet {
 public:
  void Add(Shard& shard) { shards_.push_back(&shard); }
  void clear() { shards_.clear(); }
  bool empty() const { return shards_.empty(); }
  std::vector<Shard*>& shards() { return shards_; }

 private:
  std::vector<Shard*> shards_;
};

class Executor : public ConnectionHandler, public KeyEventListener {
 public:
  Executor(ServerState& server, Worker& worker);
  ~Executor() override;

  // ---- ConnectionHandler
  // --------------------------------------------------------------------
  void OnTurnStart(int64_t now_us) override;
  std::unique_ptr<Connection> OnAccept(Worker& worker, const Accepted& accepted) override;
  void OnInput(Connection& connection) override;
  bool OnTurnEnd() override;
  void OnClose(Connection& connection) override;
  void OnSent(Connection& connection, size_t size_bytes) override;
  void OnTick(int64_t now_us) override;
  size_t InputWanted(Connection& connection) override;

  // ---- KeyEventListener
  // ---------------------------------------------------------------------
  void OnKeyEvent(EventKind kind, Bytes event, unsigned db, Bytes key) override;
  void OnShardFree(Shard& shard) override;

  // ---- for handlers
  // -------------------------------------------------------------------------
  ServerState& server() { return server_; }
  Worker& worker() { return worker_; }
  KeyspaceView& view() { return view_; }
  WorkerStatistics& statistics() { return statistics_; }
  Client* FindClient(uint64_t id) const {
    return static_cast<Client*>(worker_.FindConnection(id));
  }
  // visit(Client&) for every client of this worker.
  template <class Visit>
  void ForEachClient(Visit&& visit) {
    for (const auto& [id, connection] : worker_.connections()) {
      visit(static_cast<Client&>(*connection));
    }
  }

  // A writer into the output of any client of this worker (or of any, with the gate
  // closed); call Flush when done.
  ReplyWriter WriterFor(Client& client) {
    client.worker().LendOutput(client);
    return ReplyWriter(client.output, client.protocol);
  }
  void Flush(Client& client);

  // EXEC: runs the queue atomically, or parks the client (nothing is written then).
  void RunTransaction(Client& client, ReplyWriter& reply);
  void DiscardTransaction(Client& client);
  // Brings client-side conditions (authentication, MULTI, subscriptions, reply mode) up
  // to date for the fast path; call after changing any.
  void UpdateConcerns(Client& client);
  // Waits for `shard`; its bytes are executed again later.
  void Park(Client& client, Shard& shard);
  // Gives back what the input of an idle client holds in vain. Between two turns.
  void ShrinkInput(Client& client);
  // The client's input is handled again (after a pause, a busy shard).
  void Resume(Client& client);
  // The same in its next turn, if the client is still there. From any thread.
  void ResumeLater(uint64_t client_id);

  // Takes all locks of the set, or none: then returns the busy shard.
  Shard* TryLock(LockSet& locks, bool is_shared);
  void Unlock(LockSet& locks, bool is_shared);
  // Runs `action` on one shard under its exclusive lock. False when it is busy.
  template <class Action>
  bool TryWithShard(Shard& shard, Action&& action) {
    const bool locks = server_.keyspace.is_concurrent() && !is_gate_held_;
    if (locks && !shard.lock.TryLock()) return false;
    if (locks) view_.CatchUp();
    action();
    if (locks && shard.lock.Unlock()) OnShardFree(shard);
    return true;
  }
  // While this worker holds the gate, locks are not taken.
  bool is_gate_held() const { return is_gate_held_; }
  // Runs `action` with every other worker standing still. No shard lock is held.
  template <class Action>
  void RunAlone(Action&& action) {
    if (is_gate_held_) return action();
    GateLock lock(server_.gate, worker_.index());
    mark_cycles_ = ReadCycles();  // Waiting for others is no command's time.
    view_.CatchUp();
    is_gate_held_ = true;
    action();
    is_gate_held_ = false;
  }

  // The client whose request is being executed, or null.
  const Client* current_client() const {
    return current_ == nullptr ? nullptr : current_->client;
  }
  // Delivers a message to this worker behind the reply that is being written.
  void PostAfterReply(std::unique_ptr<Message> message) {
    after_reply_.push_back(std::move(message));
  }

  // Closes the client if it reads its output too slowly.
  void CheckOutputLimit(Client& client);
  // For server/client_limits.h: what this worker's clients cost, as far as
  // maxmemory-clients asks for it, and when to look for idle ones.
  std::atomic<size_t> client_memory_bytes{0};
  int64_t next_idle_check_us = 0;

  int64_t now_us() const { return now_us_; }
  // CLIENT PAUSE and UNPAUSE for all workers; with the gate closed. A pause is never made
  // shorter or weaker by another.
  void PauseClients(int64_t until_us, bool is_for_all);
  void UnpauseClients();
  void ResumePaused();  // Those of this worker, between two batches.
  size_t paused_client_count() const { return paused_clients_.size(); }
  // Closes a client of any worker, with the gate closed; of this worker, any time.
  void Close(Client& client);

 private:
  // A batch is run when it has this much, or when the turn ends.
  static constexpr size_t kBatchCommandsMax = 128;
  static constexpr size_t kBatchWordsMax = 2048;
  // Words and keys that scratch keeps room for; what a bigger request took goes back.
  static constexpr size_t kScratchMax = 4 * kBatchWordsMax;

  struct Pending {
    Client* client;
    const Command* command;
    uint32_t first_word, word_count;
    uint32_t first_key, key_count;
    size_t input_begin;  // Where the request starts in client->input.
    size_t input_bytes;
  };

  bool IsOverQueryLimit(Client& client);
  bool OpenBulk(Client& client, const RequestParser::PendingBulk& bulk);
  bool PutBulksBack(Client& client);
  void DropBulks(Client& client);
  void RunWithBulks(Client& client);
  void ParseRequests(Client& client);
  // Handles what the parser says besides a request. False: stop reading this client.
  bool HandleParseStatus(Client& client, ParseStatus status, size_t consumed);
  void Enqueue(Client& client, size_t first_word, size_t consumed);
  const Command* FindCommand(const Args& args);
  void CollectKeys(Pending& pending);
  void RunBatch();
  void HashKeys();
  void LookAhead(size_t first_key, size_t last_key, unsigned db);
  void LookAheadInTables(size_t first, size_t last);
  bool LockForLookAhead(Shard& shard);
  void FinishBatch();
  void NoteReplyPeak(Client& client);

  void ExecuteGroup(size_t first, size_t last);
  void Execute(const Pending& pending);
  void ExecuteRequest(const Pending& pending, const Args& args, ReplyWriter& reply);
  void DeliverAfterReply();
  // The checks besides arity; false when the reply is written or the client is to be put
  // aside.
  bool AdmitInSpecialState(Client& client, const Command& command, const Args& args,
                           ReplyWriter& reply, uint32_t concerns);
  void Reject(Client& client, const Command* command, ReplyWriter& reply,
              const ReplyError& error);
  void RejectUnknown(Client& client, const Command* container, const Args& args,
                     ReplyWriter& reply);
  void Queue(Client& client, const Command& command, const Args& args,
             ReplyWriter& reply);
  // Locks, calls, unlocks. False when the client was parked.
  bool RunLocked(Client& client, const Command& command, const Args& args,
                 std::span<const Key> keys, ReplyWriter& reply);
  void Call(Client& client, const Command& command, const Args& args,
            std::span<const Key> keys, ReplyWriter& reply);
  void CallHere(Client& client, const Command& command, const Args& args,
                std::span<const Key> keys, ReplyWriter& reply);
  void AfterCall(Client& client, const Command& command, const Args& args,
                 uint64_t started, uint32_t errors_before, size_t reply_begin,
                 ReplyWriter& reply);
  bool MovableKeys(const Command& command, const Args& args, std::vector<Key>* keys);
  bool CollectTransactionKeys(Client& client, LockSet* locks, bool* needs_gate);
  void RunQueue(Client& client, ReplyWriter& reply);
  bool IsWatchBroken(Client& client);
  void PutAside(Client& client, const Pending& pending);
  // The command, or one of the transaction that it runs, may change the keyspace.
  bool Writes(const Client& client, const Command& command) const;
  bool HasRoomFor(const Client& client, const Command& command,
                  const Pending& pending) const;
  bool IsDeniedOnOom(const Client& client, const Command& command) const;
  bool MustPause(const Client& client, const Command& command) const;
  void ApplyReplyMode(Client& client, const Command* command, size_t reply_begin);
  void CountError(const ReplyWriter& reply);
  void ReadClock();
  bool HasBigScratch() const;
  void FreeScratch();
  void CountDuration(CommandStatistics& statistics, uint64_t cycles);

  ServerState& server_;
  Worker& worker_;
  KeyspaceView view_;
  WorkerStatistics statistics_;
  int64_t now_us_ = 0;
  int64_t turn_started_us_ = 0;
  bool is_gate_held_ = false;
  bool is_lock_held_ = false;        // A transaction holds shards: take no others.
  bool is_lock_exclusive_ = false;   // It holds them for writing.
  bool has_counted_errors_ = false;  // EXEC has run commands that failed.

  CommandTable::Memo memo_;
  std::vector<Bytes> words_;
  std::vector<Bytes> key_bytes_;
  std::vector<uint64_t> hashes_;
  std::vector<Key> keys_;
  std::vector<Key> movable_keys_;
  std::vector<int> key_positions_;
  // For looking ahead: entries and members of tables that commands will ask for, and the
  // shards held meanwhile.
  struct Member {
    const HashTable* table;
    uint64_t hash;
  };
  std::vector<const Entry*> guesses_;
  std::vector<Member> members_;
  std::vector<Shard*> held_;
  std::array<Pending, kBatchCommandsMax> pending_;
  size_t pending_count_ = 0;
  // When the command before ended, or what else lies before the next one did. Reading the
  // clock twice for each command would be a tenth of what a GET in a pipeline takes.
  uint64_t mark_cycles_ = 0;
  uint64_t clock_cycles_ = 0;     // When `now_us_` was read.
  std::vector<Client*> touched_;  // Clients with requests in the batch.
  Client* parsing_ = nullptr;     // Whose input is being parsed right now.
  LockSet locks_;
  const Pending* current_ = nullptr;
  std::vector<uint64_t> paused_clients_;
  std::vector<std::unique_ptr<Message>> after_reply_;
};

}  // namespace skarn

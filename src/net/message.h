// SPDX-License-Identifier: BSD-3-Clause
//
// Message and Mailbox: how one thread tells another's worker something. Many senders, one
// receiver, first in first out for each sender; at most one wake-up per loop turn of the
// receiver.
//
// Threads: Push from any; TakeAll from the receiver.
#pragma once

#include <atomic>
#include <memory>

#include "base/shared_store.h"

namespace skarn {

class Worker;

class Message {
 public:
  virtual ~Message() = default;
  // On the receiving worker, at the start of its turn; no lock is held.
  virtual void Deliver(Worker& worker) = 0;

 private:
  friend class Mailbox;
  Message* next_ = nullptr;
};

class Mailbox {
 public:
  Mailbox() = default;
  ~Mailbox() {
    for (Message* message = TakeAll(); message != nullptr;) {
      std::unique_ptr<Message> owned(message);
      message = message->next_;
    }
  }

  // True when the box was empty: the receiver may be asleep.
  bool Push(std::unique_ptr<Message> message) {
    Message* const mine = message.release();
    Message* head = head_.load(std::memory_order_relaxed);
    do {
      mine->next_ = head;
      // Release pairs with the acquire in TakeAll: the receiver sees the message's
      // content.
    } while (!head_.compare_exchange_weak(head, mine, std::memory_order_seq_cst,
                                          std::memory_order_relaxed));
    NoteSharedStore(SharedLine::kMailbox, &head_);
    return head == nullptr;
  }
  bool empty() const { return head_.load(std::memory_order_seq_cst) == nullptr; }

  // Delivers everything that is there, oldest first.
  void DeliverAll(Worker& worker) {
    for (Message* message = TakeAll(); message != nullptr;) {
      std::unique_ptr<Message> owned(message);
      message = message->next_;
      owned->Deliver(worker);
    }
  }

 private:
  // The list in the order of arrival.
  Message* TakeAll() {
    // Most turns find nothing: look before storing. What comes meanwhile is there next
    // turn.
    if (head_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    NoteSharedStore(SharedLine::kMailbox, &head_);
    Message* newest = head_.exchange(nullptr, std::memory_order_acquire);
    Message* oldest = nullptr;
    while (newest != nullptr) {
      Message* const next = newest->next_;
      newest->next_ = oldest;
      oldest = newest;
      newest = next;
    }
    return oldest;
  }

  alignas(128) std::atomic<Message*> head_{nullptr};
};

}  // namespace skarn

// SPDX-License-Identifier: BSD-3-Clause
//
// The io_uring loop: one multishot receive per connection into a ring of provided
// buffers, one send under way per connection, everything handed to the kernel with the
// wait of the next turn. So a turn costs one system call, however many connections it
// serves.
//
// Who sends much at a time is a stream: a poll tells when there is something, and it is
// received straight into the connection's input or sink, past the buffers and without
// the copy out of them.
//
// A state outlives its connection while the kernel has an operation of it.
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>
#include <vector>

#include <liburing.h>

#include "base/check.h"
#include "net/event_loop.h"

namespace skarn {
namespace {

constexpr unsigned kSubmissionEntries = 1024;
constexpr unsigned kCompletionEntries = 8192;
// There are more buffers when they have run out, fewer when they are not needed. With all
// of them the receives of a busy worker still fit its part of the cache.
constexpr unsigned kBuffersMin = 16;
constexpr unsigned kBuffersMax = 128;  // Powers of two.
constexpr size_t kBufferBytes = 8 * 1024;
// Buffers filled in a row that make a connection a stream, receives smaller than one that
// make it none again.
constexpr int kFullReceivesOfStream = 2;
constexpr int kSmallReceivesOfNone = 16;
constexpr int kBufferGroup = 1;
constexpr size_t kIovecsMax = 64;
constexpr int kListenEventsMax = 64;

// The low bits of the user data say what completed; states are aligned to 16.
enum Tag : uint64_t {
  kReceiveTag = 0,
  kSendTag = 1,
  kListenTag = 2,
  kWakeTag = 3,
  kRetireTag = 4,
  kNoTag = 5
};
constexpr uint64_t kTagMask = 15;

// What Receive has not taken yet: part of a ring buffer, or a copy of it.
struct Received {
  uint16_t buffer;
  uint32_t begin, end;
  std::unique_ptr<char[]> copy;  // Null: it stands in the buffer.
};

struct Completion {
  uint64_t user_data;
  int32_t result;
  uint32_t flags;
};

// For output that is scattered.
struct ScatteredSend {
  std::array<iovec, kIovecsMax> parts;
  msghdr message{};
};

struct alignas(16) UringState : LoopState {
  Connection* connection = nullptr;  // Null once the connection is gone.
  int fd = -1;
  std::vector<Received> received;  // In order; before `received_begin` all is taken.
  size_t received_begin = 0;
  bool is_receiving = false;    // A receive is armed, or the poll of a stream.
  bool wants_receiving = true;  // It should be.
  bool is_cancelling = false;
  bool is_stream = false;
  bool is_polling = false;   // What is armed, or was last, is a poll.
  bool is_readable = false;  // Of a stream: the poll has told so.
  int full_receives = 0;     // In a row, into ring buffers.
  int small_receives = 0;    // In a row, of a stream.
  bool has_ended = false;    // The peer closed, or the socket failed:
  bool is_broken = false;    // then nothing can be sent either.
  bool is_listed = false;    // In the list of those to report as readable.
  bool is_sending = false;
  OutputBuffer sending;  // Under way; the kernel reads from it.
  std::unique_ptr<char[]> sending_block;
  std::unique_ptr<ScatteredSend> scattered;

  bool HasReceived() const { return received_begin < received.size(); }
  bool HasInput() const { return HasReceived() || is_readable || has_ended; }
};

class UringLoop : public EventLoop {
 public:
  explicit UringLoop(BlockPool& blocks) : blocks_(blocks) {}

  ~UringLoop() override {
    if (ring_.ring_fd > 0) io_uring_queue_exit(&ring_);
    for (UringState* state : states_) delete state;
    std::free(buffer_ring_);
    if (wake_fd_ >= 0) close(wake_fd_);
    if (listeners_fd_ >= 0) close(listeners_fd_);
  }

  Result<> Init() {
    // Nothing comes of a ring that may be made and not entered.
    if (syscall(__NR_io_uring_enter, -1, 0, 0, 0, nullptr, 0) != 0 && errno != EBADF) {
      return FailErrno("io_uring_enter", errno);
    }
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                   IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED |
                   IORING_SETUP_SUBMIT_ALL;
    params.cq_entries = kCompletionEntries;
    if (int failure = io_uring_queue_init_params(kSubmissionEntries, &ring_, &params);
        failure < 0) {
      ring_.ring_fd = -1;
      return FailErrno("io_uring_setup", -failure);
    }
    static_assert(kBuffersMax * sizeof(io_uring_buf) <= 4096);
    const auto ring_bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));  // It begins one.
    buffer_ring_ =
        static_cast<io_uring_buf_ring*>(std::aligned_alloc(ring_bytes, ring_bytes));
    if (buffer_ring_ == nullptr) return FailErrno("io_uring buffer ring", ENOMEM);
    std::memset(static_cast<void*>(buffer_ring_), 0, ring_bytes);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<uint64_t>(buffer_ring_);
    registration.ring_entries = kBuffersMax;
    registration.bgid = kBufferGroup;
    if (int failure = io_uring_register_buf_ring(&ring_, &registration, 0);
        failure != 0) {
      return FailErrno("io_uring buffer ring", -failure);
    }
    io_uring_buf_ring_init(buffer_ring_);
    for (unsigned i = kBuffersMax; i-- > 0;) {
      unused_buffers_.push_back(static_cast<uint16_t>(i));
    }
    AddBuffers();
    wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake_fd_ < 0) return FailErrno("eventfd", errno);
    ArmPoll(wake_fd_, kWakeTag);
    listeners_fd_ = epoll_create1(EPOLL_CLOEXEC);
    if (listeners_fd_ < 0) return FailErrno("epoll_create1", errno);
    PollListeners();
    return {};
  }

  std::string_view name() const override { return "io_uring"; }

  // A ring goes a while after its process, and what it polls with it: a listener would
  // still take connections, and its port. So it polls an epoll descriptor instead.
  Result<> AddListener(int fd, uint32_t tag) override {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = tag;
    if (epoll_ctl(listeners_fd_, EPOLL_CTL_ADD, fd, &event) == 0) return {};
    return FailErrno("epoll_ctl", errno);
  }
  void RemoveListener(int fd) override {
    epoll_ctl(listeners_fd_, EPOLL_CTL_DEL, fd, nullptr);
  }

  Result<> Add(Connection& connection) override {
    auto* state = new UringState;
    state->connection = &connection;
    state->fd = connection.fd();
    connection.loop_state = state;
    states_.insert(state);
    ArmReceive(*state);
    return {};
  }

  void Remove(Connection& connection) override {
    UringState& state = StateOf(connection);
    connection.loop_state = nullptr;
    state.connection = nullptr;
    state.wants_receiving = false;
    for (size_t i = state.received_begin; i < state.received.size(); ++i) {
      if (state.received[i].copy == nullptr) ReturnBuffer(state.received[i].buffer);
    }
    state.received.clear();
    state.received_begin = 0;
    CancelReceive(state);
    // Its peer may never read what is under way.
    if (state.is_sending) Cancel(reinterpret_cast<uint64_t>(&state) | kSendTag);
    if (state.is_listed) std::erase(listed_, &state);
    // What is queued must reach the kernel while the descriptor is open.
    Submit();
    FreeIfDone(state);
  }

  void SetReading(Connection& connection, bool is_on) override {
    UringState& state = StateOf(connection);
    state.wants_receiving = is_on;
    if (!is_on) {
      CopyReceived(state);
      return CancelReceive(state);
    }
    ArmReceive(state);
    if (state.HasInput()) List(state);
  }

  void LookAgain(Connection& connection) override {
    UringState& state = StateOf(connection);
    if (state.HasInput()) List(state);
  }

  void Wait(int timeout_ms) override {
    if (!is_enabled_) {
      // The thread that waits first is the one issuer of this ring. The call itself,
      // because the library of Debian 12 declares its wrapper without exporting it.
      const long failure = syscall(__NR_io_uring_register, ring_.ring_fd,
                                   IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
      SKARN_CHECK(failure == 0);
      is_enabled_ = true;
    }
    if (!listed_.empty() || !completions_.empty()) timeout_ms = 0;
    if (timeout_ms == 0) {
      io_uring_submit_and_get_events(&ring_);
    } else {
      __kernel_timespec timeout{.tv_sec = timeout_ms / 1000,
                                .tv_nsec = (timeout_ms % 1000) * 1000000LL};
      io_uring_cqe* ignored;
      io_uring_submit_and_wait_timeout(&ring_, &ignored, 1,
                                       timeout_ms < 0 ? nullptr : &timeout, nullptr);
    }
  }

  void Collect(Ready* ready) override {
    TakeCompletions();
    for (size_t i = 0; i < completions_.size(); ++i) {  // There may come more.
      const Completion completion = completions_[i];
      Handle(completion, ready);
    }
    completions_.clear();
    for (UringState* state : listed_) {
      state->is_listed = false;
      ready->readable.push_back(state->connection);
    }
    listed_.clear();
    RearmStarved();
  }

  void Trim() override {
    if (buffer_target_ > kBuffersMin && held_max_ <= buffer_target_ / 4) {
      buffer_target_ /= 2;  // Those that come back now are not used again.
    }
    held_max_ = held_count_;
    RetireBuffers();
  }

  IoStatus Receive(Connection& connection) override {
    UringState& state = StateOf(connection);
    InputBuffer& input = connection.input;
    size_t total = 0;
    while (state.HasReceived() && input.room() > 0) {
      Received& front = state.received[state.received_begin];
      const char* const data =
          front.copy != nullptr ? front.copy.get() : BufferAt(front.buffer);
      const size_t count = std::min<size_t>(front.end - front.begin, input.room());
      std::memcpy(input.tail(), data + front.begin, count);
      input.Added(count);
      total += count;
      front.begin += static_cast<uint32_t>(count);
      if (front.begin < front.end) break;
      if (front.copy == nullptr) ReturnBuffer(front.buffer);
      front.copy.reset();
      ++state.received_begin;
    }
    if (!state.HasReceived()) {
      state.received.clear();
      state.received_begin = 0;
      if (state.is_readable && input.room() > 0) total += ReceiveStream(state, input);
      ArmReceive(state);
    }
    if (state.HasReceived() || state.is_readable || (total > 0 && state.has_ended)) {
      List(state);
    }
    if (total > 0) return IoStatus::kDone;
    return state.has_ended ? IoStatus::kClosed : IoStatus::kBlocked;
  }

  IoStatus Send(Connection& connection) override {
    UringState& state = StateOf(connection);
    if (state.has_ended && state.is_broken) return IoStatus::kClosed;
    if (state.is_sending) {
      connection.wants_write = true;
      return IoStatus::kBlocked;
    }
    state.sending = std::move(connection.output);
    state.sending_block = std::move(connection.output_block);
    connection.sending_bytes = state.sending.pending_bytes();
    StartSend(state);
    return IoStatus::kDone;
  }

  void Flush() override {
    if (is_enabled_) Submit();
  }

  void Wake() override {
    const uint64_t one = 1;
    (void)!write(wake_fd_, &one, sizeof(one));
  }

 private:
  static UringState& StateOf(Connection& connection) {
    return *static_cast<UringState*>(connection.loop_state);
  }
  char* BufferAt(uint16_t buffer) { return buffers_[buffer].get(); }
  void OfferBuffer(uint16_t buffer) {
    io_uring_buf_ring_add(buffer_ring_, BufferAt(buffer), kBufferBytes, buffer,
                          io_uring_buf_ring_mask(kBuffersMax), 0);
    io_uring_buf_ring_advance(buffer_ring_, 1);
  }
  void AddBuffers() {
    while (kBuffersMax - unused_buffers_.size() < buffer_target_) {
      const uint16_t buffer = unused_buffers_.back();
      buffers_[buffer].reset(new (std::nothrow) char[kBufferBytes]);
      if (buffers_[buffer] == nullptr) return;  // The ones there are must do.
      unused_buffers_.pop_back();
      OfferBuffer(buffer);
    }
  }
  void ReturnBuffer(uint16_t buffer) {
    --held_count_;
    if (kBuffersMax - unused_buffers_.size() <= buffer_target_) {
      return OfferBuffer(buffer);
    }
    DropBuffer(buffer);
  }
  void DropBuffer(uint16_t buffer) {
    buffers_[buffer].reset();
    unused_buffers_.push_back(buffer);
  }

  // Takes back what the ring has too many of. Only the kernel takes a buffer out of it,
  // to fill it: so it gets something to read, once for each.
  void RetireBuffers() {
    const auto count = static_cast<unsigned>(kBuffersMax - unused_buffers_.size());
    if (count <= buffer_target_ || !is_enabled_) return;
    const unsigned surplus = std::min(count - buffer_target_, count - held_count_);
    const int source = eventfd(surplus, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
    if (source < 0) return;  // The next Trim tries again.
    for (unsigned i = 0; i < surplus; ++i) {
      io_uring_sqe* submission = NextSubmission();
      io_uring_prep_read(submission, source, nullptr, sizeof(uint64_t), 0);
      submission->flags |= IOSQE_BUFFER_SELECT;
      submission->buf_group = kBufferGroup;
      io_uring_sqe_set_data64(submission, kRetireTag);
    }
    Submit();
    close(source);
  }

  void TakeCompletions() {
    unsigned head, count = 0;
    io_uring_cqe* entry;
    io_uring_for_each_cqe(&ring_, head, entry) {
      ++count;
      completions_.push_back({entry->user_data, entry->res, entry->flags});
    }
    io_uring_cq_advance(&ring_, count);
  }

  // Everything queued, at once. The kernel takes nothing while completions overflow; they
  // make room then and are handled by the next Collect.
  void Submit() {
    while (is_enabled_ && (io_uring_submit(&ring_), io_uring_sq_ready(&ring_) > 0)) {
      TakeCompletions();
      io_uring_get_events(&ring_);
    }
  }

  io_uring_sqe* NextSubmission() {
    io_uring_sqe* submission = io_uring_get_sqe(&ring_);
    if (submission == nullptr) {
      Submit();
      submission = io_uring_get_sqe(&ring_);
      SKARN_CHECK(submission != nullptr);
    }
    return submission;
  }

  void ArmPoll(int fd, uint64_t data) {
    io_uring_sqe* submission = NextSubmission();
    io_uring_prep_poll_multishot(submission, fd, POLLIN);
    io_uring_sqe_set_data64(submission, data);
  }
  // Once: armed again for the next wait, it tells of connections still not accepted.
  void PollListeners() {
    io_uring_sqe* submission = NextSubmission();
    io_uring_prep_poll_add(submission, listeners_fd_, POLLIN);
    io_uring_sqe_set_data64(submission, kListenTag);
  }
  void Cancel(uint64_t data) {
    io_uring_sqe* submission = NextSubmission();
    io_uring_prep_cancel64(submission, data, 0);
    io_uring_sqe_set_data64(submission, kNoTag);
  }

  // Gives the buffers back that nobody takes for a while.
  void CopyReceived(UringState& state) {
    for (size_t i = state.received_begin; i < state.received.size(); ++i) {
      CopyReceived(state.received[i]);
    }
  }
  void CopyReceived(Received& received) {
    if (received.copy != nullptr) return;
    received.copy = std::make_unique_for_overwrite<char[]>(received.end);
    std::memcpy(received.copy.get(), BufferAt(received.buffer), received.end);
    ReturnBuffer(received.buffer);
  }

  void ArmReceive(UringState& state) {
    if (state.is_receiving || state.has_ended || !state.wants_receiving) return;
    if (state.is_readable) return;
    state.is_receiving = true;
    state.is_cancelling = false;
    state.is_polling = state.is_stream;
    io_uring_sqe* submission = NextSubmission();
    if (state.is_polling) {
      io_uring_prep_poll_add(submission, state.fd, POLLIN);
    } else {
      io_uring_prep_recv_multishot(submission, state.fd, nullptr, 0, 0);
      submission->flags |= IOSQE_BUFFER_SELECT;
      submission->buf_group = kBufferGroup;
    }
    io_uring_sqe_set_data64(submission, reinterpret_cast<uint64_t>(&state) | kReceiveTag);
  }
  void CancelReceive(UringState& state) {
    if (!state.is_receiving || state.is_cancelling) return;
    state.is_cancelling = true;
    Cancel(reinterpret_cast<uint64_t>(&state) | kReceiveTag);
  }

  void BeginStream(UringState& state) {
    if (state.is_stream) return;
    state.is_stream = true;
    state.full_receives = state.small_receives = 0;
    CancelReceive(state);  // Its end arms the poll.
  }

  // Nothing is armed, and all that came before is taken. The count of the bytes received.
  size_t ReceiveStream(UringState& state, InputBuffer& input) {
    const size_t room = input.room();
    const ssize_t count = recv(state.fd, input.tail(), room, MSG_DONTWAIT);
    const size_t received = count > 0 ? static_cast<size_t>(count) : 0;
    state.is_readable = received == room;
    if (received == 0) {
      const bool has_failed = count < 0 && errno != EAGAIN && errno != EINTR;
      state.is_broken |= has_failed;
      state.has_ended |= count == 0 || has_failed;
      return 0;
    }
    input.Added(received);
    state.small_receives = received < kBufferBytes ? state.small_receives + 1 : 0;
    if (state.small_receives >= kSmallReceivesOfNone && !state.is_readable) {
      state.is_stream = false;
    }
    return received;
  }

  void StartSend(UringState& state) {
    state.is_sending = true;
    io_uring_sqe* submission = NextSubmission();
    if (!state.sending.has_references()) {
      const Bytes bytes = state.sending.contiguous();
      io_uring_prep_send(submission, state.fd, bytes.data(), bytes.size(),
                         MSG_NOSIGNAL | MSG_WAITALL);
    } else {
      if (state.scattered == nullptr) state.scattered = std::make_unique<ScatteredSend>();
      ScatteredSend& scattered = *state.scattered;
      scattered.message.msg_iov = scattered.parts.data();
      scattered.message.msg_iovlen =
          state.sending.FillIovecs(scattered.parts.data(), kIovecsMax);
      io_uring_prep_sendmsg(submission, state.fd, &scattered.message,
                            MSG_NOSIGNAL | MSG_WAITALL);
    }
    io_uring_sqe_set_data64(submission, reinterpret_cast<uint64_t>(&state) | kSendTag);
  }

  void List(UringState& state) {
    if (state.is_listed || state.connection == nullptr) return;
    state.is_listed = true;
    listed_.push_back(&state);
  }

  void Handle(const Completion& completion, Ready* ready) {
    const uint64_t data = completion.user_data;
    const bool goes_on = (completion.flags & IORING_CQE_F_MORE) != 0;
    switch (data & kTagMask) {
      case kReceiveTag:
        return OnReceived(*reinterpret_cast<UringState*>(data & ~kTagMask), completion,
                          goes_on);
      case kSendTag:
        return OnSent(*reinterpret_cast<UringState*>(data & ~kTagMask), completion.result,
                      ready);
      case kWakeTag: {
        uint64_t ignored;
        (void)!read(wake_fd_, &ignored, sizeof(ignored));
        if (!goes_on) ArmPoll(wake_fd_, kWakeTag);
        return;
      }
      case kListenTag: {
        std::array<epoll_event, kListenEventsMax> events;
        const int count = epoll_wait(listeners_fd_, events.data(), kListenEventsMax, 0);
        for (int i = 0; i < count; ++i) {
          ready->listeners.push_back(events[static_cast<size_t>(i)].data.u32);
        }
        return PollListeners();
      }
      case kRetireTag:
        if ((completion.flags & IORING_CQE_F_BUFFER) != 0) {
          DropBuffer(static_cast<uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT));
        }
        return;
      default:
        return;
    }
  }

  void OnPolled(UringState& state, int result) {
    state.is_receiving = false;
    if (result == -ECANCELED) {
      ArmReceive(state);
    } else {
      state.is_readable = true;  // An error shows when it is received.
      List(state);
    }
    FreeIfDone(state);
  }

  void OnReceived(UringState& state, const Completion& completion, bool goes_on) {
    if (state.is_polling) return OnPolled(state, completion.result);
    if (!goes_on) state.is_receiving = false;
    const auto buffer =
        static_cast<uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
    const bool has_buffer = (completion.flags & IORING_CQE_F_BUFFER) != 0;
    if (has_buffer) held_max_ = std::max(held_max_, ++held_count_);
    if (has_buffer && completion.result <= 0) ReturnBuffer(buffer);
    if (completion.result > 0) {
      SKARN_DCHECK(has_buffer);
      if (state.connection == nullptr) {
        ReturnBuffer(buffer);
      } else {
        const auto size = static_cast<uint32_t>(completion.result);
        state.received.push_back({buffer, 0, size, nullptr});
        state.full_receives = size < kBufferBytes ? 0 : state.full_receives + 1;
        if (state.full_receives >= kFullReceivesOfStream) BeginStream(state);
        if (!state.wants_receiving) CopyReceived(state.received.back());
        List(state);
      }
    } else if (completion.result == -ENOBUFS) {
      if (buffer_target_ == kBuffersMax) BeginStream(state);
      starved_.push_back(&state);
      return;  // Armed again when buffers are back.
    } else if (completion.result != -ECANCELED) {
      state.has_ended = true;
      state.is_broken = completion.result < 0;
      List(state);
    }
    if (!goes_on) ArmReceive(state);
    FreeIfDone(state);
  }

  void OnSent(UringState& state, int result, Ready* ready) {
    state.is_sending = false;
    const bool is_open =
        state.connection != nullptr;  // Else the descriptor is another's.
    if (result > 0) {
      state.sending.Consume(static_cast<size_t>(result));
      if (is_open) state.connection->sending_bytes = state.sending.pending_bytes();
      if (is_open && !state.sending.empty()) return StartSend(state);
    } else if (is_open && (result == -EAGAIN || result == -EINTR)) {
      return StartSend(state);
    } else {
      state.has_ended = state.is_broken = true;
      List(state);
    }
    state.sending = OutputBuffer();
    state.scattered.reset();
    blocks_.Give(std::move(state.sending_block));
    if (is_open) {
      Connection& connection = *state.connection;
      connection.sending_bytes = 0;
      if (connection.wants_write || connection.closes_after_reply) {
        connection.wants_write = false;
        ready->writable.push_back(&connection);
      }
    }
    FreeIfDone(state);
  }

  void RearmStarved() {
    if (starved_.empty()) return;
    if (buffer_target_ < kBuffersMax) {
      buffer_target_ *= 2;
      AddBuffers();
    }
    std::vector<UringState*> starved;
    starved.swap(starved_);
    for (UringState* state : starved) {
      ArmReceive(*state);
      FreeIfDone(*state);
    }
  }

  void FreeIfDone(UringState& state) {
    if (state.connection != nullptr || state.is_receiving || state.is_sending) return;
    std::erase(starved_, &state);
    states_.erase(&state);
    delete &state;
  }

  BlockPool& blocks_;
  io_uring ring_{};
  bool is_enabled_ = false;
  std::vector<Completion> completions_;  // Taken from the ring, to be handled.
  int wake_fd_ = -1;
  int listeners_fd_ = -1;
  std::array<std::unique_ptr<char[]>, kBuffersMax> buffers_;
  std::vector<uint16_t> unused_buffers_;  // Places of buffers_ without one.
  unsigned buffer_target_ = kBuffersMin;
  unsigned held_count_ = 0;  // Buffers with bytes that Receive has not taken.
  unsigned held_max_ = 0;    // The most since the last Trim.
  io_uring_buf_ring* buffer_ring_ = nullptr;
  std::unordered_set<UringState*> states_;
  std::vector<UringState*> listed_;   // To be reported as readable by the next Wait.
  std::vector<UringState*> starved_;  // Their receive ended for want of buffers.
};

}  // namespace

Result<std::unique_ptr<EventLoop>> CreateUringLoop(BlockPool& blocks) {
  auto loop = std::make_unique<UringLoop>(blocks);
  if (auto made = loop->Init(); !made) return std::unexpected(std::move(made.error()));
  return loop;
}

}  // namespace skarn

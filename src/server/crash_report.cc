// SPDX-License-Identifier: BSD-3-Clause
#include "server/crash_report.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "server/process.h"

namespace skarn {
namespace {

constexpr int kFramesMax = 100;
constexpr int kFatalSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

char
    log_path_copy[4096];  // Read inside a signal handler, where nothing may be allocated.

void Write(int fd, std::string_view text) {
  (void)!write(fd, text.data(), text.size());
}

void WriteStack(int fd) {
  void* frames[kFramesMax];
  const int count = backtrace(frames, kFramesMax);
  backtrace_symbols_fd(frames, count, fd);
}

int OpenLog() {
  return log_path_copy[0] == '\0'
             ? dup(STDOUT_FILENO)
             : open(log_path_copy, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

void WriteThread(int fd) {
  char name[32] = "";
  prctl(PR_GET_NAME, name);
  char line[64];
  const int size = std::snprintf(line, sizeof(line), "\nThread %d, %s:\n",
                                 static_cast<int>(syscall(SYS_gettid)), name);
  Write(fd, {line, static_cast<size_t>(size)});
  WriteStack(fd);
}

// The thread whose stack is waited for; 0 when it has written it.
std::atomic<int> awaited_tid{0};

// As many as the kernel lists in one go; no allocation in a signal handler.
void ForEachThread(void (*visit)(int tid)) {
  const int directory = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  alignas(8) char entries[16384];
  const long size = syscall(SYS_getdents64, directory, entries, sizeof(entries));
  close(directory);
  // struct linux_dirent64: inode and offset of 8 bytes, the record's size, a type, the
  // name.
  for (long at = 0; at < size;) {
    uint16_t record_bytes;
    std::memcpy(&record_bytes, entries + at + 16, sizeof(record_bytes));
    int tid = 0;
    for (const char* p = entries + at + 19; *p >= '0' && *p <= '9'; ++p) {
      tid = tid * 10 + (*p - '0');
    }
    if (tid != 0) visit(tid);
    at += record_bytes;
  }
}

// Whether the thread has blocked SIGALRM, and so will not answer.
bool BlocksAlarm(int tid) {
  char path[64];
  std::snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return true;
  char text[4096];
  const ssize_t size = read(file, text, sizeof(text) - 1);
  close(file);
  if (size <= 0) return true;
  text[size] = 0;
  const char* mask = std::strstr(text, "\nSigBlk:\t");
  if (mask == nullptr) return false;
  return (std::strtoull(mask + 9, nullptr, 16) >> (SIGALRM - 1) & 1) != 0;
}

// A look at where the threads are, one after the other.
void TraceOther(int tid) {
  if (tid == syscall(SYS_gettid) || BlocksAlarm(tid)) return;
  awaited_tid.store(tid, std::memory_order_release);
  if (syscall(SYS_tgkill, getpid(), tid, SIGALRM) != 0) return;
  const timespec pause{.tv_sec = 0, .tv_nsec = 1000000};
  // A busy machine may let it wait; one that never answers (stopped, say) is left.
  for (int i = 0; i < 1000 && awaited_tid.load(std::memory_order_acquire) != 0; ++i) {
    nanosleep(&pause, nullptr);
  }
}

// kill -ALRM: the stacks of all threads go to the log, the server goes on.
void Trace(int, siginfo_t* info, void*) {
  const int saved_errno = errno;
  const int fd = OpenLog();
  if (fd >= 0) {
    const bool is_asked_by_thread = info->si_code == SI_TKILL;
    if (!is_asked_by_thread) Write(fd, "\n--- Received SIGALRM: STACK TRACE ---\n");
    WriteThread(fd);
    if (is_asked_by_thread) {
      int self = static_cast<int>(syscall(SYS_gettid));
      awaited_tid.compare_exchange_strong(self, 0, std::memory_order_acq_rel);
    } else {
      ForEachThread(&TraceOther);
      Write(fd, "\n--- STACK TRACE DONE ---\n");
    }
    close(fd);
  }
  errno = saved_errno;
}

void Report(int signal, siginfo_t* info, void*) {
  const int fd = OpenLog();
  if (fd >= 0) {
    char name[32] = "";
    prctl(PR_GET_NAME, name);
    char line[256];
    const int size = std::snprintf(
        line, sizeof(line),
        "\n\n=== SKARN BUG REPORT START: Cut & paste starting from here ===\n"
        "Skarn %.*s crashed by signal: %d, si_code: %d\nThread: %s, address: %p\n\n",
        static_cast<int>(kSkarnVersion.size()), kSkarnVersion.data(), signal,
        info->si_code, name, info->si_addr);
    Write(fd, {line, static_cast<size_t>(size)});
    Write(fd, "------ STACK TRACE ------\n");
    WriteStack(fd);
    Write(fd, "------ STACK TRACE DONE ------\n\n=== SKARN BUG REPORT END ===\n");
  }
  // Once more, without us: for the core file and the exit status.
  struct sigaction plain;
  std::memset(&plain, 0, sizeof(plain));
  plain.sa_handler = SIG_DFL;
  sigaction(signal, &plain, nullptr);
  raise(signal);
}

}  // namespace

void InstallCrashReport(const std::string& log_path) {
  std::snprintf(log_path_copy, sizeof(log_path_copy), "%s", log_path.c_str());
  void* warm_up[1];
  backtrace(warm_up, 1);  // It loads a library at its first use.
  struct sigaction action;
  std::memset(&action, 0, sizeof(action));
  action.sa_sigaction = &Report;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESETHAND;
  for (const int signal : kFatalSignals) sigaction(signal, &action, nullptr);
  action.sa_sigaction = &Trace;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
}

}  // namespace skarn

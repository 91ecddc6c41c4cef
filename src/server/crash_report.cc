// SPDX-License-Identifier: BSD-3-Clause
#include "server/crash_report.h"

#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
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

void Report(int signal, siginfo_t* info, void*) {
  const int fd =
      log_path_copy[0] == '\0'
          ? STDOUT_FILENO
          : open(log_path_copy, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
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
}

}  // namespace skarn

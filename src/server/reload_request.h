// SPDX-License-Identifier: BSD-3-Clause
//
// `skarn-server --reload PID` sends SIGHUP as kill does, and waits for what became of it:
// a service manager that runs it hears of a refusal, and the reason gets into its
// journal.
//
// The one who asks listens at an abstract unix address with its process id in it. The
// server, which learns that id with the signal, answers there; nobody listens for a plain
// kill. Threads: the main thread.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/bytes.h"

namespace skarn {

// The program: returns its exit status. Says what became of the reload, and fails if it
// is refused or no answer comes within kReloadPatienceUs.
constexpr int64_t kReloadPatienceUs = 60'000'000;
int RequestReload(const std::string& process_id);

// Tells `asker` whether the reload came about, and how. Waits for nothing, and tells
// nobody who is not the sender of the signal.
void AnswerReload(pid_t asker, bool is_applied, Bytes text);

}  // namespace skarn

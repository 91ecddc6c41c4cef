// SPDX-License-Identifier: BSD-3-Clause
//
// Where threads run (server-cpulist, bio-cpulist, bgsave-cpulist, worker-pinning) and
// what of the allocator follows the machine. What the system refuses is logged once and
// left alone. Threads: the starting thread, and PinWorker on each worker's own.
#pragma once

#include "machine/cpu_list.h"
#include "server/config.h"
#include "server/machine_settings.h"

namespace skarn {

// Constant once workers run.
struct ThreadPlaces {
  CpuList process;     // Where every thread may run that is named nowhere below.
  CpuList workers;     // The CPU of each worker by index; empty: not pinned.
  CpuList saver;       // Empty only if the system tells nothing about CPUs.
  CpuList background;  // The thread that frees what is large.
};

// Moves the calling thread, and with it those made later, to server-cpulist, and works
// out the places of the others.
ThreadPlaces PlaceThreads(const Config& config);

// Calls `start` while the calling thread may run on `cpus` only, so that a thread made in
// it is born there.
void RunOn(const CpuList& cpus, void (*start)());

// Pins the calling thread, worker `index`.
void PinWorker(const ThreadPlaces& places, size_t index);

// allocator-decay-ms, slab-hugepages and disable-thp, before there is data.
void ApplyAllocatorSettings(const Config& config);

// One line about the machine and its profile, and one for each value left alone because
// the machine does not allow it.
void LogMachine(const MachineChoice& choice);

}  // namespace skarn

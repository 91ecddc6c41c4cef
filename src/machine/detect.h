// SPDX-License-Identifier: BSD-3-Clause
//
// The parts of DetectMachine, one for each kind of facts. Each fills its own fields.
// Threads: any; functions.
#pragma once

#include "machine/facts.h"

namespace skarn {

void DetectFirmware(const MachineFiles& files, MachineFacts& facts);
void DetectCpu(const MachineFiles& files, MachineFacts& facts);
void DetectTopology(const MachineFiles& files, MachineFacts& facts);
// After DetectTopology.
void DetectLimits(const MachineFiles& files, MachineFacts& facts);
void DetectSystem(const MachineFiles& files, MachineFacts& facts);
// After DetectFirmware and DetectCpu.
void DetectVirtualisation(const MachineFiles& files, MachineFacts& facts);
void DetectContainer(const MachineFiles& files, MachineFacts& facts);
void DetectNics(const MachineFiles& files, MachineFacts& facts);

}  // namespace skarn

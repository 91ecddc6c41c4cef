// SPDX-License-Identifier: BSD-3-Clause
//
// MachineFacts: what could be found out about the machine, from files alone and without
// network. What could not is empty or 0, and `notes` says what was there but not
// believed. Threads: plain data.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "machine/cpu_list.h"
#include "machine/files.h"

namespace skarn {

enum class Cloud : uint8_t { kUnknown, kEc2, kGce, kAzure };
std::string_view CloudName(Cloud cloud);  // "ec2"; "unknown".

struct CacheFact {
  int level = 0;
  std::string type;  // "Data", "Instruction", "Unified".
  uint64_t size_bytes = 0;
  CpuList shared_by;
};

struct NodeFact {
  int id = 0;
  CpuList cpus;
  uint64_t memory_bytes = 0;
};

struct NicFact {
  std::string name;
  std::string driver;
  size_t rx_queues = 0;
  size_t tx_queues = 0;
};

struct MachineFacts {
  // Firmware (DMI).
  Cloud cloud = Cloud::kUnknown;
  std::string system_vendor, product, bios_vendor;
  std::string instance_type;    // "c7g.4xlarge"; only EC2 tells it.
  std::string instance_family;  // "c7g".

  // CPU.
  std::string architecture;  // "x86_64", "aarch64".
  std::string cpu_model;     // In the words of the CPU or of our table.
  std::string cpu_id;        // "intel-6-106", "amd-25-1", "arm-41-d40".
  std::set<std::string> features;
  size_t online_cpus = 0;
  size_t cores = 0, packages = 0;
  size_t threads_per_core = 0;
  size_t cache_line_bytes = 0;
  std::vector<CacheFact> caches;  // Of the first CPU.
  std::vector<NodeFact> nodes;

  // What this process may use of it.
  CpuList allowed_cpus;     // By affinity and cpuset.
  double cpu_quota = 0;     // In CPUs, of the tightest cgroup; 0: no limit.
  size_t granted_cpus = 1;  // min(allowed, quota rounded up), at least 1.
  std::string cgroup;       // "v1", "v2"; empty when there is none.
  uint64_t memory_bytes = 0;
  uint64_t memory_limit_bytes = 0;  // Of the tightest cgroup; 0: no limit.
  uint64_t swap_bytes = 0;
  bool is_container = false;

  // The system.
  std::string kernel;  // "6.1.0-18-arm64".
  int kernel_major = 0, kernel_minor = 0;
  size_t page_bytes = 0;
  std::string thp, thp_defrag;  // The chosen words; empty without THP.
  uint64_t thp_bytes = 0;
  std::string virtualisation;  // "nitro", "kvm", "hyperv", "xen", "metal", "none".
  std::string clock_source;
  uint64_t system_call_ns = 0;  // base/system_call.h; of a live machine only.
  std::vector<NicFact> nics;    // Those with a device.

  std::vector<std::string> notes;

  bool HasFeature(const std::string& name) const { return features.contains(name); }
  // The memory that may be used: of the machine or of the cgroup. 0: not known.
  uint64_t UsableMemoryBytes() const;
  // Whether the CPUs are a part of the machine with exactly their quota: what the static
  // CPU manager of Kubernetes gives to one container alone. A quota above the CPUs says
  // nothing of the kind: such containers share what the others leave.
  bool HasCpusToItself() const;
};

MachineFacts DetectMachine(const MachineFiles& files);

// The facts as "name: value" pairs for people and INFO, unknown ones as "unknown".
std::vector<std::pair<std::string, std::string>> DescribeFacts(const MachineFacts& facts);

}  // namespace skarn

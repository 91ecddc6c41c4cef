// SPDX-License-Identifier: BSD-3-Clause
//
// Network cards: which CPUs take interrupts and packets, queues, moderation; and the
// units that bring back at a start what no sysctl can say.
#include <algorithm>

#include <fmt/format.h>

#include "tools/tune/nic_control.h"
#include "tools/tune/plan.h"

namespace skarn {
namespace {

constexpr size_t kQueuesMax = 1024;  // Of a card: far more than any has.
constexpr std::string_view kUnitName = "skarn-tune.service";
constexpr std::string_view kUnitText =
    R"([Unit]
Description=Skarn host settings
Documentation=man:skarn-tune(8)
After=network-pre.target systemd-sysctl.service irqbalance.service
Before=skarn-server.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/skarn-tune apply --runtime
ExecStop=/usr/bin/skarn-tune revert --runtime
SuccessExitStatus=3

[Install]
WantedBy=multi-user.target
)";

// Lets the kernel hand packets of each queue on to the other CPUs, or not.
void PlanPacketSteering(PlanMaker& maker, const NicFact& nic) {
  const ProfileValue* const host = maker.Host("rps");
  if (host == nullptr) return;
  const CpuList& cpus = maker.request().facts.allowed_cpus;
  const bool is_on = host->value == "on" && nic.rx_queues < cpus.size();
  const std::string mask = is_on ? FormatCpuMask(cpus) : "0";
  const auto is_zero = [](const std::string& text) {
    return text.find_first_not_of("0, \n") == std::string::npos;
  };
  for (size_t i = 0; i < std::min(nic.rx_queues, kQueuesMax); ++i) {
    const std::string path =
        fmt::format("/sys/class/net/{}/queues/rx-{}/rps_cpus", nic.name, i);
    const auto now = maker.request().files.Read(path);
    if (now && is_zero(*now) && !is_on) continue;  // "00000000" is off as well.
    maker.WantValue(path, mask, fmt::format("{} queue {} packet steering", nic.name, i),
                    host->reason);
  }
}

void PlanInterrupts(PlanMaker& maker, const NicFact& nic) {
  const ProfileValue* const host = maker.Host("irq");
  const PlanRequest& request = maker.request();
  const CpuList& cpus = request.facts.allowed_cpus;
  if (host == nullptr || host->value != "spread" || cpus.empty()) return;
  const auto numbers =
      request.files.List("/sys/class/net/" + nic.name + "/device/msi_irqs");
  if (numbers.empty()) return;
  if (request.files.Exists("/run/irqbalance") ||
      request.files.Exists("/run/irqbalance.pid")) {
    return maker.LeaveAlone(nic.name + " interrupts",
                            "irqbalance runs and would move them again");
  }
  size_t next = 0;
  for (const std::string& number : numbers) {
    if (next == kQueuesMax) break;
    const std::string path = "/proc/irq/" + number + "/smp_affinity_list";
    const int cpu = cpus[next++ % cpus.size()];
    const auto original = maker.Original({.path = path});
    const auto list = original ? ParseCpuList(*original) : std::nullopt;
    if (list && list->size() == 1) continue;  // The driver or somebody has placed it.
    maker.WantValue(path, fmt::to_string(cpu),
                    fmt::format("{} interrupt {}", nic.name, number), host->reason);
  }
}

void WantOfDriver(PlanMaker& maker, const NicFact& nic, const char* key,
                  const std::string& value, const std::string& reason) {
  const std::string path = nic.name + " " + key;
  maker.Want({.kind = ChangeKind::kNic,
              .path = path,
              .after = value,
              .name = path,
              .reason = reason});
}

void PlanModeration(PlanMaker& maker, const NicFact& nic) {
  const ProfileValue* const host = maker.Host("adaptive-rx");
  if (host == nullptr || nic.driver != "ena") return;
  constexpr const char* kKey = "adaptive-rx";
  if (!ReadNic(maker.request().files, nic.name).contains(kKey)) {
    return maker.LeaveAlone(nic.name + " " + kKey,
                            "the driver does not tell or there is no permission");
  }
  WantOfDriver(maker, nic, kKey, host->value, host->reason);
}

void PlanQueuesOf(PlanMaker& maker, const NicFact& nic) {
  const ProfileValue* const host = maker.Host("queues");
  if (host == nullptr) return;
  constexpr const char* kKey = "combined";
  const NicValues values = ReadNic(maker.request().files, nic.name);
  if (!values.contains(kKey) || !values.contains("combined-max")) return;
  const int64_t count = NumberOf(values.at(kKey)).value_or(0);
  const int64_t most = NumberOf(values.at("combined-max")).value_or(0);
  const int64_t wanted = std::min(NumberOf(host->value).value_or(0), most);
  const Change* const known =
      maker.request().state.Find(ChangeKind::kNic, nic.name + " " + kKey);
  if (count > 0 && (wanted > count || known != nullptr)) {
    WantOfDriver(
        maker, nic, kKey, fmt::to_string(wanted),
        host->reason + "; when they are there their interrupts and steering follow");
  }
}

}  // namespace

void PlanQueues(PlanMaker& maker) {
  for (const NicFact& nic : maker.request().facts.nics) PlanQueuesOf(maker, nic);
}

void PlanNics(PlanMaker& maker) {
  for (const NicFact& nic : maker.request().facts.nics) {
    PlanPacketSteering(maker, nic);
    PlanInterrupts(maker, nic);
    PlanModeration(maker, nic);
  }
}

void PlanUnits(PlanMaker& maker) {
  const MachineFiles& files = maker.request().files;
  const std::string own = fmt::format("/etc/systemd/system/{}", kUnitName);
  std::string unit = own;
  for (const auto folder : {"/usr/lib/systemd/system/", "/lib/systemd/system/"}) {
    const std::string packaged = folder + std::string(kUnitName);
    if (unit == own && files.Exists(packaged)) unit = packaged;
  }
  if (unit == own) {
    maker.Want({.kind = ChangeKind::kFile,
                .path = own,
                .after = std::string(kUnitText),
                .name = own,
                .reason = "brings back at every start what sysctl.d cannot say"});
  }
  const std::string wants =
      fmt::format("/etc/systemd/system/multi-user.target.wants/{}", kUnitName);
  maker.Want({.kind = ChangeKind::kLink,
              .path = wants,
              .after = unit,
              .name = wants,
              .reason = "enables that unit"});
}

}  // namespace skarn

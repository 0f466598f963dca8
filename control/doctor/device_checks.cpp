// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "control/doctor/checks.h"

namespace synward::control {
namespace {

using Level = Finding::Level;

std::string pci_folder(const std::string& address) {
    return "/sys/bus/pci/devices/" + address;
}

/// Drivers from which DPDK takes a device over without unbinding it.
constexpr std::array<std::string_view, 3> kSharedDrivers{"mlx5_core", "mlx4_core", "mana"};
/// Drivers under which DPDK finds a device.
constexpr std::array<std::string_view, 3> kDpdkDrivers{"vfio-pci", "uio_pci_generic", "igb_uio"};

template <typename List>
bool contains(const List& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

std::vector<LinkDevice> devices_of(const Examination& examination) {
    std::vector<LinkDevice> devices;
    for (const config::Link& link : examination.configuration.links) {
        for (const std::string& device : {link.outside, link.inside}) {
            devices.push_back(link_device_of(examination.machine, device));
        }
    }
    return devices;
}

bool any_pci(const std::vector<LinkDevice>& devices) {
    return std::any_of(devices.begin(), devices.end(),
                       [](const LinkDevice& device) { return !device.pci.empty(); });
}

Finding check_driver(const Machine& machine, const LinkDevice& device) {
    const std::string subject = "device " + device.pci;
    if (!machine.exists(pci_folder(device.pci))) {
        return {Level::kFail, subject, "there is none at this address",
                "lspci -D | grep -i ethernet lists those that there are"};
    }
    const std::string driver = machine.link(pci_folder(device.pci) + "/driver").value_or("");
    if (contains(kDpdkDrivers, driver) || contains(kSharedDrivers, driver)) {
        return {Level::kPass, subject, "bound to " + driver, ""};
    }
    return {Level::kFail, subject,
            driver.empty() ? "bound to no driver" : fmt::format("bound to the kernel's {}", driver),
            fmt::format("modprobe vfio-pci && synward-setup bind {}", device.pci)};
}

}  // namespace

LinkDevice link_device_of(const Machine& machine, const std::string& device) {
    LinkDevice found{.text = device, .pci = {}, .interface = {}};
    if (!device.starts_with("net_")) {
        found.pci = device.substr(0, device.find(','));
        const auto interfaces = machine.names(pci_folder(found.pci) + "/net");
        found.interface = interfaces.empty() ? "" : interfaces.front();
        return found;
    }
    constexpr std::string_view kInterface = "iface=";
    if (const auto place = device.find(kInterface); place != std::string::npos) {
        const std::string rest = device.substr(place + kInterface.size());
        found.interface = rest.substr(0, rest.find(','));
    }
    return found;
}

Findings check_iommu(const Examination& examination) {
    const std::vector<LinkDevice> devices = devices_of(examination);
    if (!any_pci(devices)) {
        return {{Level::kPass, "IOMMU", "not needed: no link has a PCI device", ""}};
    }
    if (examination.machine.names("/sys/kernel/iommu_groups").empty()) {
        return {{Level::kFail, "IOMMU", "is off: vfio-pci does not take devices",
                 "switch it on in the firmware and by intel_iommu=on (or amd_iommu=on) iommu=pt on "
                 "the kernel's command line"}};
    }
    return {{Level::kPass, "IOMMU", "is on", ""}};
}

Findings check_drivers(const Examination& examination) {
    Findings findings;
    for (const LinkDevice& device : devices_of(examination)) {
        if (!device.pci.empty()) {
            findings.push_back(check_driver(examination.machine, device));
        } else if (!device.interface.empty() &&
                   !examination.machine.exists("/sys/class/net/" + device.interface)) {
            findings.push_back({Level::kFail, "device " + device.text,
                                fmt::format("there is no interface {}", device.interface),
                                "ip link lists those that there are"});
        }
    }
    return findings;
}

Findings check_numa(const Examination& examination) {
    const Machine& machine = examination.machine;
    Findings findings;
    for (const LinkDevice& device : devices_of(examination)) {
        const auto node = device.pci.empty()
                              ? std::nullopt
                              : machine.number(pci_folder(device.pci) + "/numa_node");
        if (!node || *node < 0) {
            continue;
        }
        const auto near =
            machine.numbers(fmt::format("/sys/devices/system/node/node{}/cpulist", *node));
        std::vector<unsigned> far;
        for (const unsigned core : examination.configuration.workers.cores) {
            if (std::find(near.begin(), near.end(), core) == near.end()) {
                far.push_back(core);
            }
        }
        if (!far.empty()) {
            findings.push_back({Level::kWarn, "NUMA",
                                fmt::format("{} is at node {}, workers {} are not: each packet "
                                            "crosses between the sockets",
                                            device.pci, *node, list_of(far)),
                                fmt::format("workers.cores: of {}", list_of(near))});
        }
    }
    if (findings.empty()) {
        findings.push_back({Level::kPass, "NUMA", "devices and workers are at the same node", ""});
    }
    return findings;
}

Findings check_mtu(const Examination& examination) {
    const Machine& machine = examination.machine;
    Findings findings;
    for (const config::Link& link : examination.configuration.links) {
        std::array<std::int64_t, 2> mtu{};
        std::size_t side = 0;
        for (const std::string& text : {link.outside, link.inside}) {
            const LinkDevice device = link_device_of(machine, text);
            mtu[side++] = machine.number("/sys/class/net/" + device.interface + "/mtu").value_or(0);
        }
        if (examination.configuration.mtu != 0) {
            continue;  // synward sets it at both
        }
        if (mtu[0] != 0 && mtu[1] != 0 && mtu[0] != mtu[1]) {
            findings.push_back({Level::kFail, "MTU",
                                fmt::format("link {}: {} outside and {} inside: larger packets of "
                                            "one side are lost without a word",
                                            link.name, mtu[0], mtu[1]),
                                "set the same at both, or 'mtu:' in the policy"});
        }
    }
    if (findings.empty()) {
        findings.push_back({Level::kPass, "MTU", "the same on both sides of each link", ""});
    }
    return findings;
}

Findings check_offloads(const Examination& examination) {
    Findings findings;
    for (const LinkDevice& device : devices_of(examination)) {
        if (device.interface.empty() || !device.pci.empty()) {
            continue;  // DPDK's own drivers take what the policy says
        }
        const auto offloads = examination.offloads_of(device.interface);
        if (offloads && (offloads->receive_coalescing || offloads->segmentation)) {
            findings.push_back(
                {Level::kWarn, "offloads",
                 fmt::format("{} joins segments, which then no longer fit a packet buffer or the "
                             "other side",
                             device.interface),
                 fmt::format("ethtool -K {} gro off lro off gso off tso off", device.interface)});
        }
    }
    if (findings.empty()) {
        findings.push_back({Level::kPass, "offloads", "no interface joins segments", ""});
    }
    return findings;
}

Findings check_steering(const Examination& examination) {
    const config::Workers& workers = examination.configuration.workers;
    if (workers.cores.size() == 1) {
        return {{Level::kPass, "RSS symmetry", "one worker: nothing to steer", ""}};
    }
    if (workers.steering == config::Steering::kSoftware || !any_pci(devices_of(examination))) {
        return {
            {Level::kPass, "RSS symmetry", "not needed: workers hand packets over themselves", ""}};
    }
    return {{workers.steering == config::Steering::kRss ? Level::kWarn : Level::kPass,
             "RSS symmetry", "asked of the devices when synward starts",
             workers.steering == config::Steering::kRss
                 ? "without it synward does not start; 'steering: auto' hands over by software then"
                 : ""}};
}

}  // namespace synward::control

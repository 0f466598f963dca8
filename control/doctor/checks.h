// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "control/doctor/finding.h"
#include "control/doctor/machine.h"

namespace synward::control {

/// What of a kernel interface makes segments larger, or checksums left undone, before a program
/// that reads packets from it sees them.
struct InterfaceOffloads {
    bool receive_coalescing = false;  ///< generic or large receive offload
    bool segmentation = false;        ///< TCP segmentation offload
};

/// All that a check looks at.
struct Examination {
    const Machine& machine;
    const config::Configuration& configuration;
    std::uint64_t memory_needed = 0;                   ///< bytes, of DPDK memory
    std::optional<std::uint64_t> locked_memory_limit;  ///< bytes; absent: none
    /// Of a kernel interface; nothing where it cannot be told.
    std::function<std::optional<InterfaceOffloads>(const std::string&)> offloads_of;
};

/// The device of a link, as far as the kernel knows it.
struct LinkDevice {
    std::string text;       ///< as in the policy
    std::string pci;        ///< PCI address, or empty
    std::string interface;  ///< the kernel's interface, or empty
};
LinkDevice link_device_of(const Machine& machine, const std::string& device);

// processor_checks.cpp
Findings check_processor(const Examination& examination);
Findings check_cores(const Examination& examination);
Findings check_isolation(const Examination& examination);
Findings check_governor(const Examination& examination);
Findings check_clock(const Examination& examination);
// memory_checks.cpp
Findings check_huge_pages(const Examination& examination);
Findings check_huge_page_files(const Examination& examination);
Findings check_locked_memory(const Examination& examination);
// device_checks.cpp
Findings check_iommu(const Examination& examination);
Findings check_drivers(const Examination& examination);
Findings check_numa(const Examination& examination);
Findings check_mtu(const Examination& examination);
Findings check_offloads(const Examination& examination);
Findings check_steering(const Examination& examination);

/// All of them, in the order in which an operator sets a machine up.
Findings examine(const Examination& examination);

}  // namespace synward::control

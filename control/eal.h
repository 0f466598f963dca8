// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/configuration.h"

namespace synward::control {

/// As DPDK counts memory on its command line.
inline constexpr std::uint64_t kMegabyte = std::uint64_t{1} << 20U;

/// Bytes that DPDK is to have from the start: for the engine, which asks for `memory_needed`, and
/// for what captures through DPDK.
std::uint64_t memory_to_reserve(const config::Configuration& configuration,
                                std::uint64_t memory_needed);

/// DPDK's command line for `configuration`: cores, memory and devices, then the operator's own
/// arguments. `memory_needed` in bytes is what the engine will ask for; `huge_pages` whether they
/// are to be used.
std::vector<std::string> eal_arguments(const config::Configuration& configuration,
                                       std::uint64_t memory_needed, bool huge_pages);

/// The processors that the control thread and DPDK's own may use, "0,2,3": those of this process
/// without a worker, or all where none is left.
std::string control_processors(const std::vector<unsigned>& workers);

/// Whether DPDK can make its telemetry socket here: its folder is there or can be made.
bool telemetry_is_possible();

/// Bytes of huge pages that are free on this machine.
std::uint64_t free_huge_pages();

/// DPDK's environment while it lives. One in a process.
class Eal {
  public:
    /// Throws std::runtime_error when DPDK does not start.
    explicit Eal(const std::vector<std::string>& arguments);
    ~Eal();
    Eal(const Eal&) = delete;
    Eal& operator=(const Eal&) = delete;
};

}  // namespace synward::control

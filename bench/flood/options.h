// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "flood/specification.h"

namespace synward::flood {

/// What the command line asks for.
struct Options {
    FloodSpecification specification;
    std::string port;   ///< a DPDK vdev string or PCI address; empty where `write` is given
    std::string write;  ///< the pcap file to write instead
    bool allow_pci = false;
    bool source_mac_given = false;  ///< otherwise the port's own
    double rate = 0;                ///< packets per second, 0 for flat out
    std::optional<std::chrono::nanoseconds> duration;
    std::optional<std::uint64_t> count;
    std::optional<unsigned> core;  ///< the CPU to run on; otherwise those of the process
    bool sleep = false;            ///< leave the CPU between bursts
    bool receive = true;           ///< count the answers
    bool json = false;
    std::vector<std::string> eal_arguments;  ///< those behind "--"
};

/// Reads the command line. Where it is wrong, or asks for help, says so to the user and returns the
/// exit status (2 and 0).
std::variant<Options, int> parse_command_line(int argc, const char* const* argv);

}  // namespace synward::flood

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "defense/policy.h"

namespace synward::config {

/// A bump in the wire: what enters at one device leaves at the other.
struct Link {
    std::string name;
    std::string outside;  ///< towards clients: a PCI address or a DPDK vdev string
    std::string inside;   ///< towards servers
};

/// How a packet reaches the worker that owns its connection.
enum class Steering : std::uint8_t {
    kAuto,      ///< kRss where every device can, else kSoftware
    kRss,       ///< the device's symmetric receive-side scaling
    kSoftware,  ///< the worker that received it hands it over through a ring
};

/// Where the workers' time comes from.
enum class Clock : std::uint8_t {
    kTsc,     ///< the processor's time stamp counter
    kPacket,  ///< the packets' own time stamps, so that a capture replays to the same result
};

enum class HugePages : std::uint8_t { kAuto, kOn, kOff };

struct Workers {
    std::vector<unsigned> cores{0};  ///< one worker on each
    Steering steering = Steering::kAuto;
    Clock clock = Clock::kTsc;
    /// Slept after polls that found nothing, for machines that have other work; zero: never.
    std::chrono::microseconds idle_sleep{0};
};

struct Memory {
    HugePages huge_pages = HugePages::kAuto;
    std::uint64_t size = std::uint64_t{512} << 20;  ///< bytes for packets and flows
    std::uint32_t packet_buffers = 16384;           ///< per link
    std::uint32_t packet_buffer_size = 2048;        ///< bytes of data room in each, 1024-9728
};

/// The socket at which the control thread is asked.
struct Control {
    std::string socket = "/run/synward/synward.sock";  ///< empty: none
    bool is_socket_required = false;                   ///< the run does not begin without it
    std::string group;                                 ///< empty: the process's own
};

/// Where Prometheus scrapes and the status page is.
struct Metrics {
    std::string listen = "127.0.0.1:9108";  ///< "ADDRESS:PORT", IPv6 in brackets; empty: nowhere
    bool is_required = false;               ///< the run does not begin without it
};

enum class LogFormat : std::uint8_t { kLogfmt, kJson };
enum class LogLevel : std::uint8_t { kError, kWarning, kInfo, kDebug };

struct Log {
    LogFormat format = LogFormat::kLogfmt;
    LogLevel level = LogLevel::kInfo;  ///< the least that is written
};

/// DPDK's own telemetry socket.
enum class Telemetry : std::uint8_t {
    kAuto,  ///< where its folder can be written
    kOn,
    kOff,
};

/// DPDK's own programs that attach to the running box, such as dpdk-dumpcap.
struct Dpdk {
    bool secondary_processes = false;     ///< they can attach
    std::string file_prefix = "synward";  ///< the name under which they find the box
};

/// One policy file, validated: what to run on and what to defend.
struct Configuration {
    std::vector<Link> links;
    Workers workers;
    Memory memory;
    std::uint32_t flow_capacity = 1U << 20;  ///< all workers together
    std::uint16_t mtu = 0;                   ///< of every port, bytes; 0: as the device has it
    std::chrono::milliseconds report_interval{0};  ///< zero: only when the run ends
    Control control;
    Metrics metrics;
    Log log;
    Telemetry telemetry = Telemetry::kAuto;
    Dpdk dpdk;
    std::vector<std::string> eal_arguments;  ///< passed to DPDK as they are, after ours
    defense::Policy policy;
};

}  // namespace synward::config

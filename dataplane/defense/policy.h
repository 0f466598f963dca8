// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire/address.h"

namespace synward::defense {

/// When a service's SYNs are answered with a cookie.
enum class Challenge : std::uint8_t {
    kAlways,
    kOverBudget,  ///< when the service's half-open connections have used up its budget
    kNever,
    kMonitor,  ///< as kOverBudget, but only counted: every segment passes
};

/// How a client is challenged.
enum class Method : std::uint8_t {
    kCookie,  ///< by a SYN cookie; its connection is then spliced to the server's
    kReset,   ///< by a SYN-ACK that it must refuse; its next SYN passes untouched
};

/// Which directions of a service's connections cross the box.
enum class Sees : std::uint8_t {
    kBoth,
    kClients,  ///< an asymmetric route: what servers send goes another way, or may do so
};

/// What becomes of a SYN with data (RFC 9293 section 3.4, RFC 7413). A challenge by cookie or reset
/// never acknowledges the data, so its client sends them again.
enum class SynData : std::uint8_t {
    kForward,  ///< it passes as it is
    kStrip,    ///< it passes without its data and its fast open option
    kDrop,
};

/// What a challenged SYN is told about the server. What is not given here is learned from the
/// server's own SYN-ACKs.
struct ServerOptions {
    std::optional<std::uint16_t> mss;          ///< bytes, 64-65495
    std::optional<std::uint8_t> window_scale;  ///< 0-14 (RFC 7323 section 2.3)
    std::optional<bool> sack;
    std::optional<bool> timestamps;
    std::optional<bool> ecn;

    friend bool operator==(const ServerOptions&, const ServerOptions&) = default;
};

/// An inclusive range of ports, in host byte order.
struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 65535;

    [[nodiscard]] bool holds(std::uint16_t port) const { return first <= port && port <= last; }
    friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// Sources that are treated apart from all others. A prefix is on one of the lists at most.
struct SourceListsPolicy {
    std::vector<wire::Prefix> allow;  ///< never challenged nor limited
    std::vector<wire::Prefix> deny;   ///< dropped on their way to a defended service

    [[nodiscard]] bool empty() const { return allow.empty() && deny.empty(); }
};

/// A set of addresses and ports on the inside, and how connections to them are defended.
struct ServicePolicy {
    std::string name;
    std::vector<wire::Prefix> addresses;
    std::vector<PortRange> ports{PortRange{}};
    Challenge challenge = Challenge::kOverBudget;
    Method method = Method::kCookie;
    Sees sees = Sees::kBoth;               ///< kClients challenges by reset or never
    SynData syn_data = SynData::kForward;  ///< not in Challenge::kMonitor
    std::uint32_t budget = 1024;  ///< half-open connections let through at one time, all workers
    ServerOptions server;
    bool probe = true;  ///< servers of which nothing is known may be asked, by a SYN of the box
    SourceListsPolicy sources;  ///< decide before Policy::sources
};

/// How fast one source may make connections.
struct ConnectionRate {
    std::uint32_t rate = 0;              ///< a second
    std::optional<std::uint32_t> burst;  ///< that may come at once; absent: what a second brings
};

/// What clients may do, by the prefix from which they come.
struct SourcePolicy {
    SourceListsPolicy lists;
    std::uint8_t ipv4_prefix = 24;   ///< length of what counts as one source, 8-32
    std::uint8_t ipv6_prefix = 56;   ///< the same, 32-64
    std::uint32_t answers = 10'000;  ///< a second to one source that has proven nothing
    std::optional<ConnectionRate> new_connections;  ///< of one source; absent: unlimited
    std::optional<std::uint32_t> concurrent;        ///< connections of one source; the same
};

/// How long a flow may stay silent in each phase of its life (RFC 5382 REQ-5, RFC 9293).
struct Timeouts {
    std::chrono::milliseconds half_open{10'000};
    std::chrono::milliseconds established{7'440'000};
    std::chrono::milliseconds half_closed{7'440'000};  ///< one side has closed, the other sends on
    std::chrono::milliseconds closing{240'000};  ///< both have sent a FIN, not all acknowledged
    std::chrono::milliseconds time_wait{60'000};
};

/// What is kept of a challenged client's segments until its server answers.
struct HoldLimits {
    std::uint32_t connections = 4096;                     ///< all workers
    std::uint32_t segments = 8192;                        ///< all workers
    std::uint8_t segments_per_connection = 8;             ///< 1-8
    std::chrono::milliseconds first_retransmission{250};  ///< of the SYN to the server; doubles
    std::uint8_t server_attempts = 5;  ///< SYNs to a silent server before the client gets a RST
};

/// What the ends of a connection are told when its time is over (`Timeouts`) or when, half-open, it
/// gives way in a full table.
enum class OnExpiry : std::uint8_t {
    kSilent,
    kReset,  ///< a RST to each end that may still hold the connection
};

/// What a source gets that has answered a challenge by reset.
struct Admission {
    std::chrono::milliseconds lifetime{600'000};  ///< from its latest answer
    std::uint32_t sources = 65'536;               ///< remembered by each worker
};

/// What happens to a fragment of a TCP segment to or from a protected address: its ports, and so
/// its connection, cannot be known.
enum class FragmentRule : std::uint8_t { kDrop, kForward };

/// Everything that the workers decide by. Immutable once the workers have it.
struct Policy {
    std::vector<ServicePolicy> services;
    Timeouts timeouts;
    OnExpiry on_expiry = OnExpiry::kSilent;
    /// How long after the start connections from before it are picked up; zero: never.
    std::chrono::milliseconds pick_up{0};
    HoldLimits hold;
    Admission admission;
    FragmentRule fragments = FragmentRule::kDrop;
    SourcePolicy sources;
    std::chrono::milliseconds cookie_key_lifetime{32'000};  ///< each key is honoured twice as long
    std::uint32_t remembered_syns = 1U << 16U;  ///< challenged ones, all workers; 0: none
    /// How often the SYN-ACK of a challenge is sent again: after 1 s, then 2 s, 4 s...; 0-5.
    std::uint8_t syn_ack_retransmissions = 3;
    /// 16 bytes from which cookie keys are derived, so that several boxes honour each other's
    /// cookies; absent: keys from the kernel's random numbers.
    std::optional<std::array<std::uint8_t, 16>> master_secret;
};

}  // namespace synward::defense

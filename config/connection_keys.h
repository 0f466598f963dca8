// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/key_units.h"
#include "config/schema.h"

/// How connections are followed, and challenged clients connected.
namespace synward::config {

// A flow keeps its expiry on a circle of time; up to 6.5 days ahead can be told from the past.
inline constexpr Range kTimeout{100 * kMillisecond, 120 * kHour};

// In the order of the enumerators that they stand for.
inline constexpr std::string_view kOnExpiryWords[] = {"silent", "reset"};

inline constexpr Key kFlowsKeys[] = {
    {.name = "capacity",
     .kind = Kind::kCount,
     .description = "Connections that can be followed at one time, by all workers together.",
     .fallback = "1Mi",
     .range = {64, 16 * kMi},
     .restart = true},
    {.name = "half_open_timeout",
     .kind = Kind::kDuration,
     .description = "How long a handshake may take.",
     .fallback = "10s",
     .range = kTimeout},
    {.name = "established_timeout",
     .kind = Kind::kDuration,
     .description = "How long an established connection may be silent (RFC 5382 REQ-5).",
     .fallback = "2h4min",
     .range = kTimeout},
    {.name = "half_closed_timeout",
     .kind = Kind::kDuration,
     .description = "How long a connection may be silent that one side has closed.",
     .fallback = "2h4min",
     .range = kTimeout},
    {.name = "closing_timeout",
     .kind = Kind::kDuration,
     .description = "How long the last acknowledgements may take once both sides have closed.",
     .fallback = "4min",
     .range = kTimeout},
    {.name = "time_wait_timeout",
     .kind = Kind::kDuration,
     .description = "How long retransmissions of a closed connection are still carried.",
     .fallback = "1min",
     .range = kTimeout},
    {.name = "on_expiry",
     .kind = Kind::kWord,
     .description = "What the ends of a connection are told when its time is over: nothing, or a "
                    "RST, which frees a server's backlog and its half-closed sockets.",
     .fallback = "silent",
     .words = kOnExpiryWords},
    {.name = "pick_up",
     .kind = Kind::kDuration,
     .description = "How long after the start connections that were there before are picked up; "
                    "0s: never.",
     .fallback = "0s",
     .range = {0, kHour},
     .restart = true},
};
inline constexpr Mapping kFlows{kFlowsKeys};

inline constexpr Key kHoldKeys[] = {
    {.name = "connections",
     .kind = Kind::kCount,
     .description = "Challenged connections that may wait for their server with data held.",
     .fallback = "4096",
     .range = {1, kMi},
     .restart = true},
    {.name = "segments",
     .kind = Kind::kCount,
     .description = "Segments held in all.",
     .fallback = "8192",
     .range = {1, kMi},
     .restart = true},
    {.name = "segments_per_connection",
     .kind = Kind::kNumber,
     .description = "Segments held for one connection.",
     .fallback = "8",
     .range = {1, 8}},
    {.name = "first_retransmission",
     .kind = Kind::kDuration,
     .description = "When the SYN to a silent server is sent again; doubles each time.",
     .fallback = "250ms",
     .range = {10 * kMillisecond, 10 * kSecond}},
    {.name = "server_attempts",
     .kind = Kind::kNumber,
     .description = "SYNs to a silent server before its client gets a RST.",
     .fallback = "5",
     .range = {1, 10}},
};
inline constexpr Mapping kHold{kHoldKeys};

inline constexpr Key kCookiesKeys[] = {
    {.name = "key_lifetime",
     .kind = Kind::kDuration,
     .description = "How long cookies are made with one key; it is honoured twice as long.",
     .fallback = "32s",
     .range = {4 * kSecond, 10 * kMinute}},
    {.name = "remember",
     .kind = Kind::kCount,
     .description =
         "Challenged SYNs that are remembered at one time, so that a SYN-ACK can be sent "
         "again when its third segment does not come; 0: none.",
     .fallback = "64Ki",
     .range = {0, 16 * kMi},
     .restart = true},
    {.name = "syn_ack_retransmissions",
     .kind = Kind::kNumber,
     .description = "How often it is sent again: after 1 s, then 2 s, 4 s and so on.",
     .fallback = "3",
     .range = {0, 5},
     .restart = true},
    {.name = "master_secret",
     .kind = Kind::kSecret,
     .description = "What all cookie keys are derived from, so that several boxes with the same "
                    "secret honour each other's cookies; absent: keys are random.",
     .restart = true},
};
inline constexpr Mapping kCookies{kCookiesKeys};

inline constexpr Key kAdmissionKeys[] = {
    {.name = "lifetime",
     .kind = Kind::kDuration,
     .description = "How long a source is admitted that has answered a challenge by reset.",
     .fallback = "10min",
     .range = {10 * kSecond, 24 * kHour}},
    {.name = "sources",
     .kind = Kind::kCount,
     .description = "Admitted sources that each worker remembers; 16 bytes each.",
     .fallback = "64Ki",
     .range = {64, 16 * kMi}},
};
inline constexpr Mapping kAdmission{kAdmissionKeys};

}  // namespace synward::config

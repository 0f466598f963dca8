// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "config/key_units.h"
#include "config/schema.h"
#include "config/source_keys.h"

/// What is defended, and how.
namespace synward::config {

// In the order of the enumerators that they stand for.
inline constexpr std::string_view kChallengeWords[] = {"always", "over-budget", "never", "monitor"};
inline constexpr std::string_view kMethodWords[] = {"cookie", "reset"};
inline constexpr std::string_view kSeesWords[] = {"both", "clients"};
inline constexpr std::string_view kSynDataWords[] = {"forward", "strip", "drop"};

inline constexpr Key kServerKeys[] = {
    {.name = "mss",
     .kind = Kind::kNumber,
     .description = "Maximum segment size in bytes.",
     .range = {64, 65495}},
    {.name = "window_scale",
     .kind = Kind::kNumber,
     .description = "Window scale (RFC 7323).",
     .range = {0, 14}},
    {.name = "sack",
     .kind = Kind::kBoolean,
     .description = "Selective acknowledgements (RFC 2018)."},
    {.name = "timestamps", .kind = Kind::kBoolean, .description = "Time stamps (RFC 7323)."},
    {.name = "ecn",
     .kind = Kind::kBoolean,
     .description = "Explicit congestion notification (RFC 3168)."},
};
inline constexpr Mapping kServer{kServerKeys};

inline constexpr Key kServiceKeys[] = {
    {.name = "name",
     .kind = Kind::kName,
     .description = "The service's name in reports.",
     .required = true},
    {.name = "addresses",
     .kind = Kind::kPrefix,
     .description = "The servers' addresses.",
     .list = true,
     .entries = {1, 4096},
     .required = true},
    {.name = "ports",
     .kind = Kind::kPorts,
     .description = "The servers' TCP ports; absent: every port.",
     .range = {1, 65535},
     .list = true,
     .entries = {1, 1024}},
    {.name = "challenge",
     .kind = Kind::kWord,
     .description = "When a SYN is answered with a cookie: always, when the half-open connections "
                    "have used up the budget, never, or only counted as if over-budget.",
     .fallback = "over-budget",
     .words = kChallengeWords},
    {.name = "method",
     .kind = Kind::kWord,
     .description = "How a client is challenged: by a cookie, after which its connection is "
                    "translated, or by a SYN-ACK that it must reset, after which its address is "
                    "admitted for a while and its connections cross untouched.",
     .fallback = "cookie",
     .words = kMethodWords},
    {.name = "sees",
     .kind = Kind::kWord,
     .description = "Which directions of its connections cross the box: both, or, on an asymmetric "
                    "route, for certain only what clients send.",
     .fallback = "both",
     .words = kSeesWords},
    {.name = "syn_data",
     .kind = Kind::kWord,
     .description = "What becomes of a SYN with data: it passes, it passes without them, or it is "
                    "dropped.",
     .fallback = "forward",
     .words = kSynDataWords},
    {.name = "budget",
     .kind = Kind::kCount,
     .description = "Half-open connections that are let through at one time.",
     .fallback = "1024",
     .range = {1, 16 * kMi}},
    {.name = "allow",
     .kind = Kind::kPrefix,
     .description =
         "As sources.allow, for this service; what it says of a source goes before that.",
     .fallback = "[]",
     .list = true,
     .entries = kSourceEntries},
    {.name = "deny",
     .kind = Kind::kPrefix,
     .description = "As sources.deny, for this service; what it says of a source goes before that.",
     .fallback = "[]",
     .list = true,
     .entries = kSourceEntries},
    {.name = "probe",
     .kind = Kind::kBoolean,
     .description = "Whether a server that is challenged for and of which nothing is known yet is "
                    "asked what it offers, by a SYN of the box's own.",
     .fallback = "true"},
    {.name = "server",
     .kind = Kind::kMapping,
     .description = "What challenged clients are told of the servers' TCP; absent keys are learned "
                    "from the servers' own SYN-ACKs.",
     .mapping = &kServer},
};
inline constexpr Mapping kService{kServiceKeys};

}  // namespace synward::config

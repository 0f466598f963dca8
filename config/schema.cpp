// SPDX-License-Identifier: BSD-3-Clause
#include "config/schema.h"

#include "config/control_keys.h"
#include "config/observation_keys.h"

namespace synward::config {
namespace {

constexpr std::uint64_t kKi = 1 << 10;
constexpr std::uint64_t kMi = 1 << 20;
constexpr std::uint64_t kMebibyte = 1 << 20;
constexpr std::uint64_t kTebibyte = std::uint64_t{1} << 40;
constexpr std::uint64_t kMillisecond = 1'000;
constexpr std::uint64_t kSecond = 1'000'000;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;

// A flow keeps its expiry on a circle of time; up to 6.5 days ahead can be told from the past.
constexpr Range kTimeout{100 * kMillisecond, 120 * kHour};

// In the order of the enumerators that they stand for.
constexpr std::string_view kSteeringWords[] = {"auto", "rss", "software"};
constexpr std::string_view kClockWords[] = {"tsc", "packet"};
constexpr std::string_view kHugePagesWords[] = {"auto", "on", "off"};
constexpr std::string_view kOnExpiryWords[] = {"silent", "reset"};
constexpr std::string_view kFragmentsWords[] = {"drop", "forward"};
constexpr std::string_view kChallengeWords[] = {"always", "over-budget", "never", "monitor"};

constexpr std::string_view kMethodWords[] = {"cookie", "reset"};
constexpr std::string_view kSeesWords[] = {"both", "clients"};
constexpr std::string_view kSynDataWords[] = {"forward", "strip", "drop"};

constexpr Key kLinkKeys[] = {
    {.name = "name",
     .kind = Kind::kName,
     .description = "The link's name in reports.",
     .required = true},
    {.name = "outside",
     .kind = Kind::kDevice,
     .description = "The device towards clients and attackers.",
     .required = true},
    {.name = "inside",
     .kind = Kind::kDevice,
     .description = "The device towards servers.",
     .required = true},
};
constexpr Mapping kLink{kLinkKeys};

constexpr Key kWorkersKeys[] = {
    {.name = "cores",
     .kind = Kind::kCores,
     .description = "The processor cores that carry packets, one worker on each.",
     .fallback = "[0]",
     .range = {0, 1023},
     .list = true,
     .entries = {1, 64}},
    {.name = "steering",
     .kind = Kind::kWord,
     .description = "How a packet reaches the worker that owns its connection: by the devices' "
                    "receive-side scaling, or handed over by the worker that received it.",
     .fallback = "auto",
     .words = kSteeringWords},
    {.name = "clock",
     .kind = Kind::kWord,
     .description =
         "Where time comes from: the processor's time stamp counter, or the packets' own "
         "time stamps, so that a capture replays to the same result.",
     .fallback = "tsc",
     .words = kClockWords},
    {.name = "idle_sleep",
     .kind = Kind::kDuration,
     .description = "Slept when no packets arrive, for machines that have other work; 0us: never.",
     .fallback = "0us",
     .range = {0, 10 * kMillisecond}},
};
constexpr Mapping kWorkers{kWorkersKeys};

constexpr Key kMemoryKeys[] = {
    {.name = "hugepages",
     .kind = Kind::kWord,
     .description = "Whether to use huge pages; auto: where enough of them are free.",
     .fallback = "auto",
     .words = kHugePagesWords},
    {.name = "size",
     .kind = Kind::kSize,
     .description = "Memory for packets and flows.",
     .fallback = "512MiB",
     .range = {64 * kMebibyte, kTebibyte}},
    {.name = "packet_buffers",
     .kind = Kind::kCount,
     .description = "Packet buffers of each link.",
     .fallback = "16Ki",
     .range = {512, 16 * kMi}},
    {.name = "packet_buffer_size",
     .kind = Kind::kNumber,
     .description = "Bytes of a packet that one buffer holds; longer packets take several buffers.",
     .fallback = "2048",
     .range = {1024, 9728}},
};
constexpr Mapping kMemory{kMemoryKeys};

constexpr Key kFlowsKeys[] = {
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
constexpr Mapping kFlows{kFlowsKeys};

constexpr Key kHoldKeys[] = {
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
constexpr Mapping kHold{kHoldKeys};

constexpr Key kReportKeys[] = {
    {.name = "interval",
     .kind = Kind::kDuration,
     .description = "How often the counters are printed; 0s: only when the run ends.",
     .fallback = "0s",
     .range = {0, 24 * kHour}},
};
constexpr Mapping kReport{kReportKeys};

constexpr Key kCookiesKeys[] = {
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
constexpr Mapping kCookies{kCookiesKeys};

constexpr Key kAdmissionKeys[] = {
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
constexpr Mapping kAdmission{kAdmissionKeys};

constexpr Key kServerKeys[] = {
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
constexpr Mapping kServer{kServerKeys};

// The same for all services and for one.
constexpr Range kSourceEntries{0, 65536};

constexpr Key kSourcePrefixKeys[] = {
    {.name = "ipv4",
     .kind = Kind::kNumber,
     .description = "Length of the IPv4 prefix that counts as one source.",
     .fallback = "24",
     .range = {8, 32}},
    {.name = "ipv6",
     .kind = Kind::kNumber,
     .description = "Length of the IPv6 prefix that counts as one source.",
     .fallback = "56",
     .range = {32, 64}},
};
constexpr Mapping kSourcePrefix{kSourcePrefixKeys};

constexpr Key kNewConnectionsKeys[] = {
    {.name = "rate",
     .kind = Kind::kRate,
     .description = "Connections that one source may make.",
     .range = {1, kMi},
     .required = true},
    {.name = "burst",
     .kind = Kind::kCount,
     .description = "Connections that may come at once; absent: what the rate gives in a second.",
     .range = {1, kMi}},
};
constexpr Mapping kNewConnections{kNewConnectionsKeys};

constexpr Key kSourcesKeys[] = {
    {.name = "allow",
     .kind = Kind::kPrefix,
     .description = "Sources whose SYNs always pass; of lists that hold the same source the longer "
                    "prefix counts.",
     .fallback = "[]",
     .list = true,
     .entries = kSourceEntries},
    {.name = "deny",
     .kind = Kind::kPrefix,
     .description = "Sources of which nothing reaches a service.",
     .fallback = "[]",
     .list = true,
     .entries = kSourceEntries},
    {.name = "prefix",
     .kind = Kind::kMapping,
     .description = "What counts as one source for the limits.",
     .mapping = &kSourcePrefix,
     .restart = true},
    {.name = "answers",
     .kind = Kind::kRate,
     .description = "Answers to one source that has proven nothing, so that no forged address is "
                    "flooded with them.",
     .fallback = "10000/s",
     .range = {1, kMi}},
    {.name = "new_connections",
     .kind = Kind::kMapping,
     .description = "How fast one source may make connections; absent: as fast as it likes.",
     .mapping = &kNewConnections},
    {.name = "concurrent",
     .kind = Kind::kCount,
     .description = "Connections that one source may have at one time; absent: any number.",
     .range = {1, 16 * kMi}},
};
constexpr Mapping kSources{kSourcesKeys};

constexpr Key kServiceKeys[] = {
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
constexpr Mapping kService{kServiceKeys};

constexpr Key kPolicyKeys[] = {
    {.name = "links",
     .kind = Kind::kMapping,
     .description = "The wires that synward sits in.",
     .mapping = &kLink,
     .list = true,
     .entries = {1, 15},
     .required = true,
     .restart = true},
    {.name = "workers",
     .kind = Kind::kMapping,
     .description = "The threads that carry packets.",
     .mapping = &kWorkers,
     .restart = true},
    {.name = "memory",
     .kind = Kind::kMapping,
     .description = "Memory for packets and flows.",
     .mapping = &kMemory,
     .restart = true},
    {.name = "flows",
     .kind = Kind::kMapping,
     .description = "The table of connections.",
     .mapping = &kFlows},
    {.name = "hold",
     .kind = Kind::kMapping,
     .description = "What is kept of a challenged client until its server answers.",
     .mapping = &kHold},
    {.name = "mtu",
     .kind = Kind::kNumber,
     .description = "MTU of every device in bytes; absent: as the device has it.",
     .range = {576, 9600},
     .restart = true},
    {.name = "report",
     .kind = Kind::kMapping,
     .description = "The printed report.",
     .mapping = &kReport},
    {.name = "control",
     .kind = Kind::kMapping,
     .description = "How a running synward is asked and told.",
     .mapping = &kControl,
     .restart = true},
    {.name = "metrics",
     .kind = Kind::kMapping,
     .description = "Metrics and the status page, over HTTP.",
     .mapping = &kMetrics,
     .restart = true},
    {.name = "log",
     .kind = Kind::kMapping,
     .description = "What the program writes about its work.",
     .mapping = &kLog},
    {.name = "telemetry",
     .kind = Kind::kWord,
     .description = "DPDK's telemetry socket, with commands under /synward/; auto: where its "
                    "folder can be written.",
     .fallback = "auto",
     .words = kTelemetryWords,
     .restart = true},
    {.name = "fragments",
     .kind = Kind::kWord,
     .description = "What happens to fragments of TCP segments to or from a service.",
     .fallback = "drop",
     .words = kFragmentsWords},
    {.name = "sources",
     .kind = Kind::kMapping,
     .description = "What clients may do, by the prefix from which they come.",
     .mapping = &kSources},
    {.name = "cookies",
     .kind = Kind::kMapping,
     .description = "The cookies of challenged clients.",
     .mapping = &kCookies},
    {.name = "admission",
     .kind = Kind::kMapping,
     .description = "The sources that have answered a challenge by reset.",
     .mapping = &kAdmission},
    {.name = "eal",
     .kind = Kind::kArgument,
     .description = "Further arguments for DPDK's environment abstraction layer.",
     .fallback = "[]",
     .list = true,
     .entries = {0, 64},
     .restart = true},
    {.name = "services",
     .kind = Kind::kMapping,
     .description = "What is defended, and how; everything else crosses untouched.",
     .fallback = "[]",
     .mapping = &kService,
     .list = true,
     .entries = {0, 4096}},
};

}  // namespace

constexpr Mapping kPolicySchema{kPolicyKeys};

}  // namespace synward::config

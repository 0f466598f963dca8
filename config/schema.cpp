// SPDX-License-Identifier: BSD-3-Clause
#include "config/schema.h"

#include "config/connection_keys.h"
#include "config/control_keys.h"
#include "config/key_units.h"
#include "config/observation_keys.h"
#include "config/service_keys.h"
#include "config/source_keys.h"

namespace synward::config {
namespace {

// In the order of the enumerators that they stand for.
constexpr std::string_view kSteeringWords[] = {"auto", "rss", "software"};
constexpr std::string_view kClockWords[] = {"tsc", "packet"};
constexpr std::string_view kHugePagesWords[] = {"auto", "on", "off"};
constexpr std::string_view kFragmentsWords[] = {"drop", "forward"};

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

constexpr Key kReportKeys[] = {
    {.name = "interval",
     .kind = Kind::kDuration,
     .description = "How often the counters are written to the log; 0s: not at all. When the run "
                    "ends they are printed.",
     .fallback = "0s",
     .range = {0, 24 * kHour}},
};
constexpr Mapping kReport{kReportKeys};

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
     .description = "Reports of the counters.",
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
    {.name = "dpdk",
     .kind = Kind::kMapping,
     .description = "DPDK's own programs beside synward.",
     .mapping = &kDpdk,
     .restart = true},
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

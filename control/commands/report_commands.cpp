// SPDX-License-Identifier: BSD-3-Clause
#include "control/commands/report_commands.h"

#include <unistd.h>

#include "control/commands/arguments.h"
#include "control/memory_use.h"

namespace synward::control {
namespace {

using nlohmann::ordered_json;

ordered_json status_of(const Running& running) {
    const config::Configuration& configuration = running.configuration();
    const Report report = running.report();
    const MemoryUse memory = memory_use();
    ordered_json status{
        {"version", SYNWARD_VERSION},
        {"process", ::getpid()},
        {"started",
         std::chrono::duration_cast<std::chrono::seconds>(running.started.time_since_epoch())
             .count()},
        {"seconds", report.running_time.count()},
        {"accounted_for", report.totals.every_packet_is_accounted_for()},
        {"flows", report.flows},
        {"flow_capacity", configuration.flow_capacity},
        {"received", report.totals.received},
        {"dropped", report.totals.sum(wire::Disposition::kDropped)},
        {"held", report.totals.held_now},
        {"services", configuration.policy.services.size()},
        {"memory", {{"heap", memory.heap}, {"dpdk", memory.dpdk}, {"resident", memory.resident}}},
        {"workers", ordered_json::array()},
        {"links", ordered_json::array()}};
    for (std::size_t worker = 0; worker < report.workers.size(); ++worker) {
        status["workers"].push_back({{"worker", worker},
                                     {"core", configuration.workers.cores[worker]},
                                     {"received", report.workers[worker].received}});
    }
    for (const config::Link& link : configuration.links) {
        status["links"].push_back(
            {{"link", link.name}, {"outside", link.outside}, {"inside", link.inside}});
    }
    return status;
}

/// As the closing report, and by worker which reasons occurred.
ordered_json counters_of(const Report& report) {
    ordered_json counters = object_of(report);
    for (std::size_t worker = 0; worker < report.workers.size(); ++worker) {
        ordered_json& reasons = counters["workers"][worker]["counters"] = ordered_json::object();
        for (std::size_t reason = 0; reason < wire::kReasonCount; ++reason) {
            if (const auto count = report.workers[worker].by_reason[reason]; count != 0) {
                reasons[std::string{wire::kReasons[reason].name}] = count;
            }
        }
    }
    return counters;
}

}  // namespace

void add_report_commands(Commands& commands, const Running& running) {
    commands.add_answer("status", [&running](const Arguments& arguments) {
        require_known(arguments, {});
        return status_of(running);
    });
    commands.add_answer("counters", [&running](const Arguments& arguments) {
        require_known(arguments, {});
        return counters_of(running.report());
    });
}

}  // namespace synward::control

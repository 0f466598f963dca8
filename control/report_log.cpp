// SPDX-License-Identifier: BSD-3-Clause
#include "control/report_log.h"

#include <fmt/format.h>

#include <utility>

#include "control/disposition_names.h"
#include "control/log.h"
#include "wire/reason.h"

namespace synward::control {

void log_report(const Report& report) {
    const worker::Totals& totals = report.totals;
    log::Fields fields{{"seconds", fmt::format("{:.1f}", report.running_time.count())},
                       {"flows", report.flows},
                       {"received", totals.received}};
    for (const wire::Disposition disposition : kDispositions) {
        fields.emplace_back(name(disposition), totals.sum(disposition));
    }
    std::uint64_t missed = 0;
    for (const PortReport& port : report.ports) {
        missed += port.missed;
    }
    fields.emplace_back("missed", missed);
    fields.emplace_back("accounted_for", totals.every_packet_is_accounted_for());
    for (std::size_t reason = 0; reason < wire::kReasonCount; ++reason) {
        if (totals.by_reason[reason] != 0) {
            fields.emplace_back(wire::kReasons[reason].name, totals.by_reason[reason]);
        }
    }
    // Its first field is never the same twice: there is nothing to limit.
    log::write(log::Level::kInfo, "report", std::move(fields), log::Rate::kUnlimited);
}

}  // namespace synward::control

// SPDX-License-Identifier: BSD-3-Clause
#include "control/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "control/disposition_names.h"
#include "wire/reason.h"

namespace synward::control {
namespace {

using wire::Disposition;

nlohmann::ordered_json sums_of(const worker::Totals& totals) {
    nlohmann::ordered_json sums;
    sums["received"] = totals.received;
    for (const Disposition disposition : kDispositions) {
        sums[std::string{name(disposition)}] = totals.sum(disposition);
    }
    sums["handed_over"] = totals.handed_over;
    sums["taken_over"] = totals.taken_over;
    sums["originated_lost"] = totals.originated_lost;
    sums["uncounted_at_source"] = totals.uncounted_at_source;
    sums["accounted_for"] = totals.every_packet_is_accounted_for();
    return sums;
}

}  // namespace

std::string text_of(const Report& report) {
    const worker::Totals& totals = report.totals;
    std::string text = fmt::format("synward: {:.1f} s, {} flows, {} received\n",
                                   report.running_time.count(), report.flows, totals.received);
    for (const Disposition disposition : kDispositions) {
        text += fmt::format("  {:<28}{:>14}\n", name(disposition), totals.sum(disposition));
        for (std::size_t reason = 0; reason < wire::kReasonCount; ++reason) {
            const auto& description = wire::kReasons[reason];
            if (description.disposition == disposition && totals.by_reason[reason] != 0) {
                text += fmt::format("    {:<26}{:>14}  {}\n", description.name,
                                    totals.by_reason[reason], description.text);
            }
        }
    }
    if (totals.uncounted_at_source != 0) {
        text +=
            fmt::format("  {:<28}{:>14}  {}\n", "uncounted_at_source", totals.uncounted_at_source,
                        "connections that no limit of their source counts: table full");
    }
    for (const PortReport& port : report.ports) {
        text += fmt::format("  link {} {:<8} received {:>12}  sent {:>12}  missed {:>10}\n",
                            port.link, port.side, port.received, port.sent, port.missed);
    }
    text += totals.every_packet_is_accounted_for()
                ? "  every packet is accounted for\n"
                : "  PACKETS ARE UNACCOUNTED FOR: please report this with the table above\n";
    return text;
}

nlohmann::ordered_json object_of(const Report& report) {
    nlohmann::ordered_json json;
    json["seconds"] = report.running_time.count();
    json["flows"] = report.flows;
    json["totals"] = sums_of(report.totals);
    for (std::size_t reason = 0; reason < wire::kReasonCount; ++reason) {
        json["counters"][std::string{wire::kReasons[reason].name}] =
            report.totals.by_reason[reason];
    }
    json["workers"] = nlohmann::ordered_json::array();
    for (const worker::Totals& totals : report.workers) {
        json["workers"].push_back(sums_of(totals));
    }
    json["links"] = nlohmann::ordered_json::array();
    for (const PortReport& port : report.ports) {
        json["links"].push_back({{"link", port.link},
                                 {"side", port.side},
                                 {"received", port.received},
                                 {"sent", port.sent},
                                 {"missed", port.missed}});
    }
    json["services"] = nlohmann::ordered_json::array();
    for (const ServiceSample& service : report.services) {
        nlohmann::ordered_json counts{{"service", service.name}};
        for (const ServiceCounter& counter : kServiceCounters) {
            counts[std::string{counter.name}] = service.*counter.value;
        }
        json["services"].push_back(std::move(counts));
    }
    return json;
}

std::string json_of(const Report& report) {
    return object_of(report).dump(2) + "\n";
}

}  // namespace synward::control

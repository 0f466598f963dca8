// SPDX-License-Identifier: BSD-3-Clause
#include "flood/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "flood/kinds.h"

namespace synward::flood {

std::string as_text(const Report& report) {
    std::string text = fmt::format(
        "{} flood to {}\n"
        "  sent     {:>14} packets, {} bytes\n"
        "  failed   {:>14}\n"
        "  rate     {:>14.0f} packets/s over {:.3f} s",
        name_of(report.kind), report.target, report.sent, report.bytes, report.failed,
        report.rate(), report.seconds);
    if (report.requested_rate > 0) {
        text += fmt::format(" ({:.0f} asked for)", report.requested_rate);
    }
    if (report.seconds > 0) {
        text += fmt::format("\n  CPU      {:>13.0f}%", 100 * report.cpu_seconds / report.seconds);
    }
    if (report.answers) {
        text += fmt::format(
            "\n  answers  {:>14} SYN-ACK"
            "\n           {:>14} RST"
            "\n           {:>14} other",
            report.answers->syn_ack, report.answers->rst, report.answers->other);
    }
    return text + '\n';
}

std::string as_json(const Report& report) {
    nlohmann::ordered_json json{
        {"kind", name_of(report.kind)},
        {"target", report.target},
        {"sent", report.sent},
        {"failed", report.failed},
        {"bytes", report.bytes},
        {"requested_rate", report.requested_rate},
        {"rate", report.rate()},
        {"seconds", report.seconds},
        {"cpu_seconds", report.cpu_seconds},
    };
    if (report.answers) {
        json["answers"] = {{"syn_ack", report.answers->syn_ack},
                           {"rst", report.answers->rst},
                           {"other", report.answers->other}};
    }
    return json.dump() + '\n';
}

}  // namespace synward::flood

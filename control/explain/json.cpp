// SPDX-License-Identifier: BSD-3-Clause
#include <nlohmann/json.hpp>

#include "control/disposition_names.h"
#include "control/explain/ladder.h"

namespace synward::control::explain {
namespace {

using nlohmann::ordered_json;
using wire::Side;

ordered_json object_of(const ShownSegment& segment) {
    ordered_json object{{"from", segment.is_clients ? "client" : "server"},
                        {"what", segment.name()}};
    if (segment.kind != wire::FrameKind::kTcp) {
        return object;
    }
    const auto add = [&](const char* what, const ShownNumber& number) {
        object[what] = number.absolute.value();
        object[std::string{"relative_"} + what] =
            number.relative ? ordered_json(*number.relative) : ordered_json(nullptr);
    };
    add("sequence", segment.sequence);
    if ((segment.flags & wire::kAck) != 0) {
        add("acknowledgment", segment.acknowledgment);
    }
    object["length"] = segment.length;
    object["window"] = segment.window;
    if (!segment.options.empty()) {
        object["options"] = segment.options;
    }
    return object;
}

ordered_json object_of(const Row& row) {
    ordered_json object{{"time", std::chrono::duration<double>{row.time}.count()}};
    if (row.arrival) {
        object["arrives"] = object_of(*row.arrival);
    }
    if (row.reason) {
        const wire::ReasonDescription& reason = wire::description(*row.reason);
        object["verdict"] = control::name(reason.disposition);
        object["reason"] = reason.name;
    }
    if (row.departure) {
        object["leaves"] = object_of(*row.departure);
        object["leaves"]["to"] = name(row.departs_to);
    }
    if (row.has_states) {
        object["states"] = nullptr;
        if (row.states) {
            object["states"] = {{"client", tcp::name((*row.states)[0])},
                                {"server", tcp::name((*row.states)[1])}};
        }
    }
    if (!row.note.empty()) {
        object["note"] = row.note;
    }
    return object;
}

ordered_json object_of(const Story& story) {
    const wire::FourTuple& tuple = story.tuple;
    ordered_json object{
        {"client", text_of(Endpoint{tuple.outside_address, tuple.outside_port})},
        {"server", text_of(Endpoint{tuple.inside_address, tuple.inside_port})},
        {"service", story.service.empty() ? ordered_json(nullptr) : ordered_json(story.service)},
        {"begins_with_syn", story.began_with_syn},
        {"segments_left_out", story.not_replayed},
        {"rows", ordered_json::array()}};
    for (const Row& row : story.rows) {
        object["rows"].push_back(object_of(row));
    }
    return object;
}

}  // namespace

std::string json_of(const Outcome& outcome) {
    ordered_json object{{"frames", outcome.frames},
                        {"not_tcp", outcome.not_tcp},
                        {"of_no_service", outcome.of_no_service},
                        {"connections_not_shown", outcome.untold},
                        {"reasons", ordered_json::object()},
                        {"connections", ordered_json::array()}};
    for (std::size_t index = 0; index < wire::kReasonCount; ++index) {
        if (outcome.by_reason[index] != 0) {
            object["reasons"][std::string{wire::kReasons[index].name}] = outcome.by_reason[index];
        }
    }
    for (const Story& story : outcome.stories) {
        object["connections"].push_back(object_of(story));
    }
    return object.dump(2) + "\n";
}

}  // namespace synward::control::explain

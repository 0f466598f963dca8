// SPDX-License-Identifier: BSD-3-Clause
#include "control/explain/ladder.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/disposition_names.h"

namespace synward::control::explain {
namespace {

using wire::Disposition;
using wire::Side;

constexpr std::size_t kTimeWidth = 12;
constexpr std::size_t kStateWidth = 11;
constexpr std::size_t kLaneWidth = 39;
constexpr std::size_t kBoxWidth = 27;

std::string plural(std::uint64_t number, const char* one, const char* many) {
    return fmt::format("{} {}", number, number == 1 ? one : many);
}

Endpoint client_of(const Story& story) {
    return {story.tuple.outside_address, story.tuple.outside_port};
}
Endpoint server_of(const Story& story) {
    return {story.tuple.inside_address, story.tuple.inside_port};
}

std::string time_text(const Row& row) {
    return fmt::format("{:.6f}", std::chrono::duration<double>{row.time}.count());
}

void trim(std::string& line) {
    line.resize(line.find_last_not_of(' ') + 1);
}

std::string text_of(const char* name, const ShownNumber& number) {
    return number.relative ? fmt::format(" {}={}", name, *number.relative)
                           : fmt::format(" {}=#{}", name, number.absolute.value());
}

std::string label_of(const ShownSegment& segment) {
    std::string text = segment.name();
    if (segment.kind != wire::FrameKind::kTcp) {
        return text;
    }
    text += text_of("seq", segment.sequence);
    if ((segment.flags & wire::kAck) != 0) {
        text += text_of("ack", segment.acknowledgment);
    }
    if (segment.length != 0) {
        text += fmt::format(" len={}", segment.length);
    }
    return text;
}

/// "-- text ------->" or "<------- text --" over a whole lane.
std::string arrow(const std::string& text, bool rightwards) {
    const std::string label = text.empty() ? "" : " " + text + " ";
    const std::size_t used = label.size() + 3;
    const std::string shaft(used < kLaneWidth ? kLaneWidth - used : 1, '-');
    return rightwards ? "--" + label + shaft + ">" : "<" + shaft + label + "--";
}

bool is_same_seen_from_both_sides(const ShownSegment& a, const ShownSegment& b) {
    return label_of(a) == label_of(b) && a.options == b.options;
}

bool is_renumbered(const ShownSegment& a, const ShownSegment& b) {
    return a.sequence.absolute != b.sequence.absolute ||
           a.acknowledgment.absolute != b.acknowledgment.absolute;
}

/// A lane of a row: its arrow, and what stands below it.
struct Lane {
    std::string arrow;
    std::string below;
};

Lane lane_of(const Row& row, Side side) {
    const bool is_right = side == Side::kInside;
    if (row.arrival && row.arrival->is_clients != is_right) {
        return {arrow(label_of(*row.arrival), row.arrival->is_clients), row.arrival->options};
    }
    if (row.departure && row.departs_to == side) {
        const ShownSegment& departure = *row.departure;
        if (row.arrival && is_same_seen_from_both_sides(*row.arrival, departure)) {
            return {arrow(is_renumbered(*row.arrival, departure) ? "renumbered" : "",
                          departure.is_clients),
                    ""};
        }
        return {arrow(label_of(departure), departure.is_clients), departure.options};
    }
    return {};
}

std::string box_text(const Row& row) {
    if (!row.reason) {
        return "";
    }
    const wire::ReasonDescription& reason = wire::description(*row.reason);
    return (reason.disposition == Disposition::kDropped ? "x " : "  ") + std::string{reason.name};
}

std::string state_text(const Row& row, Side side) {
    if (!row.has_states) {
        return "";
    }
    return row.states ? std::string{tcp::name((*row.states)[static_cast<unsigned>(side)])} : "-";
}

std::string line(const std::string& time, const std::string& client, const std::string& left,
                 const std::string& box, const std::string& right, const std::string& server) {
    std::string text =
        fmt::format("{:>{}}  {:<{}} {:<{}}|{:<{}}|{:<{}} {}", time, kTimeWidth, client, kStateWidth,
                    left, kLaneWidth, box, kBoxWidth, right, kLaneWidth, server);
    trim(text);
    return text + "\n";
}

void append(std::string& text, const Row& row, bool with_time) {
    const Lane left = lane_of(row, Side::kOutside);
    const Lane right = lane_of(row, Side::kInside);
    const std::string note = row.note.empty() ? "" : "  (" + row.note + ")";
    const bool has_box_text = row.reason.has_value();
    text += line(with_time ? time_text(row) : "", state_text(row, Side::kOutside), left.arrow,
                 has_box_text ? box_text(row) : note, right.arrow, state_text(row, Side::kInside));
    const std::string below = has_box_text ? note : "";
    if (!left.below.empty() || !below.empty() || !right.below.empty()) {
        const auto indented = [](const std::string& what) {
            return what.empty() ? what : "   " + what;
        };
        text += line("", "", indented(left.below), below, indented(right.below), "");
    }
}

std::string centred(const std::string& word, std::size_t width) {
    return fmt::format("{:^{}}", word, width);
}

void append(std::string& text, const Story& story, std::size_t number) {
    text += fmt::format("{}. {} -> {}", number, control::text_of(client_of(story)),
                        control::text_of(server_of(story)));
    text += story.service.empty() ? ", no service" : ", service " + story.service;
    if (!story.began_with_syn) {
        text += " (it began before the capture: numbers count from its first segment)";
    }
    text += "\n\n";
    std::string head =
        fmt::format("{:>{}}  {:<{}} {} {} {} {}", "time", kTimeWidth, "client", kStateWidth,
                    std::string(kLaneWidth, ' '), centred("synward", kBoxWidth),
                    std::string(kLaneWidth, ' '), "server");
    trim(head);
    text += head + "\n";
    const Row* before = nullptr;
    for (const Row& row : story.rows) {
        append(text, row, before == nullptr || row.arrival || before->time != row.time);
        before = &row;
    }
    if (story.not_replayed != 0) {
        text += fmt::format(
            "  Of the server's segments {} left out: here no SYN has got to the server.\n",
            plural(story.not_replayed, "is", "are"));
    }
    text += "\n";
}

/// Nothing but one segment that got no answer, as most of a flood is.
bool is_lone_segment(const Story& story) {
    return story.rows.size() == 1 && story.rows[0].arrival && !story.rows[0].departure &&
           story.rows[0].note.empty();
}

void append_lone(std::string& text, const Story& story) {
    const Row& row = story.rows[0];
    ShownSegment segment = *row.arrival;
    segment.sequence.relative.reset();
    segment.acknowledgment.relative.reset();
    std::string label = label_of(segment);
    std::erase(label, '#');  // all numbers here are as they are
    std::string line =
        fmt::format("{:>{}}  {} -> {}  {}", time_text(row), kTimeWidth,
                    control::text_of(client_of(story)), control::text_of(server_of(story)), label);
    constexpr std::size_t kReasonAt = 110;
    text += fmt::format("{:<{}} {}\n", line, kReasonAt, box_text(row));
}

void append_reasons(std::string& text, const Outcome& outcome) {
    std::size_t width = 0;
    for (std::size_t index = 0; index < wire::kReasonCount; ++index) {
        if (outcome.by_reason[index] != 0) {
            width = std::max(width, wire::kReasons[index].name.size());
        }
    }
    for (std::size_t index = 0; index < wire::kReasonCount; ++index) {
        const wire::ReasonDescription& reason = wire::kReasons[index];
        if (outcome.by_reason[index] != 0) {
            text += fmt::format("{:>8}  {:<10}  {:<{}}  {}\n", outcome.by_reason[index],
                                name(reason.disposition), reason.name, width, reason.text);
        }
    }
}

}  // namespace

std::string ladders_of(const Outcome& outcome) {
    std::string text;
    std::string lone;
    std::size_t number = 0;
    for (const Story& story : outcome.stories) {
        if (is_lone_segment(story)) {
            append_lone(lone, story);
        } else {
            append(text, story, ++number);
        }
    }
    if (text.find('#') != std::string::npos) {
        text += "#: a number as it is in the segment, far from what its end has sent.\n\n";
    }
    if (!lone.empty()) {
        text += "Connections of which one segment came, and nothing followed:\n\n" + lone + "\n";
    }
    if (outcome.untold != 0) {
        text += fmt::format("{} not shown; --limit and --end choose others.\n\n",
                            plural(outcome.untold, "more connection is", "more connections are"));
    }
    text += plural(outcome.frames, "frame", "frames");
    if (outcome.not_tcp != 0) {
        text += fmt::format(", {} without TCP", outcome.not_tcp);
    }
    if (outcome.of_no_service != 0) {
        text += fmt::format(", {} of no service of the policy", outcome.of_no_service);
    }
    text += "\n";
    append_reasons(text, outcome);
    if (outcome.wrong_checksums != 0) {
        text +=
            "\nSegments with a wrong checksum were dropped. Captures from the machine that sends\n"
            "them often have such: its device computes the checksum later. --mend-checksums puts\n"
            "them right.\n";
    }
    return text;
}

}  // namespace synward::control::explain

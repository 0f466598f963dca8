// SPDX-License-Identifier: BSD-3-Clause
#include "control/explain/story.h"

#include <fmt/format.h>

#include "wire/tcp_options.h"

namespace synward::control::explain {
namespace {

using wire::FrameKind;
using wire::SequenceNumber;
using wire::Side;

// What is farther from what its end has sent last belongs to another numbering.
constexpr std::int32_t kFarthest = std::int32_t{1} << 26;

std::string text_of(const wire::HandshakeOptions& options) {
    std::string text;
    const auto add = [&](const std::string& one) { text += (text.empty() ? "" : ", ") + one; };
    if (options.mss) {
        add(fmt::format("mss {}", *options.mss));
    }
    if (options.sack_permitted) {
        add("sack");
    }
    if (options.timestamps) {
        add("timestamps");
    }
    if (options.window_scale) {
        add(fmt::format("scale {}", *options.window_scale));
    }
    if (options.is_signed) {
        add("signed");
    }
    return text.empty() ? "no options" : text;
}

}  // namespace

std::string ShownSegment::name() const {
    switch (kind) {
        case FrameKind::kFragment:
            return "fragment";
        case FrameKind::kIcmpError:
            return "ICMP error";
        case FrameKind::kMalformed:
            return "malformed";
        case FrameKind::kNotTcp:
            return "no TCP";
        case FrameKind::kTcp:
            break;
    }
    std::string text;
    for (const auto& [flag, word] : {std::pair{wire::kSyn, "SYN"},
                                     {wire::kFin, "FIN"},
                                     {wire::kRst, "RST"},
                                     {wire::kPsh, "PSH"},
                                     {wire::kUrg, "URG"},
                                     {wire::kAck, "ACK"}}) {
        if ((flags & flag) != 0) {
            text += (text.empty() ? "" : ",") + std::string{word};
        }
    }
    return text.empty() ? "no flags" : text;
}

ShownNumber Numbering::shown(End& end, SequenceNumber number) {
    ShownNumber result{.absolute = number, .relative = {}};
    if (!end.initial) {
        return result;
    }
    const std::int32_t from_latest = distance(end.latest, number);
    if (from_latest > -kFarthest && from_latest < kFarthest) {
        result.relative = distance(*end.initial, number);
        if (before(end.latest, number)) {
            end.latest = number;
        }
    }
    return result;
}

ShownSegment Numbering::show(Side side, FrameKind kind, const wire::Segment& segment,
                             std::span<const std::uint8_t> frame) {
    const Side sender = segment.from;
    ShownSegment result{.kind = kind, .is_clients = sender == Side::kOutside};
    if (kind != FrameKind::kTcp) {
        return result;
    }
    auto& ends = ends_[static_cast<unsigned>(side)];
    End& own = ends[static_cast<unsigned>(sender)];
    End& other = ends[static_cast<unsigned>(opposite(sender))];
    if (segment.has(wire::kSyn)) {
        begin(own, segment.sequence);
    } else if (!own.initial && !segment.has(wire::kRst)) {
        begin(own, segment.sequence - 1);
    }
    if (!other.initial && segment.has(wire::kAck) && !segment.has(wire::kSyn)) {
        begin(other, segment.acknowledgment - 1);
    }
    result.flags = segment.flags;
    result.sequence = shown(own, segment.sequence);
    if (segment.has(wire::kAck)) {
        result.acknowledgment = shown(other, segment.acknowledgment);
    }
    result.length = segment.payload_length;
    result.window = segment.window;
    if (segment.has(wire::kSyn)) {
        const auto options = wire::read_handshake_options(
            frame.subspan(segment.options_offset(), segment.options_length()));
        result.options = options ? text_of(*options) : "malformed options";
    }
    return result;
}

}  // namespace synward::control::explain

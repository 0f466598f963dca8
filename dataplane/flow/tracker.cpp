// SPDX-License-Identifier: BSD-3-Clause
#include "flow/tracker.h"

#include <algorithm>
#include <array>

namespace synward::flow {
namespace {

using tcp::EndpointEvent;
using tcp::EndpointState;
using wire::SequenceNumber;
using wire::Side;

// A window of zero still admits the probe of one octet, and an end whose window the box has not
// seen is given what every stack offers without scaling.
constexpr std::uint32_t kLeastWindow = 65'535;

// Twice a window, and numbers so far apart can still be compared.
constexpr std::uint32_t kMostWindow = 0x3fff'ffff;

/// By a bound's code(): the octets that are admitted.
constexpr auto kAdmitted = [] {
    std::array<std::int32_t, 256> admitted{};
    for (unsigned code = 0; code < admitted.size(); ++code) {
        admitted[code] = static_cast<std::int32_t>(
            std::clamp(tcp::kWindowOctets[code], kLeastWindow, kMostWindow));
    }
    return admitted;
}();

/// What `side` has offered at most.
std::int32_t window_of(const Flow& flow, Side side) {
    return kAdmitted[flow.window[static_cast<unsigned>(side)].code()];
}

unsigned scale_of(const Flow& flow, Side side) {
    return side == Side::kOutside ? flow.outside_scale : flow.inside_scale;
}

void move(Flow& flow, Side side, EndpointEvent event) {
    flow.set_state(side, next_state(flow.state(side), event));
}

/// Whether what ends at `end` from `from` touches what its peer may accept or has accepted: from
/// one window behind the highest number seen (retransmissions, keep-alives) to one window before
/// it.
bool within_window(const Flow& flow, Side from, SequenceNumber end) {
    const SequenceNumber next = flow.next[static_cast<unsigned>(from)];
    const std::int32_t window = window_of(flow, opposite(from));
    // It may begin further back than that: a delayed segment of which a part is acknowledged.
    const std::int32_t ahead = distance(next, end);
    return ahead <= window && ahead >= -window - 1;
}

}  // namespace

SequenceNumber acknowledged(const Flow& flow, const wire::Segment& segment) {
    if (segment.from == Side::kOutside && flow.spliced) {
        return segment.acknowledgment - flow.splice.sequence_delta;
    }
    return segment.acknowledgment;
}

Fit judge(const Flow& flow, const wire::Segment& segment) {
    const bool fits_window = within_window(flow, segment.from, segment.end());
    if (segment.has(wire::kRst)) {
        if (segment.sequence == flow.next[static_cast<unsigned>(segment.from)]) {
            return Fit::kExactReset;
        }
        return fits_window ? Fit::kResetInWindow : Fit::kResetOutOfWindow;
    }
    if (!fits_window) {
        return Fit::kSequenceOutOfWindow;
    }
    const SequenceNumber sent = flow.next[static_cast<unsigned>(opposite(segment.from))];
    const std::int32_t behind = distance(acknowledged(flow, segment), sent);
    if (behind < 0) {
        return Fit::kAcknowledgmentUnsent;
    }
    // SND.UNA lies at most a window (and a probe) behind, and the oldest acceptable number a window
    // behind that. Without this bound half of all numbers would do for a blind segment.
    if (behind > 2 * window_of(flow, segment.from) + 1) {
        return Fit::kAcknowledgmentTooOld;
    }
    return Fit::kInside;
}

bool may_be_in_flight(const Flow& flow, Side sender, SequenceNumber sequence) {
    const std::int32_t behind = distance(sequence, flow.next[static_cast<unsigned>(sender)]);
    // A keep-alive lies one number before the window (RFC 9293 section 3.8.4).
    return behind >= 0 && behind <= window_of(flow, opposite(sender)) + 1;
}

void follow(Flow& flow, const wire::Segment& segment) {
    const Side from = segment.from;
    const Side to = opposite(from);
    flow.window[static_cast<unsigned>(from)].raise(
        tcp::scaled_window(segment.window, scale_of(flow, from)));
    // The acknowledgment before the segment's own FIN: a FIN that acknowledges the peer's is the
    // third segment of a three-segment close.
    const bool acknowledges_fin =
        has_sent_fin(flow.state(to)) && acknowledged(flow, segment) == flow.next_of(to);
    if (acknowledges_fin) {
        move(flow, from, EndpointEvent::kAcknowledgesFin);
        move(flow, to, EndpointEvent::kReceivesAckOfFin);
    }
    // Behind a FIN nothing new can follow, so its sender's `next` stays where the FIN ended: even
    // behind a segment that claimed more, as data passes with a wrong checksum and a FIN does not.
    const bool is_first_fin = segment.has(wire::kFin) && !has_sent_fin(flow.state(from));
    const bool is_new = before(flow.next_of(from), segment.end());
    // Unless a reset has overtaken it: what comes then was sent before, and is acknowledged.
    const bool is_reset =
        flow.state(from) == EndpointState::kClosed && flow.state(to) == EndpointState::kClosed;
    if (is_first_fin || (is_new && (is_reset || !has_sent_fin(flow.state(from))))) {
        flow.next_of(from) = segment.end();
    }
    if (is_first_fin) {
        move(flow, from, EndpointEvent::kSendsFin);
    }
}

bool follow_plainly(Flow& flow, const wire::Segment& segment) {
    using wire::kAck, wire::kFin, wire::kRst, wire::kSyn;
    const bool is_plain = (segment.flags & (kAck | kFin | kRst | kSyn)) == kAck;
    // Of bit fields as they are, so that neighbours are looked at together.
    constexpr auto kEstablished = static_cast<std::uint32_t>(EndpointState::kEstablished);
    const bool is_open = flow.phase == static_cast<unsigned>(Phase::kOpen) && flow.one_sided == 0 &&
                         flow.outside_state == kEstablished && flow.inside_state == kEstablished;
    if (!is_plain || !is_open) {
        return false;
    }
    const Side from = segment.from;
    const Side to = opposite(from);
    const SequenceNumber end = segment.sequence + segment.payload_length;
    SequenceNumber& next = flow.next_of(from);
    const std::int32_t window = window_of(flow, to);
    const std::int32_t behind = distance(acknowledged(flow, segment), flow.next_of(to));
    const bool fits = distance(next, end) <= window &&
                      distance(next, segment.sequence) >= -window - 1 && behind >= 0 &&
                      behind <= 2 * window_of(flow, from) + 1;
    if (!fits) [[unlikely]] {
        return false;
    }
    flow.window[static_cast<unsigned>(from)].raise(
        tcp::scaled_window(segment.window, scale_of(flow, from)));
    if (before(next, end)) {
        next = end;
    }
    return true;
}

void follow_reset(Flow& flow) {
    move(flow, Side::kOutside, EndpointEvent::kResets);
    move(flow, Side::kInside, EndpointEvent::kResets);
}

bool may_be_reused(const Flow& flow) {
    return has_closed_both_ways(flow.state(Side::kOutside)) ||
           has_closed_both_ways(flow.state(Side::kInside));
}

bool repeats_own_syn(const Flow& flow, const wire::Segment& syn) {
    const SequenceNumber next = flow.next[static_cast<unsigned>(syn.from)];
    const std::int32_t behind = distance(syn.end(), next);
    return behind >= 0 && behind <= window_of(flow, opposite(syn.from));
}

Patience patience(const Flow& flow) {
    const EndpointState outside = flow.state(Side::kOutside);
    const EndpointState inside = flow.state(Side::kInside);
    const bool outside_closed = has_sent_fin(outside);
    const bool inside_closed = has_sent_fin(inside);
    if (!outside_closed && !inside_closed) {
        return Patience::kEstablished;
    }
    if (outside_closed != inside_closed) {
        return Patience::kHalfClosed;
    }
    const auto at_rest = [](EndpointState state) {
        return state == EndpointState::kTimeWait || state == EndpointState::kClosed;
    };
    return at_rest(outside) && at_rest(inside) ? Patience::kTimeWait : Patience::kClosing;
}

}  // namespace synward::flow

// SPDX-License-Identifier: BSD-3-Clause
//
// ICMP errors about segments: path MTU discovery (RFC 1191, RFC 8201) must work through the box,
// attacks by forged errors (RFC 5927) must not.
#include <algorithm>

#include "defense/defender.h"
#include "defense/verdicts.h"

namespace synward::defense {
namespace {

using tcp::EndpointState;
using wire::Reason;
using wire::Segment;
using wire::SequenceNumber;
using wire::Side;

/// The quoted sequence number in the numbering of the end that sent the segment.
SequenceNumber quoted_sequence(const flow::Flow& flow, const Segment& segment) {
    const bool is_shown_to_client = flow.spliced && segment.from == Side::kOutside;
    return is_shown_to_client ? segment.sequence - flow.splice.sequence_delta : segment.sequence;
}

/// The same for what a server has sent in a flow that shows its client alone: no further from what
/// the client has acknowledged than the client's window.
bool is_plausible_of_unseen_server(const flow::Flow& flow, SequenceNumber sequence) {
    constexpr std::uint32_t kLeastWindow = 65'535;
    if (flow.state(Side::kOutside) == EndpointState::kSynSent) {
        return false;  // nothing that is known of has been sent
    }
    const auto window = static_cast<std::int32_t>(std::max(kLeastWindow, flow.window[0].octets()));
    const std::int32_t ahead = distance(flow.next[static_cast<unsigned>(Side::kInside)], sequence);
    return ahead >= -window - 1 && ahead <= window;
}

/// Whether the flow can have what the error quotes under way.
bool is_plausible(const flow::Flow& flow, const Segment& segment) {
    const Side sender = opposite(segment.from);
    if (sender == Side::kInside) {
        if (flow.one_sided) {
            return is_plausible_of_unseen_server(flow, segment.sequence);
        }
        // A server that has not spoken yet has nothing under way, and what the box has answered
        // in its place is no concern of its.
        if (flow.life() == flow::Phase::kConnecting ||
            flow.state(Side::kInside) == EndpointState::kListen) {
            return false;
        }
    } else if (flow.life() == flow::Phase::kHalfOpen &&
               flow.state(Side::kOutside) == EndpointState::kListen) {
        return false;  // the same for the outside's end of a connection that a server opens
    }
    return flow::may_be_in_flight(flow, sender, quoted_sequence(flow, segment));
}

}  // namespace

Verdict Defender::decide_icmp_error(const Arrival& arrival) const {
    if (arrival.flow == nullptr) {
        return icmp_error_without_flow(arrival);
    }
    const flow::Flow& flow = *arrival.flow;
    if (!is_plausible(flow, arrival.segment)) {
        return is_only_monitored(arrival.segment.tuple) ? forward(Reason::kMonitored)
                                                        : drop(Reason::kIcmpOutOfWindow);
    }
    if (!flow.spliced) {
        return forward(Reason::kIcmpError);
    }
    return {.action = Action::kSpliceIcmpError,
            .reason = Reason::kIcmpError,
            .translation = translation_of(flow)};
}

Verdict Defender::icmp_error_without_flow(const Arrival& arrival) const {
    const Segment& segment = arrival.segment;
    const auto service =
        classifier().service_of(segment.tuple.inside_address, segment.tuple.inside_port);
    // Receive-side scaling knows ICMP by its own addresses alone, if at all: then another worker
    // may have the flow.
    const bool is_at_its_owner = surroundings_.workers == 1 || surroundings_.steers_by_software;
    // Only from outside do they come in floods; an error from inside goes to a client that may
    // wait for it.
    if (!service || segment.from == Side::kInside || !is_at_its_owner) {
        return forward(Reason::kIcmpError);
    }
    switch (services_[*service].challenge()) {
        case Challenge::kNever:
            return forward(Reason::kIcmpError);
        case Challenge::kMonitor:
            return forward(Reason::kMonitored);
        case Challenge::kAlways:
        case Challenge::kOverBudget:
            break;
    }
    return drop(Reason::kIcmpWithoutFlow);
}

}  // namespace synward::defense

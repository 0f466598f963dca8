// SPDX-License-Identifier: BSD-3-Clause
//
// Segments of flows whose SYN has passed the box, open and closing.
#include "defense/defender.h"
#include "defense/verdicts.h"
#include "flow/handshake_stamp.h"
#include "tcp/window.h"

namespace synward::defense {
namespace {

using flow::Fit;
using tcp::EndpointEvent;
using tcp::EndpointState;
using tcp::kNoWindowScale;
using wire::Reason;
using wire::Segment;
using wire::SequenceNumber;
using wire::Side;

/// A SYN-ACK takes part in a connection that is known already: a retransmission.
bool repeats_syn_ack(const flow::Flow& flow, const Segment& segment) {
    const SequenceNumber next = flow.next[static_cast<unsigned>(segment.from)];
    const SequenceNumber peer_next = flow.next[static_cast<unsigned>(opposite(segment.from))];
    const auto within = [](std::int32_t behind) { return behind >= 0 && behind < (1 << 20); };
    return within(distance(segment.end(), next)) &&
           within(distance(flow::acknowledged(flow, segment), peer_next));
}

/// A client's segment that begins where the client has not been yet.
bool is_ahead(const flow::Flow& flow, const Segment& segment) {
    return segment.from == Side::kOutside &&
           before(flow.next[static_cast<unsigned>(Side::kOutside)], segment.sequence);
}

}  // namespace

void Defender::follow(flow::Flow& flow, const Segment& segment) {
    const EndpointState before = flow.state(segment.from);
    flow::follow(flow, segment);
    if (segment.has(wire::kFin)) {
        if (const auto kind = flow::close_decided_by_fin(flow, segment.from, before)) {
            figures_.count(*kind);
        }
    }
}

std::optional<tcp::Duration> Defender::handshake_time(const flow::Flow& flow) const {
    // Where a server opens the connection, no server's answer is measured.
    if (flow.opener() != Side::kOutside || now_ < stamps_told_from_) {
        return std::nullopt;
    }
    return flow::since_stamp(flow, now_, stamp_patience_);
}

void Defender::measure_server(const flow::Flow& flow) {
    if (const auto time = handshake_time(flow)) {
        figures_.server_handshake.record(*time);
    }
}

void Defender::count_handshake(const flow::Flow& flow) {
    services_[flow.service].figures().completed.add(1);
    if (const auto time = handshake_time(flow)) {
        figures_.client_handshake.record(*time);
    }
}

Verdict Defender::in_open(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    if (segment.has(wire::kSyn)) {
        return segment.has(wire::kAck) ? syn_ack_in_open(arrival) : syn_in_open(arrival);
    }
    if (is_ahead(flow, segment) && has_sent_fin(flow.state(Side::kOutside)) &&
        !segment.has(wire::kRst)) {
        // Behind its FIN a client sends nothing in this connection. One that uses its ports again
        // may have been challenged while this flow lingered.
        const Verdict verdict = redeem_or_drop(arrival, Reason::kSequenceOutOfWindow);
        if (verdict.action == Action::kConnectServer) {
            return verdict;
        }
    }
    switch (flow::judge(flow, segment)) {
        case Fit::kExactReset:
            return end_by_reset(flow);
        case Fit::kResetInWindow:
            // It may have ended the connection or be answered with a challenge ACK (RFC 5961
            // section 3); until somebody speaks, the flow waits no longer than a closing one.
            if (flow::is_unclosed(flow)) {
                renew(flow, policy().timeouts.closing);
            }
            return pass(flow, Reason::kReset);
        case Fit::kResetOutOfWindow:
            // It may be meant for the SYN-ACK of a challenge while this older flow lingers.
            if (segment.from == Side::kOutside) {
                remembered_syns_.forget(arrival.hash, segment.sequence);
            }
            return drop(Reason::kResetOutOfWindow);
        case Fit::kSequenceOutOfWindow:
            return redeem_or_drop(arrival, Reason::kSequenceOutOfWindow);
        case Fit::kAcknowledgmentUnsent:
        case Fit::kAcknowledgmentTooOld:
            return redeem_or_drop(arrival, Reason::kAcknowledgmentUnsent);
        case Fit::kInside:
            break;
    }
    follow(flow, segment);
    renew_open(flow);
    return pass(flow, segment.has(wire::kFin) ? Reason::kFinPassed : Reason::kInConnection);
}

Verdict Defender::end_by_reset(flow::Flow& flow) {
    if (flow::is_unclosed(flow)) {
        figures_.count(flow::CloseKind::kReset);
    }
    flow::follow_reset(flow);
    give_place_back(flow);
    const bool waits = flow.state(Side::kOutside) == EndpointState::kTimeWait ||
                       flow.state(Side::kInside) == EndpointState::kTimeWait;
    if (!waits) {  // RFC 1337
        renew(flow, policy().timeouts.half_open);
    }
    return pass(flow, Reason::kReset);
}

Verdict Defender::syn_in_open(const Arrival& arrival) {
    flow::Flow& flow = *arrival.flow;
    const ServiceState& service = services_[flow.service];
    // The SYN of an allowed source could be anybody's: it must not end a connection that lives.
    const bool challenged =
        arrival.segment.from == Side::kOutside && service.challenge() == Challenge::kAlways &&
        !source_lists().allows(arrival.segment.tuple.outside_address, flow.service);
    // A client's next connection begins behind the numbers of this one (RFC 9293 section 3.6.1),
    // unless it starts anew itself: which that is, and which an old duplicate, the server's answer
    // tells.
    const bool is_newer =
        arrival.segment.from == Side::kInside
            ? !flow::repeats_own_syn(flow, arrival.segment)
            : before_or_at(flow.next_of(Side::kOutside), arrival.segment.sequence);
    const bool begins_anew = flow::may_be_reused(flow) && is_newer;
    if (begins_anew || (challenged && service.method() == Method::kCookie)) {
        return on_syn(arrival, flow.service);
    }
    // An admitted source is not this client for certain, so its SYN must not end the flow here.
    if (challenged && !admitted_.take(arrival.segment.tuple, arrival.hash, now_)) {
        return challenge_by_reset(arrival, flow.service);
    }
    // The server's challenge ACK and the client's RST will tell whether the connection still lives
    // (RFC 5961 section 4); the flow stays until then.
    flow.set_heard_another_syn(true);
    return forward(Reason::kSynOnLiveFlow);
}

Verdict Defender::syn_ack_in_open(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    if (repeats_syn_ack(*arrival.flow, segment)) {
        return pass(*arrival.flow, Reason::kSynAck);
    }
    // Without a SYN to answer it is an old duplicate.
    if (segment.from == Side::kOutside || !arrival.flow->heard_another_syn()) {
        return drop(Reason::kSynAckUnacceptable);
    }
    // A server, which can be trusted, has accepted a SYN that passed while this flow was thought
    // to be alive (kSynOnLiveFlow): its connection begins anew.
    const auto options = wire::read_handshake_options(arrival.options());
    if (!options) {
        return drop(Reason::kTcpOptionLength);
    }
    const ServiceIndex service = arrival.flow->service;
    remove(*arrival.flow, Reason::kServerUnreachable);
    flow::Flow* const flow = insert(arrival);
    if (flow == nullptr) {
        return drop(Reason::kTableFull);
    }
    flow->enter(flow::Phase::kHalfOpen);
    flow->service = service;
    flow->set_state(Side::kOutside, EndpointState::kSynSent);
    flow->set_state(Side::kInside, EndpointState::kSynReceived);
    flow->next_of(Side::kOutside) = segment.acknowledgment;
    flow->next_of(Side::kInside) = segment.end();
    flow->window[1].raise(segment.window);
    // The SYN's own scale was not kept; the largest refuses nothing.
    flow->outside_scale =
        (options->window_scale ? wire::kMaximumWindowScale : kNoWindowScale) & 0xfU;
    flow->inside_scale = options->window_scale.value_or(kNoWindowScale) & 0xfU;
    table_.enqueue_half_open(*flow);
    renew(*flow, policy().timeouts.half_open);
    return forward(Reason::kSynAck);
}

}  // namespace synward::defense

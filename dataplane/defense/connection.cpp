// SPDX-License-Identifier: BSD-3-Clause
//
// Segments of flows whose SYN has passed the box, from half-open to closed.
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

// The longest data that a SYN may carry and its SYN-ACK acknowledge (RFC 7413).
constexpr std::int32_t kMaximumSynData = 65'495;

bool acknowledges_syn(const flow::Flow& flow, Side opener, SequenceNumber acknowledgment) {
    const SequenceNumber next = flow.next[static_cast<unsigned>(opener)];
    const std::int32_t missing = distance(acknowledgment, next);
    return missing == 0 || (flow.syn_had_data && missing > 0 && missing <= kMaximumSynData);
}

/// The handshake is complete: `acknowledgment` covers the answerer's SYN, and its FIN at most,
/// which may follow at once (RFC 9293 section 3.10.4: CLOSE in SYN-RECEIVED). After a fast open it
/// covers any part of the data that the answerer has sent already (RFC 7413 section 4.2).
bool acknowledges_syn_ack(const flow::Flow& flow, Side answerer, SequenceNumber acknowledgment) {
    const SequenceNumber next = flow.next[static_cast<unsigned>(answerer)];
    const std::int32_t missing = distance(acknowledgment, next);
    const bool is_early = flow.syn_had_data && missing > 0 && missing <= kMaximumSynData;
    switch (flow.state(answerer)) {
        case EndpointState::kSynReceived:
            return acknowledgment == next || is_early;
        case EndpointState::kFinWait1:
            return acknowledgment == next || acknowledgment == next - 1 || is_early;
        default:
            return false;
    }
}

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

Verdict Defender::in_half_open(const Arrival& arrival) {
    return arrival.segment.from == arrival.flow->opener() ? opener_in_half_open(arrival)
                                                          : answerer_in_half_open(arrival);
}

Verdict Defender::opener_in_half_open(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    const Side opener = segment.from;
    const Side answerer = opposite(opener);
    if (segment.has(wire::kSyn)) {
        if (segment.has(wire::kAck)) {
            return drop(Reason::kSynAckUnacceptable);
        }
        return another_syn(arrival);
    }
    if (segment.has(wire::kRst)) {
        // A RST at another number clears the server of an older connection or SYN (RFC 9293
        // figures 9 and 10); this one's SYN is still to come.
        if (segment.sequence == flow.next_of(opener)) {
            remove(flow, Reason::kClientAborted);
        }
        return forward(Reason::kReset);
    }
    if (!acknowledges_syn_ack(flow, answerer, segment.acknowledgment)) {
        // A client that was challenged first holds on to the cookie, even if its next SYN passed.
        return redeem_or_drop(arrival, Reason::kAcknowledgmentUnsent);
    }
    give_credit_back(flow);
    count_at_source(flow);
    count_handshake(flow);
    flow::clear_stamp(flow);
    table_.leave_half_open(flow);
    flow.enter(flow::Phase::kOpen);
    flow.splice = {};
    flow.set_state(opener, next_state(flow.state(opener), EndpointEvent::kAcknowledgesSyn));
    flow.set_state(answerer, next_state(flow.state(answerer), EndpointEvent::kReceivesAckOfSyn));
    if (flow::judge(flow, segment) == Fit::kInside) {
        follow(flow, segment);
    }
    renew_open(flow);
    return forward(Reason::kHandshakeCompleted);
}

Verdict Defender::another_syn(const Arrival& arrival) {
    const auto offered = wire::read_handshake_options(arrival.options());
    if (!offered) {
        return drop(Reason::kTcpOptionLength);
    }
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    // Which of several SYNs counts, the answer will tell, or has told already.
    if (flow.state(opposite(segment.from)) == EndpointState::kListen) {
        flow.next_of(segment.from) = segment.end();
        flow.syn_had_data = segment.payload_length != 0;
        const unsigned known = flow.outside_scale;  // both are the opener's until the answer
        const unsigned scale = offered->window_scale.value_or(kNoWindowScale);
        if (known == kNoWindowScale || (scale != kNoWindowScale && scale > known)) {
            flow.outside_scale = flow.inside_scale = scale & 0xfU;
        }
    }
    return forward(Reason::kSynRetransmitted);
}

Verdict Defender::answerer_in_half_open(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    const Side answerer = segment.from;
    const Side opener = opposite(answerer);
    const bool answers =
        segment.has(wire::kAck) && acknowledges_syn(flow, opener, segment.acknowledgment);
    const bool trusted = answerer == Side::kInside;
    if (segment.has(wire::kRst)) {
        if (answers) {
            if (trusted) {
                note_refusal_again(segment);
            }
            remove(flow, Reason::kServerUnreachable);
        }
        return answers || trusted ? forward(answers ? Reason::kServerRefused : Reason::kReset)
                                  : drop(Reason::kResetOutOfWindow);
    }
    if (!segment.has(wire::kSyn)) {
        // A FIN may follow a SYN-ACK at once, and overtake it.
        const EndpointState state = flow.state(answerer);
        const bool closes_at_once =
            segment.has(wire::kFin) && answers && segment.payload_length == 0 &&
            (state == EndpointState::kListen ||
             (state == EndpointState::kSynReceived && segment.sequence == flow.next_of(answerer)));
        if (closes_at_once) {
            flow.set_state(answerer, EndpointState::kFinWait1);
            flow.next_of(answerer) = segment.end();
            return forward(Reason::kFinPassed);
        }
        // After a fast open the answerer does not wait for the third segment (RFC 7413).
        if (state == EndpointState::kSynReceived && answers && trusted &&
            segment.payload_length != 0 && segment.sequence == flow.next_of(answerer)) {
            flow.syn_had_data = 1;
            flow.next_of(answerer) = segment.end();
            if (segment.has(wire::kFin)) {
                flow.set_state(answerer, EndpointState::kFinWait1);
            }
            return forward(segment.has(wire::kFin) ? Reason::kFinPassed : Reason::kInConnection);
        }
        // RFC 5961 section 4: it knows an older connection of these ports; the opener's RST will
        // clear it.
        return forward(Reason::kChallengeAck);
    }
    if (!answers && !trusted) {
        return drop(Reason::kSynAckUnacceptable);
    }
    if (!segment.has(wire::kAck)) {
        return forward(Reason::kSynFromInside);
    }
    // Of several SYNs a server may have answered an older duplicate: that goes to the client, whose
    // RST clears the server, and the flow with it (RFC 9293 figure 9).
    const auto options = wire::read_handshake_options(arrival.options());
    if (!options) {
        return drop(Reason::kTcpOptionLength);
    }
    const EndpointState state = flow.state(answerer);
    const bool repeats_before_fin =
        state == EndpointState::kFinWait1 && segment.end() == flow.next_of(answerer) - 1;
    const std::int32_t behind = distance(segment.end(), flow.next_of(answerer));
    const bool repeats_before_data = state != EndpointState::kListen && flow.syn_had_data &&
                                     behind > 0 && behind <= kMaximumSynData;
    if (!repeats_before_fin && !repeats_before_data) {
        flow.set_state(answerer, EndpointState::kSynReceived);
        flow.next_of(answerer) = segment.end();
        flow.syn_had_data = trusted && segment.payload_length != 0;
    }
    flow.next_of(opener) = segment.acknowledgment;
    flow.window[static_cast<unsigned>(answerer)].raise(segment.window);
    if (!options->window_scale) {
        flow.outside_scale = flow.inside_scale = kNoWindowScale;
    } else if (flow.outside_scale != kNoWindowScale) {
        (answerer == Side::kInside ? flow.inside_scale = *options->window_scale& 0xfU
                                   : flow.outside_scale = *options->window_scale & 0xfU);
    }
    if (trusted) {
        hear(arrival, flow.service,
             {.options = *options, .ecn = segment.is_ecn_setup_syn_ack(), .asked = nullptr});
    }
    const bool is_first = state == EndpointState::kListen;
    if (is_first) {
        measure_server(flow);
    }
    renew(flow, policy().timeouts.half_open);
    // Which of several SYN-ACKs the third segment acknowledges cannot be told.
    is_first ? flow::stamp(flow, now_) : flow::clear_stamp(flow);
    return forward(Reason::kSynAck);
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
    const flow::Flow& flow = *arrival.flow;
    const ServiceState& service = services_[flow.service];
    // The SYN of an allowed source could be anybody's: it must not end a connection that lives.
    const bool challenged =
        arrival.segment.from == Side::kOutside && service.challenge() == Challenge::kAlways &&
        !source_lists().allows(arrival.segment.tuple.outside_address, flow.service);
    const bool begins_anew =
        flow::may_be_reused(flow) && !flow::repeats_own_syn(flow, arrival.segment);
    if (begins_anew || (challenged && service.method() == Method::kCookie)) {
        return on_syn(arrival, flow.service);
    }
    // An admitted source is not this client for certain, so its SYN must not end the flow here.
    if (challenged && !admitted_.take(arrival.segment.tuple, arrival.hash, now_)) {
        return challenge_by_reset(arrival, flow.service);
    }
    // The server's challenge ACK and the client's RST will tell whether the connection still lives
    // (RFC 5961 section 4); the flow stays until then.
    return forward(Reason::kSynOnLiveFlow);
}

Verdict Defender::syn_ack_in_open(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    if (repeats_syn_ack(*arrival.flow, segment)) {
        return pass(*arrival.flow, Reason::kSynAck);
    }
    if (segment.from == Side::kOutside) {
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

// SPDX-License-Identifier: BSD-3-Clause
//
// Segments of flows whose SYN has passed the box, until the handshake is complete.
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

/// In a simultaneous open: the opener acknowledges the other's SYN.
bool answers_syn(const flow::Flow& flow, const Segment& segment) {
    const Side answerer = opposite(segment.from);
    return flow.state(answerer) != EndpointState::kListen &&
           segment.acknowledgment == flow.next[static_cast<unsigned>(answerer)];
}

void take_scale(flow::Flow& flow, Side side, unsigned scale) {
    if (side == Side::kInside) {
        flow.inside_scale = scale & 0xfU;
    } else {
        flow.outside_scale = scale & 0xfU;
    }
}

/// What moves one end (RFC 9293 figure 5).
void move(flow::Flow& flow, Side side, EndpointEvent event) {
    flow.set_state(side, next_state(flow.state(side), event));
}

/// The SYN of `side` ends at `end`. What its peer has acknowledged of another SYN says nothing.
void begin_at(flow::Flow& flow, Side side, SequenceNumber end) {
    const Side peer = opposite(side);
    if (flow.next_of(side) != end && flow.state(peer) == EndpointState::kSynReceived) {
        move(flow, peer, EndpointEvent::kResets);
        move(flow, peer, EndpointEvent::kSendsSyn);
    }
    flow.next_of(side) = end;
}

/// A segment of a connection that is not open yet tells its sender's window. Where its SYN is still
/// to come so is its scale, and the largest refuses nothing.
void raise_window(flow::Flow& flow, const Segment& segment) {
    unsigned scale = segment.from == Side::kOutside ? flow.outside_scale : flow.inside_scale;
    if (scale != kNoWindowScale && flow.state(segment.from) == EndpointState::kListen) {
        scale = wire::kMaximumWindowScale;
    }
    flow.window[static_cast<unsigned>(segment.from)].raise(
        tcp::scaled_window(segment.window, scale));
}

/// It takes its sender further, if it has data or a FIN that go before the handshake is complete
/// (RFC 9293 section 3.10.4, RFC 7413), in any order.
void advance(flow::Flow& flow, const Segment& segment) {
    SequenceNumber& next = flow.next_of(segment.from);
    const bool has_something = segment.payload_length != 0 || segment.has(wire::kFin);
    if (has_something && !has_sent_fin(flow.state(segment.from)) && before(next, segment.end())) {
        next = segment.end();
    }
    if (segment.has(wire::kFin)) {
        move(flow, segment.from, EndpointEvent::kSendsFin);
    }
}

}  // namespace

Verdict Defender::in_half_open(const Arrival& arrival) {
    return arrival.segment.from == arrival.flow->opener() ? opener_in_half_open(arrival)
                                                          : answerer_in_half_open(arrival);
}

Verdict Defender::opener_in_half_open(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    const Side opener = segment.from;
    if (segment.has(wire::kSyn)) {
        return segment.has(wire::kAck) ? opener_answers(arrival) : another_syn(arrival);
    }
    if (segment.has(wire::kRst)) {
        // A RST at another number clears the server of an older connection or SYN (RFC 9293
        // figures 9 and 10); this one's SYN is still to come.
        if (segment.sequence == flow.next_of(opener)) {
            remove(flow, Reason::kClientAborted);
        }
        return forward(Reason::kReset);
    }
    if (acknowledges_syn_ack(flow, opposite(opener), segment.acknowledgment)) {
        return complete(arrival);
    }
    if (answers_syn(flow, segment)) {
        // Its SYN-ACK was lost or overtaken, or the other's was.
        move(flow, opener, EndpointEvent::kSendsSynAck);
        raise_window(flow, segment);
        advance(flow, segment);
        return forward(segment.has(wire::kFin) ? Reason::kFinPassed : Reason::kChallengeAck);
    }
    if (opener == Side::kInside) {
        return forward(Reason::kChallengeAck);  // of another connection of these ports
    }
    // A client that was challenged first holds on to the cookie, even if its next SYN passed.
    return redeem_or_drop(arrival, Reason::kAcknowledgmentUnsent);
}

/// The third segment, or in a simultaneous open any that follows the two SYN-ACKs.
Verdict Defender::complete(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    const Side from = segment.from;
    give_credit_back(flow);
    count_at_source(flow);
    count_handshake(flow);
    flow::clear_stamp(flow);
    table_.leave_half_open(flow);
    const bool heard_another_syn = flow.heard_another_syn();
    flow.set_heard_another_syn(false);
    flow.enter(flow::Phase::kOpen);
    flow.splice = {};
    flow.set_heard_another_syn(heard_another_syn);
    move(flow, from, EndpointEvent::kAcknowledgesSyn);
    // Of two SYN-ACKs each acknowledges the other's SYN.
    move(flow, from, EndpointEvent::kReceivesAckOfSyn);
    move(flow, opposite(from), EndpointEvent::kReceivesAckOfSyn);
    if (flow::judge(flow, segment) == Fit::kInside) {
        follow(flow, segment);
    }
    renew_open(flow);
    return forward(Reason::kHandshakeCompleted);
}

/// Simultaneous open (RFC 9293 figure 7): both have sent a SYN, and this one answers.
Verdict Defender::opener_answers(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    const Side opener = segment.from;
    if (!answers_syn(flow, segment)) {
        // What a server answers to an older SYN goes to the client, whose RST clears the server.
        return opener == Side::kInside ? forward(Reason::kSynAck)
                                       : drop(Reason::kSynAckUnacceptable);
    }
    const auto options = wire::read_handshake_options(arrival.options());
    if (!options) {
        return drop(Reason::kTcpOptionLength);
    }
    if (!options->window_scale) {
        flow.outside_scale = flow.inside_scale = kNoWindowScale;
    }
    flow.window[static_cast<unsigned>(opener)].raise(segment.window);
    const std::int32_t behind = distance(segment.end(), flow.next_of(opener));
    if (behind <= 0 || behind > kMaximumSynData) {  // else its FIN has overtaken it
        begin_at(flow, opener, segment.end());      // of several SYNs this one counts
    }
    move(flow, opener, EndpointEvent::kSendsSynAck);
    renew(flow, policy().timeouts.half_open);
    flow::clear_stamp(flow);
    return forward(Reason::kSynAck);
}

Verdict Defender::another_syn(const Arrival& arrival) {
    const auto offered = wire::read_handshake_options(arrival.options());
    if (!offered) {
        return drop(Reason::kTcpOptionLength);
    }
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    // Even one that is the same as the first may begin a connection once more, if it is late.
    flow.set_heard_another_syn(true);
    // Which of several SYNs counts, the answer will tell, or has told already. Until then it is the
    // latest, and of a client's the one with the higher number: the other is an old duplicate.
    const EndpointState answerer = flow.state(opposite(segment.from));
    const bool is_latest =
        segment.from == Side::kInside || before_or_at(flow.next_of(segment.from), segment.end());
    const bool is_unanswered =
        answerer == EndpointState::kListen || answerer == EndpointState::kSynSent;
    if (is_latest && is_unanswered && !has_sent_fin(flow.state(segment.from))) {
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
        return answerer_resets(arrival, answers);
    }
    if (!segment.has(wire::kSyn)) {
        if (acknowledges_syn_ack(flow, opener, segment.acknowledgment) &&
            flow::judge(flow, segment) != Fit::kSequenceOutOfWindow) {
            return complete(arrival);  // it has the opener's SYN-ACK
        }
        return answerer_goes_ahead(arrival, answers);
    }
    if (!segment.has(wire::kAck)) {
        return answerer_opens_as_well(arrival);
    }
    if (!answers && !trusted) {
        return drop(Reason::kSynAckUnacceptable);
    }
    // Of several SYNs a server may have answered an older duplicate: that goes to the client, whose
    // RST clears the server, and the flow with it (RFC 9293 figure 9).
    const auto options = wire::read_handshake_options(arrival.options());
    if (!options) {
        return drop(Reason::kTcpOptionLength);
    }
    const bool is_first = flow.state(answerer) == EndpointState::kListen;
    const std::int32_t behind = distance(segment.end(), flow.next_of(answerer));
    const bool repeats_before_fin = flow.state(answerer) == EndpointState::kFinWait1 && behind == 1;
    const bool repeats_before_data = flow.state(answerer) != EndpointState::kListen &&
                                     flow.syn_had_data && behind > 0 && behind <= kMaximumSynData;
    if (!repeats_before_fin && !repeats_before_data) {
        if (has_sent_fin(flow.state(answerer))) {
            flow.set_state(answerer, EndpointState::kListen);  // another connection's
        }
        move(flow, answerer, EndpointEvent::kSendsSynAck);
        begin_at(flow, answerer, segment.end());
        flow.syn_had_data = trusted && segment.payload_length != 0;
    }
    const bool answers_another = segment.acknowledgment != flow.next_of(opener);
    if (!answers) {
        flow.set_heard_another_syn(true);
    }
    if (!has_sent_fin(flow.state(opener))) {
        flow.next_of(opener) = segment.acknowledgment;
    }
    flow.window[static_cast<unsigned>(answerer)].raise(segment.window);
    if (!options->window_scale) {
        flow.outside_scale = flow.inside_scale = kNoWindowScale;
    } else if (flow.outside_scale != kNoWindowScale || answers_another) {
        if (flow.outside_scale == kNoWindowScale) {
            // One SYN of the opener had none; that of the SYN that is answered now was not kept,
            // and the largest refuses nothing.
            take_scale(flow, opener, wire::kMaximumWindowScale);
        }
        take_scale(flow, answerer, *options->window_scale);
    }
    if (trusted) {
        hear(arrival, flow.service,
             {.options = *options, .ecn = segment.is_ecn_setup_syn_ack(), .asked = nullptr});
    }
    if (is_first) {
        measure_server(flow);
    }
    renew(flow, policy().timeouts.half_open);
    // Which of several SYN-ACKs the third segment acknowledges cannot be told.
    is_first ? flow::stamp(flow, now_) : flow::clear_stamp(flow);
    return forward(Reason::kSynAck);
}

Verdict Defender::answerer_resets(const Arrival& arrival, bool answers) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    if (answers) {
        if (segment.from == Side::kInside) {
            note_refusal_again(segment);
        }
        remove(flow, Reason::kServerUnreachable);
        return forward(Reason::kServerRefused);
    }
    // An opener that has answered the other's SYN takes a RST by its sequence number alone.
    const bool is_exact = flow.state(segment.from) != EndpointState::kListen &&
                          segment.sequence == flow.next_of(segment.from);
    if (is_exact && flow.state(flow.opener()) == EndpointState::kSynReceived) {
        remove(flow, Reason::kServerUnreachable);
        return forward(Reason::kReset);
    }
    return is_exact || segment.from == Side::kInside ? forward(Reason::kReset)
                                                     : drop(Reason::kResetOutOfWindow);
}

/// What an answerer sends besides SYNs before the handshake is complete.
Verdict Defender::answerer_goes_ahead(const Arrival& arrival, bool answers) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    const Side answerer = segment.from;
    const bool has_data = segment.payload_length != 0;
    if (answers || answerer == Side::kInside) {
        raise_window(flow, segment);
    }
    if (answers && flow.state(answerer) == EndpointState::kSynSent) {
        move(flow, answerer, EndpointEvent::kSendsSynAck);  // lost or overtaken
    }
    // A FIN may follow a SYN-ACK at once (RFC 9293 section 3.10.4: CLOSE in SYN-RECEIVED), and
    // after a fast open data may, too (RFC 7413 section 3). Both may overtake it and each other.
    const bool has_syn_ack = flow.state(answerer) == EndpointState::kSynReceived;
    const bool may_be_first =
        flow.state(answerer) == EndpointState::kListen && (!has_data || flow.syn_had_data);
    const std::int32_t ahead = distance(flow.next_of(answerer), segment.end());
    const bool follows = has_syn_ack && ahead > 0 && ahead <= kMaximumSynData;
    const bool goes_ahead = answers && (segment.has(wire::kFin) || has_data) &&
                            (!has_data || answerer == Side::kInside) && (may_be_first || follows);
    if (!goes_ahead) {
        // RFC 5961 section 4: it knows an older connection of these ports; the opener's RST will
        // clear it.
        return forward(Reason::kChallengeAck);
    }
    if (!has_syn_ack) {
        move(flow, answerer, EndpointEvent::kSendsSynAck);
        flow.next_of(answerer) = segment.sequence;
    }
    flow.syn_had_data |= has_data ? 1U : 0U;
    advance(flow, segment);
    return forward(segment.has(wire::kFin) ? Reason::kFinPassed : Reason::kInConnection);
}

/// Simultaneous open (RFC 9293 section 3.5, MUST-10).
Verdict Defender::answerer_opens_as_well(const Arrival& arrival) {
    const auto offered = wire::read_handshake_options(arrival.options());
    if (!offered) {
        return drop(Reason::kTcpOptionLength);
    }
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    const Side answerer = segment.from;
    const EndpointState state = flow.state(answerer);
    if (state == EndpointState::kListen || state == EndpointState::kSynSent) {
        move(flow, answerer, EndpointEvent::kSendsSyn);
        begin_at(flow, answerer, segment.end());
        flow.window[static_cast<unsigned>(answerer)].raise(segment.window);
        // A SYN without scaling may be anybody's; the opener's answer tells.
        if (offered->window_scale && flow.outside_scale != kNoWindowScale) {
            take_scale(flow, answerer, *offered->window_scale);
        }
    }
    return forward(answerer == Side::kInside ? Reason::kSynFromInside : Reason::kSynOnLiveFlow);
}

}  // namespace synward::defense

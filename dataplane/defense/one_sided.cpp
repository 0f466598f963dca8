// SPDX-License-Identifier: BSD-3-Clause
//
// Flows of services whose servers answer by another way (Sees::kClients).
//
// What the box knows of such a connection is what its client says. `next` of the outside is the
// highest number seen from it, as ever; `next` of the inside is the highest that it has
// acknowledged. The server's windows are not known, so none is enforced; a segment has to lie
// within 2^30 of where its client is, which half of all numbers do. Nor can the box tell whether
// the third segment acknowledges what the server has sent: anybody can send one.
//
// So a flow stays in Phase::kHalfOpen, where it gives way in a full table, until its source is
// known to be real: by the challenge by reset, or since the server's SYN-ACK did come this way and
// the third segment acknowledges it. Until then or for the time of a handshake, whichever is
// shorter, it keeps its credit, and its inside stays in LISTEN or SYN_RCVD. Thereafter the inside
// is taken for ESTABLISHED and the client's segments renew the flow.
//
// A server's segment that comes this way passes and clears nothing: one that does not, of the same
// connection, may follow, and the client's acknowledgment of it must not be refused.
#include <cstdlib>

#include "defense/defender.h"
#include "defense/verdicts.h"
#include "tcp/window.h"

namespace synward::defense {
namespace {

using tcp::EndpointEvent;
using tcp::EndpointState;
using wire::Reason;
using wire::Segment;
using wire::SequenceNumber;
using wire::Side;

// The longest data that a SYN may carry (RFC 7413), and the largest window of a SYN-ACK, which is
// never scaled (RFC 7323 section 2.2): how far a first segment may be from where the SYN ended.
constexpr std::int32_t kMostEarlyData = 65'535;

// How far a segment may be from its client's place: a window is at most that large (RFC 7323
// section 2.3).
constexpr std::int32_t kFarthest = 1 << 30;

// How far a segment moves its client at most: more than clients have in flight. What lies further
// away passes and moves nothing, so that a blind attacker, half of whose numbers are accepted,
// moves the flow away from its client with few of them.
constexpr std::int32_t kMostInFlight = 1 << 26;

/// How far the segment begins before (negative) or beyond what was seen of the client.
std::int32_t ahead_of_client(const flow::Flow& flow, const Segment& segment) {
    return distance(flow.next[static_cast<unsigned>(Side::kOutside)], segment.sequence);
}

/// Before its third segment.
bool awaits_client(const flow::Flow& flow) {
    return flow.state(Side::kOutside) == EndpointState::kSynSent;
}

/// Past the time of its handshake, or proven.
bool is_taken_for_open(const flow::Flow& flow) {
    return flow.state(Side::kInside) != EndpointState::kListen &&
           flow.state(Side::kInside) != EndpointState::kSynReceived;
}

/// Whether a server's segment answers the SYN of the flow.
bool answers_syn(const flow::Flow& flow, const Segment& segment) {
    const std::int32_t missing =
        distance(segment.acknowledgment, flow.next[static_cast<unsigned>(Side::kOutside)]);
    return segment.has(wire::kAck) &&
           (missing == 0 || (flow.syn_had_data && missing > 0 && missing <= kMostEarlyData));
}

/// Moves the flow by a client's segment.
void follow_client(flow::Flow& flow, const Segment& segment) {
    flow.window[0].raise(tcp::scaled_window(segment.window, flow.outside_scale));
    SequenceNumber& next = flow.next_of(Side::kOutside);
    const std::int32_t beyond = distance(next, segment.end());
    const bool is_near = beyond <= kMostInFlight && beyond >= -kMostInFlight;
    const bool has_closed = has_sent_fin(flow.state(Side::kOutside));
    if (is_near && !has_closed && (beyond > 0 || segment.has(wire::kFin))) {
        next = segment.end();
    }
    if (is_near && segment.has(wire::kFin)) {
        flow.set_state(Side::kOutside,
                       next_state(flow.state(Side::kOutside), EndpointEvent::kSendsFin));
    }
    if (before(flow.next_of(Side::kInside), segment.acknowledgment)) {
        flow.next_of(Side::kInside) = segment.acknowledgment;
    }
}

}  // namespace

Verdict Defender::in_one_sided(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    if (segment.from == Side::kInside) {
        return server_in_one_sided(arrival);
    }
    if (segment.has(wire::kSyn)) {
        return segment.has(wire::kAck) ? drop(Reason::kSynAckUnacceptable)
                                       : syn_in_one_sided(arrival);
    }
    if (segment.has(wire::kRst)) {
        return reset_in_one_sided(arrival);
    }
    return awaits_client(*arrival.flow) ? third_in_one_sided(arrival)
                                        : client_in_one_sided(arrival);
}

Verdict Defender::server_in_one_sided(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    const bool answers = awaits_client(flow) && answers_syn(flow, segment);
    if (segment.has(wire::kRst)) {
        if (answers) {
            remove(flow, Reason::kServerUnreachable);
            return forward(Reason::kServerRefused);
        }
        if (is_taken_for_open(flow)) {
            renew(flow, policy().timeouts.closing);  // until its client speaks again
        }
        return forward(Reason::kReset);
    }
    if (!segment.has(wire::kSyn)) {
        return forward(segment.has(wire::kFin) ? Reason::kFinPassed : Reason::kInConnection);
    }
    if (!segment.has(wire::kAck)) {
        return forward(Reason::kSynFromInside);
    }
    const auto options = wire::read_handshake_options(arrival.options());
    if (!options) {
        return drop(Reason::kTcpOptionLength);
    }
    if (answers) {
        flow.set_state(Side::kInside, EndpointState::kSynReceived);
        flow.next_of(Side::kInside) = segment.end();
        hear(arrival, flow.service,
             {.options = *options, .ecn = segment.is_ecn_setup_syn_ack(), .asked = nullptr});
    }
    return forward(Reason::kSynAck);
}

Verdict Defender::syn_in_one_sided(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    const flow::Flow& flow = *arrival.flow;
    const ServiceState& service = services_[flow.service];
    if (awaits_client(flow)) {
        // Which of two different SYNs counts the server would have told.
        return segment.end() == flow.next[0] ? forward(Reason::kSynRetransmitted)
                                             : on_syn(arrival, flow.service);
    }
    if (flow::repeats_own_syn(flow, segment)) {
        return forward(Reason::kSynOnLiveFlow);
    }
    if (has_sent_fin(flow.state(Side::kOutside))) {
        return on_syn(arrival, flow.service);
    }
    // As in a flow of which both sides are seen, a SYN must not end a connection that lives. Where
    // the server knows that connection its challenge ACK has the client end it (RFC 5961 section
    // 4), by a RST that comes this way; where it does not, resume() will.
    const bool challenged = service.challenge() == Challenge::kAlways &&
                            service.method() == Method::kReset &&
                            !source_lists().allows(segment.tuple.outside_address, flow.service);
    if (challenged && !admitted_.take(segment.tuple, arrival.hash, now_)) {
        return challenge_by_reset(arrival, flow.service);
    }
    return forward(Reason::kSynOnLiveFlow);
}

/// RFC 5961 section 3 has the server take a RST at exactly the number that it waits for. What it
/// waits for is not known here; it is the highest number seen from the client, unless something
/// has been lost behind the box. Only that number ends the flow.
Verdict Defender::reset_in_one_sided(const Arrival& arrival) {
    flow::Flow& flow = *arrival.flow;
    const std::int32_t ahead = ahead_of_client(flow, arrival.segment);
    if (!is_taken_for_open(flow)) {
        // At another number it clears the server of an older connection or SYN (RFC 9293 figures 9
        // and 10).
        if (ahead == 0) {
            remove(flow, Reason::kClientAborted);
        }
        return forward(Reason::kReset);
    }
    if (ahead == 0) {
        return end_by_reset(flow);
    }
    if (ahead > kMostInFlight || ahead < -kMostInFlight) {
        return drop(Reason::kResetOutOfWindow);
    }
    renew(flow, policy().timeouts.closing);  // unless its client speaks again
    return forward(Reason::kReset);
}

Verdict Defender::third_in_one_sided(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    const std::int32_t ahead = ahead_of_client(flow, segment);
    const std::int32_t earliest = flow.syn_had_data ? -kMostEarlyData : 0;
    if (ahead < earliest || ahead > kMostEarlyData) {
        // A SYN may have come between that was not its own.
        return resume(arrival, flow.service, Reason::kSequenceOutOfWindow);
    }
    const bool acknowledges_syn_ack = flow.state(Side::kInside) == EndpointState::kSynReceived &&
                                      segment.acknowledgment == flow.next_of(Side::kInside);
    flow.next_of(Side::kInside) = segment.acknowledgment;
    flow.set_state(Side::kOutside,
                   next_state(flow.state(Side::kOutside), EndpointEvent::kAcknowledgesSyn));
    follow_client(flow, segment);
    if (!acknowledges_syn_ack && !admitted_.knows(segment.tuple.outside_address, now_)) {
        return forward(Reason::kHandshakeUnproven);
    }
    prove(flow);
    if (link_headers_.find(segment.tuple.inside_address) == nullptr) {
        link_headers_.remember(segment.tuple.inside_address, arrival.link_header());
    }
    renew_one_sided(flow);
    return forward(Reason::kHandshakeCompleted);
}

Verdict Defender::client_in_one_sided(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    const std::int32_t ahead = ahead_of_client(flow, segment);
    if (ahead > kFarthest || ahead < -kFarthest) {
        return resume(arrival, flow.service, Reason::kSequenceOutOfWindow);
    }
    follow_client(flow, segment);
    if (is_taken_for_open(flow)) {
        renew_one_sided(flow);
    }
    return forward(segment.has(wire::kFin) ? Reason::kFinPassed : Reason::kInConnection);
}

Verdict Defender::one_sided_without_flow(const Arrival& arrival, ServiceIndex service) {
    const Segment& segment = arrival.segment;
    if (segment.from == Side::kInside) {
        // It can be trusted, and its client's segments may go another way.
        return forward(Reason::kWithoutFlow);
    }
    if (segment.has(wire::kSyn)) {
        return drop(Reason::kSynAckWithoutFlow);
    }
    if (segment.has(wire::kRst)) {
        return reset_without_flow(arrival, service);
    }
    const Verdict verdict = resume(arrival, service, Reason::kSourceNotAdmitted);
    return pick_up_.is_open() ? pick_up_one_sided(arrival, service, verdict) : verdict;
}

Verdict Defender::resume(const Arrival& arrival, ServiceIndex service, Reason otherwise) {
    const Segment& segment = arrival.segment;
    if (!admitted_.knows(segment.tuple.outside_address, now_)) {
        return drop(otherwise);
    }
    if (const auto over = over_budget_of_source(segment.tuple.outside_address, service)) {
        return drop(*over);
    }
    if (const auto reason = damage(arrival)) {
        return drop(*reason);
    }
    if (!admitted_.take(segment.tuple, arrival.hash, now_)) {
        return drop(otherwise);
    }
    if (arrival.flow != nullptr) {
        remove(*arrival.flow, Reason::kClientAborted);
    }
    flow::Flow* const flow = insert_one_sided(arrival, service);
    if (flow == nullptr) {
        return drop(Reason::kTableFull);
    }
    flow->enter(flow::Phase::kOpen);
    count_at_source(*flow);
    renew_one_sided(*flow);
    return forward(Reason::kConnectionResumed);
}

Verdict Defender::pick_up_one_sided(const Arrival& arrival, ServiceIndex service,
                                    const Verdict& otherwise) {
    // Nothing will come of its server by which it could be told from a forged one. So it gives way
    // as any other that has proven nothing, and pushes out nobody.
    if (otherwise.reason != Reason::kSourceNotAdmitted || table_.size() == table_.capacity() ||
        !pick_up_.may_ask_server(now_)) {
        return otherwise;
    }
    if (const auto reason = damage(arrival)) {
        return drop(*reason);
    }
    flow::Flow* const flow = insert_one_sided(arrival, service);
    if (flow == nullptr) {
        return otherwise;
    }
    flow->enter(flow::Phase::kHalfOpen);
    table_.enqueue_half_open(*flow);
    renew_one_sided(*flow);
    return forward(Reason::kPickedUp);
}

flow::Flow* Defender::insert_one_sided(const Arrival& arrival, ServiceIndex service) {
    const Segment& segment = arrival.segment;
    flow::Flow* const flow = insert(arrival);
    if (flow == nullptr) {
        return nullptr;
    }
    flow->service = service;
    flow->one_sided = 1;
    flow->set_state(Side::kOutside, EndpointState::kEstablished);
    flow->set_state(Side::kInside, EndpointState::kEstablished);
    flow->next_of(Side::kOutside) = segment.sequence;
    flow->next_of(Side::kInside) = segment.acknowledgment;
    flow->outside_scale = wire::kMaximumWindowScale & 0xfU;  // not known; the largest
    follow_client(*flow, segment);
    return flow;
}

void Defender::prove(flow::Flow& flow) {
    give_credit_back(flow);
    if (!has_sent_fin(flow.state(Side::kOutside))) {
        count_at_source(flow);
    }
    table_.leave_half_open(flow);
    flow.enter(flow::Phase::kOpen);
    flow.splice = {};
    flow.set_state(Side::kInside, EndpointState::kEstablished);
}

bool Defender::outlives_handshake(flow::Flow& flow) {
    if (awaits_client(flow) || is_taken_for_open(flow)) {
        return false;
    }
    if (admitted_.knows(flow.tuple.outside_address, now_)) {
        prove(flow);
    } else {
        // It stays in the queue of those that give way.
        give_credit_back(flow);
        flow.set_state(Side::kInside, EndpointState::kEstablished);
    }
    renew_one_sided(flow);
    return true;
}

/// The server's FIN is not seen, so that of a client that has sent its own nothing tells whether
/// the server has closed as well: it has as long as a close takes, from the client's latest
/// segment.
void Defender::renew_one_sided(flow::Flow& flow) {
    if (!has_sent_fin(flow.state(Side::kOutside))) {
        return renew(flow, policy().timeouts.established);
    }
    give_place_back(flow);
    renew(flow, policy().timeouts.closing);
}

void Defender::tell_ends_of_one_sided(const flow::Flow& flow) {
    if (flow.life() == flow::Phase::kHalfOpen && awaits_client(flow)) {
        return free_backlog(flow, Reason::kResetOnExpiryServer);
    }
    const EndpointState client = flow.state(Side::kOutside);
    if (client == EndpointState::kClosed) {
        return;
    }
    // Its client's own numbers, so they are right for the server (RFC 5961 section 3).
    send_reset(flow, Side::kInside, Reason::kResetOnExpiryServer);
    // One that has closed may be in TIME_WAIT (RFC 1337); one that has proven nothing may be the
    // victim of whoever forges its address.
    if (!has_sent_fin(client) && flow.life() == flow::Phase::kOpen) {
        send_reset(flow, Side::kOutside, Reason::kResetOnExpiryClient);
    }
}

}  // namespace synward::defense

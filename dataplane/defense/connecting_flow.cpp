// SPDX-License-Identifier: BSD-3-Clause
//
// The connection to the server that follows a redeemed cookie, until the two are spliced.
#include "defense/defender.h"
#include "defense/verdicts.h"
#include "tcp/window.h"

namespace synward::defense {
namespace {

using tcp::EndpointState;
using tcp::kNoWindowScale;
using wire::Reason;
using wire::Segment;
using wire::SequenceNumber;
using wire::Side;

/// The client's TSval, which the echo of its next answer must name.
std::uint32_t latest_timestamp(const Connecting& connecting) {
    return connecting.options.timestamps ? connecting.options.timestamps->value : 0;
}

std::uint16_t window_without_scale(std::uint16_t field, unsigned scale) {
    return tcp::rescaled_window(field, scale, kNoWindowScale);
}

}  // namespace

Verdict Defender::in_connecting(const Arrival& arrival) {
    return arrival.segment.from == Side::kOutside ? client_while_connecting(arrival)
                                                  : server_while_connecting(arrival);
}

Verdict Defender::client_while_connecting(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    const SequenceNumber next = flow.next_of(Side::kOutside);
    if (segment.has(wire::kSyn)) {
        if (segment.has(wire::kAck)) {
            return drop(Reason::kSynAckUnacceptable);
        }
        const auto offered = wire::read_handshake_options(arrival.options());
        services_[flow.service].figures().syns.add(1);
        return offered ? challenge(arrival, flow.service, *offered)
                       : drop(Reason::kTcpOptionLength);
    }
    if (segment.has(wire::kRst)) {
        if (segment.sequence != next) {
            return drop(Reason::kResetOutOfWindow);
        }
        // For a server that has the SYN by now, in the only numbers that it knows of this client.
        Verdict verdict{.action = Action::kAbortServer, .reason = Reason::kReset};
        verdict.sequence = connecting_.at(flow.held_index()).client_isn + 1;
        remove(flow, Reason::kClientAborted);
        return verdict;
    }
    if (segment.acknowledgment != flow.promise.sequence + 1) {
        return redeem_or_drop(arrival, Reason::kAcknowledgmentUnsent);
    }
    Connecting& connecting = connecting_.at(flow.held_index());
    connecting.client_window = segment.window;
    flow.window[0].raise(tcp::scaled_window(segment.window, flow.outside_scale));
    if (before_or_at(segment.end(), next)) {
        return drop(Reason::kAlreadyHeld);
    }
    if (distance(next, segment.end()) > 0xffff) {
        return drop(Reason::kSequenceOutOfWindow);
    }
    if (!connecting_.hold(flow.held_index())) {
        return drop(Reason::kHoldFull);
    }
    flow.next_of(Side::kOutside) = segment.end();
    return {.action = Action::kHold,
            .reason = Reason::kAwaitingServer,
            .connecting = flow.held_index()};
}

Verdict Defender::server_while_connecting(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    Connecting& connecting = connecting_.at(flow.held_index());
    const bool acknowledges_syn =
        segment.has(wire::kAck) && segment.acknowledgment == connecting.client_isn + 1;
    if (segment.has(wire::kRst)) {
        if (!acknowledges_syn) {
            return drop(Reason::kResetOutOfWindow);
        }
        Verdict verdict{.action = Action::kRefuseClient, .reason = Reason::kServerRefused};
        verdict.sequence = flow.promise.sequence + 1;
        verdict.acknowledgment = flow.next_of(Side::kOutside);
        note_refusal(segment);
        remove(flow, Reason::kServerUnreachable);
        return verdict;
    }
    if (segment.has(wire::kSyn) && acknowledges_syn) {
        return join(arrival);
    }
    if (acknowledges_syn) {
        // It has the SYN; its SYN-ACK was lost or overtaken, and will come again. To reset it now
        // would end this very connection.
        return drop(Reason::kSynAckAwaited);
    }
    // The server still knows an older connection of these ports and answers for it (RFC 5961
    // section 4). A client in SYN_SENT resets it (RFC 9293 section 3.5.1) and tries again, and so
    // does the box; each try counts, so that the two cannot go on for ever.
    if (!segment.has(wire::kAck) || connecting.attempts >= policy().hold.server_attempts) {
        return drop(Reason::kSynAckUnacceptable);
    }
    ++connecting.attempts;
    Verdict verdict{.action = Action::kAnswerReset,
                    .reason = Reason::kStaleServerReset,
                    .connecting = flow.held_index()};
    verdict.sequence = segment.acknowledgment;
    return verdict;
}

Verdict Defender::join(const Arrival& arrival) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    const std::uint32_t number = flow.held_index();
    const Connecting& connecting = connecting_.at(number);
    const auto answer = wire::read_handshake_options(arrival.options());
    if (!answer) {
        return drop(Reason::kTcpOptionLength);
    }
    hear(arrival, flow.service,
         {.options = *answer,
          .ecn = segment.is_ecn_setup_syn_ack(),
          .asked = &connecting.options,
          .asked_ecn = connecting.ecn});
    const bool server_scales = answer->window_scale && connecting.options.window_scale;
    const flow::Flow::Promise promise = flow.promise;
    flow.splice = {promise.sequence.value() - segment.sequence.value(),
                   answer->timestamps ? promise.timestamp_value - answer->timestamps->value : 0};
    flow.strip_timestamps = flow.timestamps && !answer->timestamps;
    flow.timestamps = flow.timestamps && answer->timestamps;
    flow.strip_sack = connecting.options.sack_permitted && !answer->sack_permitted;
    flow.inside_scale = (server_scales ? *answer->window_scale : kNoWindowScale) & 0xfU;
    flow.spliced = 1;
    flow.enter(flow::Phase::kOpen);
    // The server may have ended what an earlier SYN began, and take up the next.
    flow.set_heard_another_syn(connecting.attempts > 1);
    flow.next_of(Side::kInside) = segment.end();
    flow.window[1].raise(segment.window);
    flow.set_state(Side::kInside, EndpointState::kEstablished);
    renew_open(flow);
    services_[flow.service].figures().completed.add(1);
    figures_.server_handshake.record(now_ - connecting.began);
    // What is held goes through the open flow as if it came now.
    flow.next_of(Side::kOutside) = connecting.client_isn + 1;

    Verdict verdict{
        .action = Action::kJoin, .reason = Reason::kServerConnected, .connecting = number};
    verdict.window = server_scales
                         ? connecting.client_window
                         : window_without_scale(connecting.client_window, flow.outside_scale);
    verdict.translation = translation_of(flow);
    verdict.timestamp_to_server = latest_timestamp(connecting);
    verdict.options = *answer;
    connecting_.release(number, Reason::kServerUnreachable);
    return verdict;
}

}  // namespace synward::defense

// SPDX-License-Identifier: BSD-3-Clause
//
// SYNs of clients, and the cookies that answer them.
#include <algorithm>

#include "defense/cookie_mark.h"
#include "defense/defender.h"
#include "defense/verdicts.h"
#include "flow/handshake_stamp.h"
#include "tcp/window.h"

namespace synward::defense {
namespace {

using tcp::EndpointState;
using tcp::kNoWindowScale;
using wire::Reason;
using wire::Segment;
using wire::SequenceNumber;
using wire::Side;

// Far beyond the last attempt; the pool's own clock ends a connecting.
constexpr std::chrono::minutes kConnectingExpiry{10};

}  // namespace

Verdict Defender::on_syn(const Arrival& arrival, ServiceIndex service) {
    const auto offered = wire::read_handshake_options(arrival.options());
    if (!offered) {
        return drop(Reason::kTcpOptionLength);
    }
    if (arrival.segment.from == Side::kInside) {
        link_headers_.remember(arrival.segment.tuple.inside_address, arrival.link_header());
        return let_syn_pass(arrival, service, *offered, false, Reason::kSynFromInside);
    }
    ServiceState& state = services_[service];
    state.figures().syns.add(1);
    const Challenge mode = state.challenge();
    if (mode == Challenge::kNever) {
        return let_syn_pass(arrival, service, *offered, false, Reason::kSynUnchallenged);
    }
    if (source_lists().allows(arrival.segment.tuple.outside_address, service)) {
        return let_syn_pass(arrival, service, *offered, false, Reason::kSynAllowed);
    }
    if (const auto over = over_budget_of_source(arrival.segment.tuple.outside_address, service)) {
        return drop(*over);
    }
    if (mode == Challenge::kMonitor) {
        const bool credit = state.take_credit();
        return let_syn_pass(arrival, service, *offered, credit,
                            credit ? Reason::kSynWithinBudget : Reason::kSynMonitored);
    }
    // A full table is no reason to push out another client's handshake: a cookie needs no room.
    if (mode == Challenge::kOverBudget && table_.size() != table_.capacity() &&
        state.take_credit()) {
        return let_syn_pass(arrival, service, *offered, true, Reason::kSynWithinBudget);
    }
    return state.method() == Method::kCookie
               ? challenge(arrival, service, *offered)
               : challenge_by_reset_or_admit(arrival, service, *offered);
}

Verdict Defender::let_syn_pass(const Arrival& arrival, ServiceIndex service,
                               const wire::HandshakeOptions& offered, bool with_credit,
                               Reason reason) {
    const Segment& segment = arrival.segment;
    if (arrival.flow != nullptr) {
        remove(*arrival.flow, Reason::kServerUnreachable);
    }
    flow::Flow* const flow = insert(arrival);
    if (flow == nullptr) {
        if (with_credit) {
            services_[service].give_credit_back();
        }
        // Services that are never challenged do without flows where there is no room for them.
        return services_[service].challenge() == Challenge::kNever ? forward(Reason::kWithoutFlow)
                                                                   : drop(Reason::kTableFull);
    }
    const Side from = segment.from;
    const std::uint8_t scale = offered.window_scale.value_or(kNoWindowScale);
    flow->enter(flow::Phase::kHalfOpen);
    flow->service = service;
    flow->holds_credit = with_credit;
    flow->opener_is_inside = from == Side::kInside;
    flow->one_sided = from == Side::kOutside && services_[service].sees_only_clients();
    flow->syn_had_data = segment.payload_length != 0;
    flow->set_state(from, EndpointState::kSynSent);
    flow->set_state(opposite(from), EndpointState::kListen);
    flow->next_of(from) = segment.end();
    flow->window[static_cast<unsigned>(from)].raise(segment.window);
    flow->outside_scale = scale & 0xfU;
    flow->inside_scale = scale & 0xfU;  // until the SYN-ACK tells the answerer's
    table_.enqueue_half_open(*flow);
    renew(*flow, policy().timeouts.half_open);
    flow::stamp(*flow, now_);
    return forward(reason);
}

Verdict Defender::challenge(const Arrival& arrival, ServiceIndex service,
                            const wire::HandshakeOptions& offered) {
    const Segment& segment = arrival.segment;
    if (offered.is_signed) {
        return drop(Reason::kSynSigned);  // its client would not take an unsigned answer
    }
    if (!answer_limit_.allows(segment.tuple.outside_address, now_)) {
        return drop(Reason::kAnswerLimit);
    }
    if (const auto verdict = verdict_by_port(arrival, service, offered)) {
        return *verdict;
    }
    return answer_with_cookie(arrival, service, offered);
}

Verdict Defender::try_cookie(const Arrival& arrival, ServiceIndex service) {
    const Segment& segment = arrival.segment;
    if (!services_[service].redeems_cookies()) {
        return drop_without_flow(segment, Reason::kAckWithoutFlow);
    }
    const auto positions = wire::find_options(arrival.options());
    if (!positions) {
        return drop(Reason::kTcpOptionLength);
    }
    const auto refusal = [&](Reason reason) {
        if (arrival.flow == nullptr) {
            services_[service].figures().failed.add(1);
        }
        return drop_without_flow(segment, reason);
    };
    std::optional<std::uint32_t> echoed;
    if (positions->timestamps != 0) {
        echoed = wire::timestamps_at(arrival.options(), positions->timestamps).echo_reply;
    }
    const SequenceNumber client_isn = segment.sequence - 1;
    const SequenceNumber cookie = segment.acknowledgment - 1;
    const auto epoch = keys_.claimed_epoch(arrival.hash, client_isn, cookie, echoed);
    if (!epoch) {
        return refusal(Reason::kCookieInvalid);
    }
    if (!surroundings_.cookies_are_shared && !services_[service].has_cookie_outstanding(*epoch)) {
        return refusal(Reason::kCookieNotOutstanding);
    }
    const auto client = keys_.redeem(arrival.hash, segment.is_ipv4(), client_isn, cookie, echoed);
    if (!client) {
        return refusal(Reason::kCookieInvalid);
    }
    if (const auto reason = damage(arrival)) {
        return drop(*reason);
    }
    return redeem(arrival, service, *client, *epoch);
}

Verdict Defender::redeem_or_drop(const Arrival& arrival, Reason otherwise) {
    const Segment& segment = arrival.segment;
    flow::Flow& flow = *arrival.flow;
    // The network may deliver the ACK that redeemed this flow's own cookie once more, long after;
    // its cookie is good still, but its client does not begin anew.
    const SequenceNumber next = flow.next_of(Side::kOutside);
    const bool repeats_own = flow.spliced && flow.cookie_mark == cookie_mark(segment.sequence) &&
                             before_or_at(segment.sequence, next);
    // Nor does the FIN of a connection before a live one, whose cookie is good as well: who begins
    // anew goes on behind the numbers it had (RFC 9293 section 3.4.1) or, if it has lost them (a
    // NAT gives its ports to another host), was challenged just now.
    const bool is_older = !has_sent_fin(flow.state(Side::kOutside)) &&
                          before(segment.sequence, next) &&
                          !remembered_syns_.remembers(arrival.hash, segment.sequence);
    if (segment.from == Side::kInside || repeats_own || is_older) {
        return drop(otherwise);
    }
    const Verdict verdict = try_cookie(arrival, flow.service);
    return verdict.action == Action::kConnectServer ? verdict : drop(otherwise);
}

Verdict Defender::redeem(const Arrival& arrival, ServiceIndex service,
                         const tcp::ClientOptions& client, tcp::Epoch epoch) {
    const Segment& segment = arrival.segment;
    const auto options = arrival.options();
    const auto positions = wire::find_options(options);
    if (const auto over = over_budget_of_source(segment.tuple.outside_address, service)) {
        return drop(*over);
    }
    const auto number = connecting_.take();
    if (!number) {
        return drop(Reason::kHoldFull);
    }
    if (arrival.flow != nullptr) {
        remove(*arrival.flow, Reason::kClientAborted);  // an older connection of the same ports
    }
    flow::Flow* const flow = insert(arrival);
    if (flow == nullptr) {
        connecting_.release(*number, Reason::kTableFull);
        return drop(Reason::kTableFull);
    }
    services_[service].figures().redeemed.add(1);
    if (const auto answered = remembered_syns_.forget(arrival.hash, segment.sequence)) {
        figures_.client_handshake.record(now_ - *answered);
    }
    std::optional<wire::Timestamps> timestamps;
    if (positions && positions->timestamps != 0) {
        timestamps = wire::timestamps_at(options, positions->timestamps);
    }
    flow->enter(flow::Phase::kConnecting);
    flow->service = service;
    flow->cookie_mark = cookie_mark(segment.sequence) & 0xffU;
    flow->timestamps = timestamps.has_value();
    flow->set_state(Side::kOutside, EndpointState::kEstablished);
    flow->set_state(Side::kInside, EndpointState::kListen);
    flow->next_of(Side::kOutside) = segment.end();
    flow->set_held_index(*number);
    flow->promise = {segment.acknowledgment - 1, timestamps ? timestamps->echo_reply : 0};
    flow->outside_scale = client.window_scale & 0xfU;
    flow->promised_scale = (client.window_scale == kNoWindowScale
                                ? kNoWindowScale
                                : scale_promised(service, segment.tuple.inside_address, epoch)) &
                           0xfU;
    flow->window[0].raise(tcp::scaled_window(segment.window, client.window_scale));
    renew(*flow, kConnectingExpiry);
    count_at_source(*flow);

    Connecting& connecting = connecting_.at(*number);
    connecting.tuple = segment.tuple;
    connecting.client_isn = segment.sequence - 1;
    connecting.options.mss = client.mss;
    if (client.window_scale != kNoWindowScale) {
        connecting.options.window_scale = client.window_scale;
    }
    connecting.options.sack_permitted = client.sack;
    if (timestamps) {
        connecting.options.timestamps = {timestamps->value, 0};
    }
    connecting.ecn = client.ecn;
    connecting.syn_window =
        tcp::rescaled_window(segment.window, client.window_scale, kNoWindowScale);
    connecting.client_window = segment.window;
    connecting.promised_sequence = flow->promise.sequence;
    connecting.began = now_;
    connecting.interval = policy().hold.first_retransmission;
    connecting.next_attempt = now_ + connecting.interval;
    connecting.attempts = 1;

    const bool has_data = segment.payload_length != 0 || segment.has(wire::kFin);
    const bool held = has_data && connecting_.hold(*number);
    if (has_data && !held) {
        flow->next_of(Side::kOutside) = segment.sequence;  // the client will send it again
    }
    return {.action = Action::kConnectServer,
            .reason = held ? Reason::kAwaitingServer : Reason::kCookieRedeemed,
            .connecting = *number};
}

}  // namespace synward::defense

// SPDX-License-Identifier: BSD-3-Clause
//
// Picking up connections that were there before the run.
//
// Of such a connection both ends wait, and one of them sends again. The other is then asked for its
// numbers, by a segment without data one number before what was sent: no end accepts it, and each
// answers what it does not accept with an ACK (RFC 9293 section 3.10.7.4), as it answers a
// keep-alive (section 3.8.4). The numbers of a client and a server that agree make a flow, and the
// next retransmission passes.
//
//     server                     box                     client
//       data, again      --->  (kept: its numbers)
//                              question          --->
//                              flow              <---  ACK
//       <------------------------------------------------
//       data, once more  ------------------------------->
//
// A client that has to send again has its server asked first. A question moves neither end, as no
// end takes the acknowledgment of what it does not accept.
#include "defense/defender.h"
#include "defense/verdicts.h"

namespace synward::defense {
namespace {

using tcp::EndpointState;
using wire::Reason;
using wire::Segment;
using wire::Side;

// The scales are not known; the largest refuse nothing.
constexpr std::uint32_t kWindow = 64U << 20U;

// How far an end may be beyond what it has shown: what it sent before the earlier run ended was
// received out of order, and is acknowledged at once when the gap is filled. Until the connection
// has gone on for so long, that much of what was never sent is accepted.
constexpr std::uint32_t kUnseen = 16U << 20U;

std::optional<wire::Timestamps> timestamps_of(const Arrival& arrival) {
    const auto positions = wire::find_options(arrival.options());
    if (!positions || positions->timestamps == 0) {
        return std::nullopt;
    }
    return wire::timestamps_at(arrival.options(), positions->timestamps);
}

PickUp::Numbers numbers_of(const Segment& segment,
                           const std::optional<wire::Timestamps>& timestamps) {
    PickUp::Numbers numbers{.first = segment.sequence,
                            .next = segment.end(),
                            .acknowledgment = segment.acknowledgment,
                            .timestamp = std::nullopt};
    if (timestamps) {
        numbers.timestamp =
            segment.from == Side::kInside ? timestamps->value : timestamps->echo_reply;
    }
    return numbers;
}

/// Whether the box knows nothing at all of what it drops for this reason.
bool is_of_no_connection(Reason reason) {
    return reason == Reason::kAckWithoutFlow || reason == Reason::kDataWithoutFlow ||
           reason == Reason::kFinWithoutFlow || reason == Reason::kCookieInvalid ||
           reason == Reason::kCookieNotOutstanding;
}

}  // namespace

Verdict Defender::pick_up(const Arrival& arrival, ServiceIndex service, const Verdict& otherwise) {
    const Segment& segment = arrival.segment;
    if (otherwise.action != Action::kDrop || !is_of_no_connection(otherwise.reason)) {
        return otherwise;
    }
    const auto timestamps = timestamps_of(arrival);
    const PickUp::Numbers numbers = numbers_of(segment, timestamps);
    if (segment.from == Side::kInside) {
        if (const auto reason = damage(arrival)) {
            return drop(*reason);
        }
        link_headers_.remember(segment.tuple.inside_address, arrival.link_header());
        if (pick_up_.hear(arrival.hash, numbers, now_)) {
            ask_other_end(arrival, timestamps);
        }
        return drop(Reason::kPickUpAwaited);
    }
    const auto server = pick_up_.agreed(arrival.hash, numbers, now_);
    if (!server && !pick_up_.may_ask_server(now_)) {
        return otherwise;
    }
    if (const auto reason = damage(arrival)) {
        return drop(*reason);
    }
    if (server) {
        return make_picked_up(arrival, service, *server);
    }
    ask_other_end(arrival, timestamps);
    return drop(Reason::kPickUpAwaited);
}

void Defender::ask_other_end(const Arrival& arrival,
                             const std::optional<wire::Timestamps>& timestamps) {
    const Segment& segment = arrival.segment;
    originations_.add({.reason = Reason::kPickUpQuestion,
                       .tuple = segment.tuple,
                       .to = opposite(segment.from),
                       .fields = {.sequence = segment.sequence - 1,
                                  .acknowledgment = segment.acknowledgment,
                                  .window = segment.window,
                                  .flags = wire::kAck},
                       .options = {.timestamps = timestamps},
                       .link = arrival.link_header()});
}

Verdict Defender::make_picked_up(const Arrival& arrival, ServiceIndex service,
                                 const PickUp::Numbers& server) {
    const Segment& segment = arrival.segment;
    flow::Flow* const flow = insert(arrival);
    if (flow == nullptr) {
        return drop(Reason::kTableFull);
    }
    flow->enter(flow::Phase::kOpen);
    flow->service = service;
    flow->set_state(Side::kOutside, EndpointState::kEstablished);
    flow->set_state(Side::kInside, EndpointState::kEstablished);
    flow->outside_scale = wire::kMaximumWindowScale & 0xfU;
    flow->inside_scale = wire::kMaximumWindowScale & 0xfU;
    for (auto& window : flow->window) {
        window.raise(kWindow);
    }
    flow->next_of(Side::kOutside) = segment.sequence + kUnseen;
    flow->next_of(Side::kInside) = server.next + kUnseen;
    count_at_source(*flow);
    flow::follow(*flow, segment);
    renew_open(*flow);
    return forward(Reason::kPickedUp);
}

}  // namespace synward::defense

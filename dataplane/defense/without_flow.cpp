// SPDX-License-Identifier: BSD-3-Clause
//
// Segments of defended services that belong to no flow: what every flood but that of SYNs consists
// of.
//
// A checksum costs as much as the segment is long, so it is not looked at to refuse one. Each place
// that lets a segment have an effect asks for it just before.
#include "defense/defender.h"
#include "defense/verdicts.h"

namespace synward::defense {

using wire::Reason;
using wire::Segment;
using wire::Side;

Verdict Defender::without_flow(const Arrival& arrival, ServiceIndex service) {
    const Segment& segment = arrival.segment;
    if (segment.has(wire::kSyn) && !segment.has(wire::kAck)) {
        if (const auto reason = damage(arrival)) {
            return drop(*reason);
        }
        return on_syn(arrival, service);
    }
    const Challenge mode = services_[service].challenge();
    if (mode == Challenge::kNever || mode == Challenge::kMonitor) {
        const auto late = redeem_late(arrival, service);
        return late ? *late : forward(Reason::kWithoutFlow);  // its receiver looks at the checksum
    }
    if (services_[service].sees_only_clients()) {
        return one_sided_without_flow(arrival, service);
    }
    if (const auto verdict = answer_to_probe(arrival, service)) {
        return *verdict;
    }
    if (segment.has(wire::kSyn)) {
        return drop(Reason::kSynAckWithoutFlow);
    }
    if (segment.has(wire::kRst)) {
        return reset_without_flow(arrival, service);
    }
    // ACKs with options never ask for it.
    if (segment.from == Side::kOutside && wire::is_usual(segment) &&
        segment.options_length() == 0) {
        keep_ack_rule(segment.tuple, service);
    }
    const Verdict verdict = segment.from == Side::kInside
                                ? drop_without_flow(segment, Reason::kAckWithoutFlow)
                                : try_cookie(arrival, service);
    return pick_up_.is_open() ? pick_up(arrival, service, verdict) : verdict;
}

void Defender::keep_ack_rule(const wire::FourTuple& tuple, ServiceIndex service) {
    const bool redeems = services_[service].redeems_cookies();
    floods_.keep(tuple,
                 AckRule{.figures = redeems ? &services_[service].figures() : nullptr,
                         .bare = redeems ? Reason::kCookieInvalid : Reason::kAckWithoutFlow});
}

Verdict Defender::reset_without_flow(const Arrival& arrival, ServiceIndex service) {
    const Segment& segment = arrival.segment;
    if (const auto verdict = admit_by_reset(arrival, service)) {
        return *verdict;
    }
    // RFC 9293 section 3.10.7: the answer to a SYN-ACK that nobody has asked for, or of a client
    // that has lost its patience.
    if (segment.from == Side::kOutside &&
        remembered_syns_.remembers(arrival.hash, segment.sequence)) {
        if (const auto reason = damage(arrival)) {
            return drop(*reason);
        }
        remembered_syns_.forget(arrival.hash, segment.sequence);
    }
    return drop(Reason::kResetWithoutFlow);
}

}  // namespace synward::defense

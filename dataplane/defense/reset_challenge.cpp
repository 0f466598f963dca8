// SPDX-License-Identifier: BSD-3-Clause
//
// The challenge by reset: SYNs answered with a SYN-ACK that no client accepts, and the RSTs by
// which real ones give themselves away.
#include "defense/defender.h"
#include "defense/verdicts.h"

namespace synward::defense {

using wire::Reason;
using wire::Segment;
using wire::Side;

Verdict Defender::challenge_by_reset_or_admit(const Arrival& arrival, ServiceIndex service,
                                              const wire::HandshakeOptions& offered) {
    if (admitted_.take(arrival.segment.tuple, arrival.hash, now_)) {
        return let_syn_pass(arrival, service, offered, false, Reason::kSynAdmitted);
    }
    // A client that signs would not heed an unsigned SYN-ACK, not even to refuse it.
    return offered.is_signed ? drop(Reason::kSynSigned) : challenge_by_reset(arrival, service);
}

Verdict Defender::challenge_by_reset(const Arrival& arrival, ServiceIndex service) {
    if (!answer_limit_.allows(arrival.segment.tuple.outside_address, now_)) {
        return drop(Reason::kAnswerLimit);
    }
    const tcp::ResetCookie cookie = keys_.issue_reset(arrival.hash, arrival.segment.sequence);
    services_[service].cookie_issued(cookie.epoch);
    services_[service].figures().challenged.add(1);
    has_issued_[cookie.epoch % 2] = true;
    // No option and no window: nothing of this answer is for anybody to use.
    return {.action = Action::kAnswerSyn,
            .reason = Reason::kSynChallengedByReset,
            .sequence = cookie.sequence,
            .acknowledgment = cookie.acknowledgment};
}

bool Defender::answers_reset_challenge(const Arrival& arrival, ServiceIndex service) const {
    const Segment& segment = arrival.segment;
    const ServiceState& state = services_[service];
    if (state.method() != Method::kReset || segment.from != Side::kOutside) {
        return false;
    }
    const tcp::Epoch epoch = keys_.claimed_reset_epoch(segment.sequence);
    if (!surroundings_.cookies_are_shared && !state.has_cookie_outstanding(epoch)) {
        return false;
    }
    return keys_.redeems_reset(arrival.hash, segment.sequence);
}

std::optional<Verdict> Defender::admit_by_reset(const Arrival& arrival, ServiceIndex service) {
    if (!answers_reset_challenge(arrival, service)) {
        return std::nullopt;
    }
    if (const auto reason = damage(arrival)) {
        return drop(*reason);
    }
    services_[service].figures().redeemed.add(1);
    admitted_.admit(arrival.segment.tuple, arrival.hash, now_);
    return drop(Reason::kSourceAdmitted);
}

}  // namespace synward::defense

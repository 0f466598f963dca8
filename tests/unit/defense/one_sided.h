// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "exchange.h"

namespace synward::defense {

/// A service on an asymmetric route: 198.51.100.2 and 2001:db8::2, port 80.
inline Policy one_sided(Challenge challenge, std::uint32_t budget = 64) {
    Policy policy = one_service(challenge, budget);
    policy.services[0].method = Method::kReset;
    policy.services[0].sees = Sees::kClients;
    return policy;
}

/// What a client in SYN_SENT answers to `challenge` (RFC 9293 section 3.10.7.3).
inline Sent reset_for(const Exchange& exchange, const Verdict& challenge) {
    Sent reset = exchange.client(wire::kRst, 0);
    reset.sequence = challenge.acknowledgment.value();
    reset.acknowledgment = 0;
    return reset;
}

/// The client of `exchange` is challenged and resets.
inline void admit(Exchange& exchange) {
    const Verdict challenge = exchange.send(exchange.syn());
    ASSERT_EQ(challenge.reason, Reason::kSynChallengedByReset);
    ASSERT_EQ(exchange.send(reset_for(exchange, challenge)).reason, Reason::kSourceAdmitted);
}

}  // namespace synward::defense

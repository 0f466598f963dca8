// SPDX-License-Identifier: BSD-3-Clause
#include "defense/service_state.h"

namespace synward::defense {

ServiceState::ServiceState(const ServicePolicy& policy, std::uint32_t credits,
                           std::uint16_t mss_ipv4, std::uint16_t mss_ipv6)
    : challenge_{policy.challenge}, pinned_{policy.server}, credits_left_{credits} {
    learned_[0].mss = mss_ipv4;
    learned_[1].mss = mss_ipv6;
    begin_epoch(0);
    begin_epoch(1);
}

void ServiceState::begin_epoch(tcp::Epoch now) {
    has_issued_[now % 2] = false;
    promised_[now % 2] = learned_;
    for (ServerOffer& offer : promised_[now % 2]) {
        offer.mss = pinned_.mss.value_or(offer.mss);
        offer.window_scale = pinned_.window_scale.value_or(offer.window_scale);
        offer.sack = pinned_.sack.value_or(offer.sack);
        offer.timestamps = pinned_.timestamps.value_or(offer.timestamps);
        offer.ecn = pinned_.ecn.value_or(offer.ecn);
    }
}

bool ServiceState::learn(bool is_ipv4, const wire::HandshakeOptions& answer, bool ecn_accepted,
                         const wire::HandshakeOptions* asked) {
    ServerOffer& offer = learned_[is_ipv4 ? 0 : 1];
    const ServerOffer before = offer;
    if (answer.mss) {
        offer.mss = *answer.mss;
    }
    if (answer.window_scale) {
        offer.window_scale = *answer.window_scale;
    } else if (asked != nullptr && asked->window_scale) {
        offer.window_scale = tcp::kNoWindowScale;
    }
    if (answer.sack_permitted || (asked != nullptr && asked->sack_permitted)) {
        offer.sack = answer.sack_permitted;
    }
    if (answer.timestamps || (asked != nullptr && asked->timestamps)) {
        offer.timestamps = answer.timestamps.has_value();
    }
    if (ecn_accepted) {
        offer.ecn = true;
    }
    const bool first = !has_learned_[is_ipv4 ? 0 : 1];
    has_learned_[is_ipv4 ? 0 : 1] = true;
    return first && offer != before;
}

}  // namespace synward::defense

// SPDX-License-Identifier: BSD-3-Clause
//
// What servers are found to offer, and what cookies promise of it.
#include "defense/defender.h"

namespace synward::defense {

std::uint8_t Defender::scale_promised(ServiceIndex service, const wire::Address& inside,
                                      tcp::Epoch epoch) {
    const OfferRules& rules = services_[service].rules(inside.is_ipv4());
    return rules.scale_is_fixed ? rules.fixed_scale()
                                : offers_of(service, inside).promised(epoch).window_scale;
}

void Defender::hear(const Arrival& arrival, ServiceIndex service, const ServerAnswer& answer) {
    const wire::Address& inside = arrival.segment.tuple.inside_address;
    link_headers_.remember(inside, arrival.link_header());
    note_open(arrival.segment);
    ServiceState& state = services_[service];
    const OfferRules& rules = state.rules(inside.is_ipv4());
    OfferRecord& of_service = state.offers(inside.is_ipv4());
    // The address's record first: a new one goes on from what the service's has promised so far.
    if (OfferRecord* const record =
            address_offers_.find_or_add(service, inside, of_service, keys_.current())) {
        record->begin_epoch(keys_.current(), rules);
        has_news_ |= record->learn(answer, rules, now_);
    }
    has_news_ |= of_service.learn(answer, rules, now_);
}

}  // namespace synward::defense

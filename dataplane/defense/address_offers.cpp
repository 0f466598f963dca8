// SPDX-License-Identifier: BSD-3-Clause
#include "defense/address_offers.h"

#include <algorithm>

#include "defense/address_hash.h"

namespace synward::defense {

AddressOffers::Set& AddressOffers::set_of(ServiceIndex service, const wire::Address& inside) {
    return sets_[address_hash(inside, service, seed_) % sets_.size()];
}

OfferRecord* AddressOffers::find(ServiceIndex service, const wire::Address& inside) {
    for (Place& place : set_of(service, inside)) {
        if (place.in_use && place.service == service && place.address == inside) {
            return &place.record;
        }
    }
    return nullptr;
}

OfferRecord* AddressOffers::find_or_add(ServiceIndex service, const wire::Address& inside,
                                        const OfferRecord& model, tcp::Epoch now) {
    if (OfferRecord* const known = find(service, inside)) {
        return known;
    }
    for (Place& place : set_of(service, inside)) {
        if (!place.in_use || !place.record.may_have_promised(now)) {
            place = {inside, model.successor(), service, true};
            return &place.record;
        }
    }
    return nullptr;
}

bool AddressOffers::has_room(ServiceIndex service, const wire::Address& inside, tcp::Epoch now) {
    const Set& set = set_of(service, inside);
    return std::any_of(set.begin(), set.end(), [&](const Place& place) {
        return !place.in_use || !place.record.may_have_promised(now);
    });
}

}  // namespace synward::defense

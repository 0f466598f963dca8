// SPDX-License-Identifier: BSD-3-Clause
#include "defense/address_offers.h"

#include <bit>

namespace synward::defense {

static_assert(std::has_single_bit(AddressOffers::kPlaces));

OfferRecord* AddressOffers::find_or_add(ServiceIndex service, const wire::Address& inside,
                                        const OfferRecord& model, tcp::Epoch now) {
    const auto location = locate(service, inside);
    Set& set = sets_[location.set];
    if (OfferRecord* const known = find_in(set, location.mark, service, inside)) {
        return known;
    }
    for (unsigned way = 0; way < kWays; ++way) {
        if (is_free(set, way, now)) {
            set.marks[way] = location.mark;
            set.places[way] = {inside, model.successor(), service};
            return &set.places[way].record;
        }
    }
    return nullptr;
}

bool AddressOffers::has_room(ServiceIndex service, const wire::Address& inside, tcp::Epoch now) {
    const Set& set = sets_[locate(service, inside).set];
    for (unsigned way = 0; way < kWays; ++way) {
        if (is_free(set, way, now)) {
            return true;
        }
    }
    return false;
}

}  // namespace synward::defense

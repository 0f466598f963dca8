// SPDX-License-Identifier: BSD-3-Clause
#include "defense/address_offers.h"

#include <bit>

#include "defense/address_hash.h"

namespace synward::defense {

static_assert(std::has_single_bit(AddressOffers::kPlaces));

AddressOffers::Location AddressOffers::locate(ServiceIndex service,
                                              const wire::Address& inside) const {
    const std::uint64_t hash = address_hash(inside, service, seed_);
    return {hash & (sets_.size() - 1), static_cast<std::uint32_t>(hash >> 32U) | 1U};
}

OfferRecord* AddressOffers::find_in(Set& set, std::uint32_t mark, ServiceIndex service,
                                    const wire::Address& inside) {
    for (unsigned way = 0; way < kWays; ++way) {
        Place& place = set.places[way];
        if (set.marks[way] == mark && place.service == service && place.address == inside) {
            return &place.record;
        }
    }
    return nullptr;
}

OfferRecord* AddressOffers::find(ServiceIndex service, const wire::Address& inside) {
    const auto [set, mark] = locate(service, inside);
    return find_in(sets_[set], mark, service, inside);
}

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
